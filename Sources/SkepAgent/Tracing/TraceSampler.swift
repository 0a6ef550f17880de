import FleetModel

/// Decides which traces are recorded. The names and meanings are OpenTelemetry's
/// (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).
public indirect enum TraceSampler: Sendable, Hashable {
  case alwaysOn
  case alwaysOff
  /// The share of traces, from 0 to 1, by their id: every process that is told the same share picks the same traces.
  case ratio(Double)
  /// Within a trace as its parent says; at its root as the sampler says.
  case parentBased(root: TraceSampler)

  /// What is used unless something else is asked for: all traces but those that somebody upstream does not record.
  public static let standard = TraceSampler.parentBased(root: .alwaysOn)

  /// - Parameters:
  ///   - name: a value of `OTEL_TRACES_SAMPLER`, such as `parentbased_traceidratio`.
  ///   - argument: of `OTEL_TRACES_SAMPLER_ARG`: the share, 1 where it is left out.
  /// - Returns: `nil` where the name is not known or the share is not from 0 to 1.
  public init?(name: String, argument: String? = nil) {
    let share = argument.map { Double($0) ?? .nan } ?? 1
    let name = name.lowercased()
    switch name {
    case "always_on": self = .alwaysOn
    case "always_off": self = .alwaysOff
    case "parentbased_always_on": self = .parentBased(root: .alwaysOn)
    case "parentbased_always_off": self = .parentBased(root: .alwaysOff)
    case "traceidratio", "parentbased_traceidratio":
      guard (0...1).contains(share) else { return nil }
      self = name == "traceidratio" ? .ratio(share) : .parentBased(root: .ratio(share))
    default: return nil
    }
  }

  /// - Parameters:
  ///   - trace: of the new span.
  ///   - parent: `nil` at the root of a trace.
  func records(_ trace: TraceID, parent: TraceContext?) -> Bool {
    switch self {
    case .alwaysOn: true
    case .alwaysOff: false
    // The lower half of the id is compared, as OpenTelemetry's libraries in other languages do.
    case .ratio(let share): share >= 1 || Double(trace.low >> 1) < share * 0x1p63
    case .parentBased(let root): parent?.isSampled ?? root.records(trace, parent: nil)
    }
  }
}

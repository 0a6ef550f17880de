import FleetModel

/// A way to do wrong on purpose.
enum Misbehaviour: String, CaseIterable, Sendable {
  /// Allocates and touches memory: `rate` MiB a second, up to ``LeakedMemory/capBytes``.
  case leak
  /// Keeps `rate` cores busy.
  case burn
  /// Answers the share `rate` of requests with 500.
  case fail
  /// Stops answering, health checks included.
  case hang
  /// Hands the share `rate` of requests on without their trace context.
  case dropContext = "drop-context"
  /// Takes `rate` times as long.
  case slow

  var defaultRate: Double {
    switch self {
    case .leak: 8
    case .burn, .fail, .hang, .dropContext: 1
    case .slow: 10
    }
  }

  var allowedRates: ClosedRange<Double> {
    switch self {
    case .leak: 0.1...512
    case .burn: 0.05...4
    case .fail, .dropContext: 0...1
    case .hang: 1...1
    case .slow: 1...1000
    }
  }
}

/// Which misbehaviours are on, how strongly and until when.
struct MisbehaviourPlan: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    var rate: Double
    /// `nil` lasts until it is switched off.
    var until: ContinuousClock.Instant?
  }

  private(set) var entries: [Misbehaviour: Entry] = [:]

  mutating func begin(_ kind: Misbehaviour, rate: Double, until: ContinuousClock.Instant?) {
    entries[kind] = Entry(rate: rate, until: until)
  }

  mutating func endAll() { entries = [:] }

  /// How strongly `kind` is on; `nil` where it is off or its time is over.
  func rate(of kind: Misbehaviour, at now: ContinuousClock.Instant) -> Double? {
    guard let entry = entries[kind], entry.until.map({ now < $0 }) ?? true else { return nil }
    return entry.rate
  }

  /// One order such as `leak`, `slow` with a rate of `5`, for `30s`.
  ///
  /// - Throws: ``BadOrder`` saying what is wrong and what would be right.
  mutating func order(
    _ name: String, rate: String?, duration: String?, now: ContinuousClock.Instant
  ) throws(BadOrder) {
    guard let kind = Misbehaviour(rawValue: name) else {
      let known = Misbehaviour.allCases.map(\.rawValue).joined(separator: ", ")
      throw BadOrder(reason: "unknown misbehaviour \"\(name)\"; known are \(known)")
    }
    var strength = kind.defaultRate
    if let rate {
      let allowed = kind.allowedRates
      guard let number = Double(rate), allowed.contains(number) else {
        throw BadOrder(
          reason:
            "rate \"\(rate)\" does not fit \(name); give a number from \(allowed.lowerBound) to \(allowed.upperBound)")
      }
      strength = number
    }
    var until: ContinuousClock.Instant?
    if let duration {
      guard let length = PrometheusDuration.parse(duration) else {
        throw BadOrder(reason: "\"\(duration)\" is not a duration; write it such as for=30s")
      }
      until = now + min(length, .seconds(366 * 86_400))
    }
    begin(kind, rate: strength, until: until)
  }

  /// Orders from the environment: `leak,slow:5`.
  static func parse(_ text: String, now: ContinuousClock.Instant) throws(BadOrder) -> MisbehaviourPlan {
    var plan = MisbehaviourPlan()
    for item in text.split(separator: ",") {
      let parts = item.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { part in
        String(part.filter { $0 != " " })
      }
      try plan.order(parts.first ?? "", rate: parts.count > 1 ? parts[1] : nil, duration: nil, now: now)
    }
    return plan
  }

  struct BadOrder: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
  }
}

extension Istio {
  /// Durations in the one form that both readers of Istio's texts take: seconds with a fraction and the unit `s`
  /// (<https://protobuf.dev/programming-guides/json/>, and Go's `time.ParseDuration`, by which the API server checks
  /// them). Neither knows days: Prometheus' `1d` is `86400s` here.
  public struct Duration: Sendable, Hashable, ManifestPart, CustomStringConvertible {
    public var length: Swift.Duration

    public init(_ length: Swift.Duration) { self.length = length }

    public var description: String {
      let (seconds, attoseconds) = length.components
      let milliseconds = abs(attoseconds / 1_000_000_000_000_000)
      if milliseconds == 0 { return "\(seconds)s" }
      let digits = String(repeating: "0", count: milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0) + "\(milliseconds)"
      return "\(seconds == 0 && attoseconds < 0 ? "-" : "")\(seconds).\(digits)s"
    }

    var tree: YAMLTree { .text(description) }
  }
}

public import FleetModel

/// One thing that `skep deploy check` looks for. The catalogue of all is ``all``.
public struct CheckRule: Sendable, Hashable {
  /// Such as `SKEP-K012`: a letter for the area, a number that is never given anew.
  public struct ID: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let text: String

    public init(_ text: String) { self.text = text }
    public init(stringLiteral text: String) { self.text = text }

    public var description: String { text }
    public static func < (left: ID, right: ID) -> Bool { left.text < right.text }
  }

  /// What a rule knows of, by the letter of its id.
  public enum Area: String, Sendable, Hashable, CaseIterable {
    /// What the API server refuses by the schema.
    case structure = "S"
    /// What the API server refuses, or Kubernetes ignores, by the meaning of the fields.
    case kubernetes = "K"
    case istio = "I"
    /// What the Prometheus Operator makes of its objects.
    case prometheusOperator = "O"
    /// What one object says of another.
    case references = "R"
    /// What works and is unwise.
    case policy = "P"
    /// Whether what is rendered for monitoring selects what the fleet exposes.
    case wiring = "M"
    case waivers = "W"
  }

  public let id: ID
  public let level: Diagnostic.Level
  /// What is wrong, in a few words.
  public let title: String
  /// Why it matters.
  public let reason: String
  public let mend: String
  /// Whether a finding may be put aside with a reason. What a cluster refuses stays refused, so that cannot.
  public let isWaivable: Bool

  public init(_ id: ID, _ level: Diagnostic.Level, _ title: String, reason: String, mend: String, isWaivable: Bool) {
    self.id = id
    self.level = level
    self.title = title
    self.reason = reason
    self.mend = mend
    self.isWaivable = isWaivable
  }

  public var area: Area? {
    id.text.hasPrefix("SKEP-") ? id.text.dropFirst(5).first.flatMap { Area(rawValue: String($0)) } : nil
  }

  /// The catalogue, in the order of the ids within each area.
  public static let all =
    structure + kubernetes + istio + prometheusOperator + references + policy + wiring + waivers

  /// The rule of an id; `nil` for one that is not in the catalogue. O(1).
  public static func of(_ id: ID) -> CheckRule? { byID[id] }

  private static let byID = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }
}

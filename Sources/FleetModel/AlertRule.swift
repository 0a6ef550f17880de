/// A condition to watch (one entry of `alert_rules`).
public struct AlertRule: Sendable, Hashable {
  /// Unique among the rules of a system.
  public var name: String
  /// What the alert says; `{agent_id}`, `{metric_name}`, `{value}`, `{threshold}` are filled in.
  public var description: String
  public var condition: Condition
  /// A glob over metric names; `nil` watches all.
  public var metricName: Glob?
  /// A glob over agent ids; `nil` watches all.
  public var agentID: Glob?
  /// Further conditions on the labels of a series.
  public var labels: [LabelMatcher]
  /// How long the condition must hold before the alert fires (`for`).
  public var hold: Duration
  /// How long the alert stays after its condition has ended.
  public var keepFiringFor: Duration
  public var severity: Severity
  public var annotations: [String: String]
  public var runbookURL: String?

  public init(
    name: String, description: String, condition: Condition, metricName: Glob? = nil, agentID: Glob? = nil,
    labels: [LabelMatcher] = [], hold: Duration = .zero, keepFiringFor: Duration = .zero,
    severity: Severity = .warning, annotations: [String: String] = [:], runbookURL: String? = nil
  ) {
    self.name = name
    self.description = description
    self.condition = condition
    self.metricName = metricName
    self.agentID = agentID
    self.labels = labels
    self.hold = hold
    self.keepFiringFor = keepFiringFor
    self.severity = severity
    self.annotations = annotations
    self.runbookURL = runbookURL
  }

  public enum Condition: Sendable, Hashable {
    /// The sample compared with `threshold`.
    case threshold(Comparison, Double)
    /// The change per second over the true time between the last two samples, counter resets handled, compared with the
    /// given rate.
    case rateOfChange(Comparison, Double)
    /// No sample for this long.
    case absence(window: Duration)
    /// A PromQL expression, evaluated every `interval` (the collection interval where `nil`).
    case expression(String, interval: Duration?)

    /// The word for it in `condition_type`.
    public var type: String {
      switch self {
      case .threshold: "threshold"
      case .rateOfChange: "rate_of_change"
      case .absence: "absence"
      case .expression: "expression"
      }
    }
  }
}

public enum Comparison: String, Sendable, Hashable, CaseIterable {
  case greater = ">"
  case less = "<"
  case greaterOrEqual = ">="
  case lessOrEqual = "<="
  case equal = "=="
  case notEqual = "!="

  /// IEEE 754 comparison: NaN holds for `!=` alone.
  public func holds(_ left: Double, _ right: Double) -> Bool {
    switch self {
    case .greater: left > right
    case .less: left < right
    case .greaterOrEqual: left >= right
    case .lessOrEqual: left <= right
    case .equal: left == right
    case .notEqual: left != right
    }
  }
}

/// A shell-style pattern: `*` any run of characters, `?` any one, `[a-z]` and `[!a-z]` sets, `\` takes the next as it is.
public struct Glob: Sendable, Hashable, CustomStringConvertible {
  public let pattern: String
  private let scalars: [Unicode.Scalar]

  public init(_ pattern: String) {
    self.pattern = pattern
    scalars = Array(pattern.unicodeScalars)
  }

  public var description: String { pattern }

  /// Whether the whole of `text` fits. O(pattern × text) at worst, without recursion.
  public func matches(_ text: String) -> Bool {
    let text = Array(text.unicodeScalars)
    var patternIndex = 0
    var textIndex = 0
    var retry: (pattern: Int, text: Int)?
    while textIndex < text.count {
      if patternIndex < scalars.count, scalars[patternIndex] == "*" {
        retry = (patternIndex + 1, textIndex)
        patternIndex += 1
      } else if let next = step(at: patternIndex, over: text[textIndex]) {
        patternIndex = next
        textIndex += 1
      } else if let (fromPattern, fromText) = retry {
        retry = (fromPattern, fromText + 1)
        patternIndex = fromPattern
        textIndex = fromText + 1
      } else {
        return false
      }
    }
    return scalars[patternIndex...].allSatisfy { $0 == "*" }
  }

  /// The position after the element at `index` if that element fits `scalar`.
  private func step(at index: Int, over scalar: Unicode.Scalar) -> Int? {
    guard index < scalars.count else { return nil }
    switch scalars[index] {
    case "?": return index + 1
    case "\\" where index + 1 < scalars.count: return scalars[index + 1] == scalar ? index + 2 : nil
    case "[":
      guard let close = scalars[index...].dropFirst(2).firstIndex(of: "]") else {
        return scalar == "[" ? index + 1 : nil
      }
      return set(scalars[(index + 1)..<close], contains: scalar) ? close + 1 : nil
    default: return scalars[index] == scalar ? index + 1 : nil
    }
  }

  private func set(_ set: ArraySlice<Unicode.Scalar>, contains scalar: Unicode.Scalar) -> Bool {
    var members = set
    let negated = members.first == "!" || members.first == "^"
    if negated { members = members.dropFirst() }
    var found = false
    while let first = members.popFirst() {
      if members.count >= 2, members.first == "-", let last = members.dropFirst().first {
        members = members.dropFirst(2)
        found = found || (first <= scalar && scalar <= last)
      } else {
        found = found || first == scalar
      }
    }
    return found != negated
  }
}

/// A word of the language with its place.
struct Token: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case end
    /// The text is what is wrong.
    case error
    case number, duration, string
    /// A name without a colon; one with a colon.
    case identifier, metricIdentifier
    case leftParenthesis, rightParenthesis, leftBrace, rightBrace, leftBracket, rightBracket
    case comma, colon, at
    /// `=`, `=~` and `!~` of label matchers; `!=` is the operator.
    case equal, matches, matchesNot
    case `operator`(BinaryOperator)
    case aggregator(Aggregator)
    case keyword(Keyword)
    /// `start` or `end`.
    case bound(TimeBound)
  }

  enum Keyword: String, Sendable, CaseIterable {
    case bool, by, ignoring, on, without, offset
    case groupLeft = "group_left"
    case groupRight = "group_right"
  }

  var kind: Kind
  /// As written; of an error its message.
  var text: String
  var range: SourceRange

  /// What stands here, in the words of Prometheus' messages.
  var name: String {
    switch kind {
    case .end: "end of input"
    case .error: text
    case .number: "number \(shortened)"
    case .duration: "duration \(shortened)"
    case .string: "string \(shortened)"
    case .identifier: "identifier \(GoText.quoted(text))"
    case .metricIdentifier: "metric identifier \(GoText.quoted(text))"
    case .operator, .matches, .matchesNot: "<op:\(text)>"
    case .aggregator: "<aggr:\(text)>"
    case .keyword: "<\(text)>"
    default: GoText.quoted(text)
    }
  }

  private var shortened: String {
    text.unicodeScalars.count > 10
      ? GoText.quoted(String(String.UnicodeScalarView(text.unicodeScalars.prefix(10)))) + "..." : GoText.quoted(text)
  }

  /// The words that are not plain names, in lower case; they are read in any case.
  static let words: [String: Kind] = {
    var words: [String: Kind] = [
      "and": .operator(.and), "or": .operator(.or), "unless": .operator(.unless), "atan2": .operator(.arcTangent),
      "start": .bound(.start), "end": .bound(.end), "inf": .number, "nan": .number,
    ]
    for aggregator in Aggregator.allCases { words[aggregator.rawValue] = .aggregator(aggregator) }
    for keyword in Keyword.allCases { words[keyword.rawValue] = .keyword(keyword) }
    return words
  }()

  /// Whether this token may be a metric's name: most words of the language may.
  var isMetricName: Bool {
    switch kind {
    case .identifier, .metricIdentifier, .aggregator, .bound, .keyword(.by), .keyword(.without), .keyword(.offset),
      .operator(.and), .operator(.or), .operator(.unless):
      true
    default: false
    }
  }

  /// Whether this token may name a label in `by (…)`, `on (…)` and the like.
  var isLabelName: Bool {
    switch kind {
    case .identifier, .aggregator, .keyword, .bound, .operator(.and), .operator(.or), .operator(.unless),
      .operator(.arcTangent), .string:
      true
    case .number: text.utf8.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a }
    default: false
    }
  }
}

import FleetModel

/// What a rule's description names of its expression: the metrics that it reads, and the number that its result is compared
/// with. Found by the words of PromQL alone, without its grammar; of a text that is no expression it says something, and the
/// wiring proof says that it does not parse.
struct ExpressionOutline: Sendable, Hashable {
  /// Names of metrics; an empty one stands for selectors without.
  private(set) var metrics: Set<String> = []
  /// The number that the whole expression is compared with.
  private(set) var threshold: Double?

  /// The only metric that it reads; `nil` where it reads none or several.
  var onlyMetric: String? {
    guard metrics.count == 1, let name = metrics.first, !name.isEmpty else { return nil }
    return name
  }

  /// O(text).
  init(_ text: String) {
    let tokens = ExpressionWord.words(of: text)
    findMetrics(in: tokens)
    threshold = Self.threshold(of: tokens[...])
  }

  private static let groupings: Set<String> = ["by", "without", "on", "ignoring", "group_left", "group_right"]
  private static let setOperators: Set<String> = ["and", "or", "unless"]
  private static let comparisons: Set<String> = ["==", "!=", ">", "<", ">=", "<="]
  private static let operators: Set<String> = setOperators.union(["atan2", "bool", "offset", "inf", "nan"])

  private mutating func findMetrics(in words: [ExpressionWord]) {
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      switch word {
      case .symbol("{"):
        let end = Self.end(of: words[(index - 1)...], open: "{", close: "}")
        metrics.insert(Self.name(in: words[index..<max(index, end - 1)]) ?? "")
        index = end
      case .symbol("["): index = Self.end(of: words[(index - 1)...], open: "[", close: "]")
      case .name(let name) where Self.groupings.contains(name.lowercased()):
        if index < words.count, words[index] == .symbol("(") {
          index = Self.end(of: words[index...], open: "(", close: ")")
        }
      case .name(let name) where !Self.operators.contains(name.lowercased()):
        let next = index < words.count ? words[index] : .symbol("")
        if next == .symbol("(") { continue }
        // An aggregation may name its labels before its operand.
        if case .name(let after) = next, ["by", "without"].contains(after.lowercased()) { continue }
        metrics.insert(name)
        if next == .symbol("{") { index = Self.end(of: words[index...], open: "{", close: "}") }
      default: continue
      }
    }
  }

  /// The metric's name among the matchers of a selector.
  private static func name(in matchers: ArraySlice<ExpressionWord>) -> String? {
    for part in matchers.split(separator: .symbol(",")) {
      let words = Array(part)
      if words.count == 1, case .text(let name) = words[0] { return name }
      if words.count == 3, words[0] == .name(LabelSet.metricName) || words[0] == .text(LabelSet.metricName),
        words[1] == .symbol("="), case .text(let name) = words[2]
      {
        return name
      }
    }
    return nil
  }

  /// Behind the bracket that closes the first one.
  private static func end(of words: ArraySlice<ExpressionWord>, open: String, close: String) -> Int {
    var depth = 0
    for (index, word) in zip(words.indices, words) {
      if word == .symbol(open) { depth += 1 }
      if word == .symbol(close) {
        depth -= 1
        if depth == 0 { return index + 1 }
      }
    }
    return words.endIndex
  }

  private static func threshold(of expression: ArraySlice<ExpressionWord>) -> Double? {
    let words = withoutParentheses(expression)
    var depth = 0
    var comparison: Int?
    for (index, word) in zip(words.indices, words) {
      switch word {
      case .symbol("("), .symbol("{"), .symbol("["): depth += 1
      case .symbol(")"), .symbol("}"), .symbol("]"): depth -= 1
      case .name(let name) where depth == 0 && setOperators.contains(name.lowercased()): return nil
      case .symbol(let symbol) where depth == 0 && comparisons.contains(symbol): comparison = index
      default: continue
      }
    }
    guard let comparison else { return nil }
    var right = words[(comparison + 1)...]
    if case .name(let name)? = right.first, name.lowercased() == "bool" { right = right.dropFirst() }
    return number(right) ?? number(words[..<comparison])
  }

  private static func number(_ expression: ArraySlice<ExpressionWord>) -> Double? {
    var words = withoutParentheses(expression)
    var isNegative = false
    if words.first == .symbol("-") || words.first == .symbol("+") {
      isNegative = words.first == .symbol("-")
      words = withoutParentheses(words.dropFirst())
    }
    guard words.count == 1, case .number(let text)? = words.first, let value = Double(text) else { return nil }
    return isNegative ? -value : value
  }

  private static func withoutParentheses(_ expression: ArraySlice<ExpressionWord>) -> ArraySlice<ExpressionWord> {
    var words = expression
    while words.count >= 2, words.first == .symbol("("), words.last == .symbol(")"),
      end(of: words, open: "(", close: ")") == words.endIndex
    {
      words = words.dropFirst().dropLast()
    }
    return words
  }
}

/// A word of PromQL (<https://prometheus.io/docs/prometheus/latest/querying/basics/>).
enum ExpressionWord: Sendable, Hashable {
  case name(String)
  /// A number or a duration.
  case number(String)
  /// The content of a string.
  case text(String)
  case symbol(String)

  static func words(of text: String) -> [ExpressionWord] {
    var words: [ExpressionWord] = []
    var rest = Array(text.unicodeScalars)[...]
    func take(_ isPart: (Unicode.Scalar) -> Bool) -> String {
      let part = rest.prefix(while: isPart)
      rest = rest.dropFirst(part.count)
      return String(String.UnicodeScalarView(part))
    }
    while let first = rest.first {
      if first.properties.isWhitespace {
        rest = rest.dropFirst()
      } else if first == "#" {
        _ = take { $0 != "\n" }
      } else if first == "\"" || first == "'" || first == "`" {
        words.append(.text(string(&rest, quote: first)))
      } else if isDigit(first) || first == "." {
        var number = take { isDigit($0) || isLetter($0) || $0 == "." }
        if let last = number.last, last == "e" || last == "E", !number.hasPrefix("0x"), let sign = rest.first,
          sign == "-" || sign == "+"
        {
          rest = rest.dropFirst()
          number += String(sign) + take(isDigit)
        }
        words.append(.number(number))
      } else if isLetter(first) || first == ":" {
        words.append(.name(take { isLetter($0) || isDigit($0) || $0 == ":" }))
      } else {
        let two = String(String.UnicodeScalarView(rest.prefix(2)))
        let symbol = ["==", "!=", ">=", "<=", "=~", "!~"].contains(two) ? two : String(first)
        words.append(.symbol(symbol))
        rest = rest.dropFirst(symbol.unicodeScalars.count)
      }
    }
    return words
  }

  private static func string(_ rest: inout ArraySlice<Unicode.Scalar>, quote: Unicode.Scalar) -> String {
    var content = String.UnicodeScalarView()
    rest = rest.dropFirst()
    while let scalar = rest.popFirst(), scalar != quote {
      if scalar == "\\", quote != "`", let escaped = rest.popFirst() {
        content.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped)
      } else {
        content.append(scalar)
      }
    }
    return String(content)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
  }
}

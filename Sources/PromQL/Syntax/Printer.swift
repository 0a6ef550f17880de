import FleetModel

extension Expression: CustomStringConvertible {
  /// The query on one line in Prometheus' canonical form.
  public var description: String {
    switch self {
    case .number(let node): node.description
    case .string(let node): GoText.quoted(node.bytes)
    case .vector(let node): node.description
    case .matrix(let node):
      "\(node.selector.bare)[\(node.windowText)]\(node.selector.shift)\(node.selector.extensionText)"
    case .subquery(let node): "\(node.expression)\(node.suffix)"
    case .parentheses(let node): "(\(node.expression))"
    case .unary(let node): "\(node.isNegation ? "-" : "+")\(node.expression)"
    case .binary(let node): "\(node.left) \(node.operatorText) \(node.right)"
    case .aggregation(let node):
      "\(node.head)(\((node.parameter.map { "\($0), " } ?? "") + "\(node.expression)"))"
    case .call(let node): "\(node.function.name)(\(node.arguments.map(\.description).joined(separator: ", ")))"
    }
  }

  /// The query in the form of `/api/v1/format_query`: what is longer than 100 characters is broken into lines, indented
  /// by two spaces a level.
  public var formatted: String { formatted(level: 0) }

  private static let lineLimit = 100

  private func formatted(level: Int) -> String {
    let indent = String(repeating: "  ", count: level)
    let line = description
    if line.utf8.count <= Self.lineLimit {
      // Prometheus does not indent a subquery that fits into a line.
      if case .subquery = self { return line }
      return indent + line
    }
    switch self {
    case .number, .string, .vector, .matrix: return indent + line
    case .subquery(let node): return node.expression.formatted(level: level) + node.suffix
    case .parentheses(let node): return "\(indent)(\n\(node.expression.formatted(level: level + 1))\n\(indent))"
    case .unary(let node):
      let inner = node.expression.formatted(level: level).drop { $0 == " " }
      return indent + (node.isNegation ? "-" : "+") + inner
    case .binary(let node):
      let left = node.left.formatted(level: level + 1)
      return "\(left)\n\(indent)\(node.operatorText)\n\(node.right.formatted(level: level + 1))"
    case .aggregation(let node):
      let parameter = node.parameter.map { $0.formatted(level: level + 1) + ",\n" } ?? ""
      return "\(indent)\(node.head)(\n\(parameter)\(node.expression.formatted(level: level + 1))\n\(indent))"
    case .call(let node):
      let arguments = node.arguments.map { $0.formatted(level: level + 1) }.joined(separator: ",\n")
      return "\(indent)\(node.function.name)(\n\(arguments)\n\(indent))"
    }
  }
}

extension NumberLiteral {
  fileprivate var description: String {
    guard isDuration else { return GoText.general(value) }
    let milliseconds = Int64((value * 1000).rounded())
    return NumberText.duration(milliseconds: milliseconds)
  }
}

extension TimeShift: CustomStringConvertible {
  /// ` @ 1609746.000 offset 5m`; empty where there is none.
  public var description: String {
    var text = ""
    switch anchor {
    case .time(let milliseconds):
      let sign = milliseconds < 0 ? "-" : ""
      let size = milliseconds.magnitude
      let fraction = String(size % 1000 + 1000).dropFirst()
      text += " @ \(sign)\(size / 1000).\(fraction)"
    case .bound(let bound): text += " @ \(bound.rawValue)()"
    case nil: break
    }
    if let offsetExpression {
      text += " offset \(offsetExpression)"
    } else if offset != 0 {
      text += " offset \(NumberText.duration(milliseconds: offset))"
    }
    return text
  }
}

extension VectorSelector: CustomStringConvertible {
  public var description: String { bare + shift.description + extensionText }

  fileprivate var extensionText: String { extending.map { " \($0.rawValue)" } ?? "" }

  /// Without the time shift.
  var bare: String {
    let isPlain = LabelName.isPlainMetric(name)
    let others = name.isEmpty ? matchers[...] : matchers.dropLast()
    // Sorted as text, so that queries that say the same look the same.
    var parts = others.map {
      "\(LabelName.written($0.name))\($0.operation.rawValue)\(GoText.quoted($0.value))"
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if !name.isEmpty, !isPlain { parts.insert(GoText.quoted(name), at: 0) }
    let braces = parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    if !name.isEmpty, isPlain { return name + braces }
    return braces.isEmpty ? "{}" : braces
  }
}

extension Subquery {
  fileprivate var suffix: String {
    let step = stepExpression?.description ?? step.map { NumberText.duration(milliseconds: $0) } ?? ""
    let window = windowExpression?.description ?? NumberText.duration(milliseconds: window)
    return "[\(window):\(step)]\(shift)"
  }
}

extension MatrixSelector {
  fileprivate var windowText: String { windowExpression?.description ?? NumberText.duration(milliseconds: window) }
}

extension BinaryOperation {
  fileprivate var operatorText: String {
    var text = `operator`.rawValue + (returnsBool ? " bool" : "")
    guard let matching else { return text }
    guard matching.isOn || !matching.labels.isEmpty else { return text + matching.fillText }
    text += " \(matching.isOn ? "on" : "ignoring") (\(LabelName.list(matching.labels)))"
    if matching.cardinality == .manyToOne || matching.cardinality == .oneToMany {
      text += " group_\(matching.cardinality == .manyToOne ? "left" : "right") (\(LabelName.list(matching.included)))"
    }
    return text + matching.fillText
  }
}

extension Aggregation {
  fileprivate var head: String {
    if isWithout { return "\(`operator`.rawValue) without (\(LabelName.list(grouping))) " }
    return grouping.isEmpty ? `operator`.rawValue : "\(`operator`.rawValue) by (\(LabelName.list(grouping))) "
  }
}

/// How names of labels and metrics stand in a query.
enum LabelName {
  /// Letters, digits and `_`, no digit first: may stand without quotes.
  static func isPlain(_ name: String) -> Bool {
    guard let first = name.utf8.first, Lexer.isLetter(first) else { return false }
    return name.utf8.allSatisfy { Lexer.isLetter($0) || Lexer.isDigit($0) }
  }

  /// As ``isPlain(_:)``, colons too.
  static func isPlainMetric(_ name: String) -> Bool {
    guard let first = name.utf8.first, Lexer.isLetter(first) || first == UInt8(ascii: ":") else { return false }
    return name.utf8.allSatisfy { Lexer.isLetter($0) || Lexer.isDigit($0) || $0 == UInt8(ascii: ":") }
  }

  static func written(_ name: String) -> String { isPlain(name) ? name : GoText.quoted(name) }

  static func list(_ names: [String]) -> String { names.map(written).joined(separator: ", ") }
}

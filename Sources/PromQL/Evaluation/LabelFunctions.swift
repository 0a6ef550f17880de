import FleetModel

extension Evaluator {
  /// Bytes of a label that a function makes. Labels can be joined with themselves again and again.
  private static let longestMadeLabel = 1 << 16

  /// `label_replace(v, target, template, source, pattern)`.
  func replaceLabel(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let target = try labelName(node.arguments[1], "destination", node)
    let template = try string(node.arguments[2]).text
    let source = try string(node.arguments[3]).text
    let expression = try string(node.arguments[4]).text
    let pattern: CapturingPattern
    do {
      pattern = try CapturingPattern(expression)
    } catch {
      throw .execution("invalid regular expression in label_replace(): \(expression)")
    }
    var result = try vector(node.arguments[0], grid).withShownLabels
    for row in 0..<result.count {
      guard let captures = pattern.captures(in: result.labels[row][source] ?? "") else { continue }
      let source = (result.labels[row][source] ?? "").utf8.count
      // Each reference of the template gives no more than the whole source.
      try checkLength(template.utf8.count + (template.utf8.count { $0 == UInt8(ascii: "$") }) * source, node)
      result.labels[row] = result.labels[row].setting(target, to: pattern.expand(template, captures))
      try budget.hold(result.labels[row].encoded.count / 16)
    }
    return try result.mergingEqualRows()
  }

  /// `label_join(v, target, separator, source…)`.
  func joinLabels(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let target = try labelName(node.arguments[1], "destination", node)
    let separator = try string(node.arguments[2]).text
    var sources: [String] = []
    for argument in node.arguments.dropFirst(3) { sources.append(try labelName(argument, "source", node)) }
    var result = try vector(node.arguments[0], grid).withShownLabels
    for row in 0..<result.count {
      let labels = result.labels[row]
      let parts = sources.map { labels[$0] ?? "" }
      try checkLength(parts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count }, node)
      result.labels[row] = labels.setting(target, to: parts.joined(separator: separator))
      try budget.hold(result.labels[row].encoded.count / 16)
    }
    return try result.mergingEqualRows()
  }

  private func checkLength(_ bytes: Int, _ node: FunctionCall) throws(QueryError) {
    guard bytes <= Self.longestMadeLabel else {
      throw .execution("\(node.function.name)() would make a label of more than \(Self.longestMadeLabel) bytes")
    }
    try budget.checkpoint(1 + bytes / 16)
  }

  private func labelName(
    _ expression: Expression, _ role: String, _ node: FunctionCall
  ) throws(QueryError) -> String {
    let literal = try string(expression)
    guard literal.isValid, !literal.bytes.isEmpty else {
      let text = String(decoding: literal.bytes, as: UTF8.self)
      throw .execution("invalid \(role) label name in \(node.function.name)(): \(text)")
    }
    return literal.text
  }
}

/// Text in the order of people: runs of digits count as numbers.
enum NaturalOrder {
  static func precedes(_ a: String, _ b: String) -> Bool {
    var x = Array(a.utf8)[...]
    var y = Array(b.utf8)[...]
    while let p = x.first, let q = y.first {
      if Lexer.isDigit(p), Lexer.isDigit(q) {
        let m = digits(&x)
        let n = digits(&y)
        if m.count != n.count { return m.count < n.count }
        if m != n { return m.lexicographicallyPrecedes(n) }
      } else {
        if p != q { return p < q }
        x.removeFirst()
        y.removeFirst()
      }
    }
    return x.isEmpty && !y.isEmpty
  }

  /// Takes a run of digits; gives it without leading zeros.
  private static func digits(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let run = text.prefix(while: Lexer.isDigit)
    text = text.dropFirst(run.count)
    return run.drop { $0 == 0x30 }
  }
}

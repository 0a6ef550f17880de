import FleetModel

extension Evaluator {
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
      result.labels[row] = result.labels[row].setting(target, to: pattern.expand(template, captures))
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
      result.labels[row] = labels.setting(target, to: sources.map { labels[$0] ?? "" }.joined(separator: separator))
    }
    return try result.mergingEqualRows()
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

extension Parser {
  mutating func call() throws(ParseError) -> Expression {
    let name = take()
    let arguments = try arguments()
    guard let function = Function.named(name.text) else {
      let near = Self.nearest(to: name.text).map { "; did you mean \(GoText.quoted($0))?" } ?? ""
      throw fail("unknown function with name \(GoText.quoted(name.text))\(near)", at: name.range)
    }
    let range = SourceRange(name.range.start, previousEnd)
    if function.isExperimental, !options.experimentalFunctions {
      throw fail("function \(GoText.quoted(name.text)) is experimental and not enabled", at: range)
    }
    return .call(FunctionCall(function: function, arguments: arguments, range: range))
  }

  private mutating func arguments() throws(ParseError) -> [Expression] {
    guard take(.leftParenthesis) != nil else { throw unexpected() }
    var arguments: [Expression] = []
    if take(.rightParenthesis) != nil { return arguments }
    while true {
      arguments.append(try operation(above: 0))
      if take(.rightParenthesis) != nil { return arguments }
      guard let comma = take(.comma) else { throw unexpected() }
      if next.kind == .rightParenthesis {
        throw fail("trailing commas not allowed in function call args", at: comma.range)
      }
    }
  }

  mutating func aggregation(_ aggregator: Aggregator) throws(ParseError) -> Expression {
    let word = take()
    var grouping: [String] = []
    var isWithout = false
    var isGrouped = false
    if isGroupingWord {
      isGrouped = true
      isWithout = take().kind == .keyword(.without)
      grouping = try labelNames()
    }
    guard next.kind == .leftParenthesis else { throw unexpected(in: "aggregation") }
    openAggregations += 1
    let arguments = try arguments()
    openAggregations -= 1
    if !isGrouped, isGroupingWord {
      isWithout = take().kind == .keyword(.without)
      grouping = try labelNames()
    }
    let range = SourceRange(word.range.start, previousEnd)
    if aggregator.isExperimental, !options.experimentalFunctions {
      throw fail("\(aggregator.rawValue)() is experimental and not enabled", at: range)
    }
    if arguments.isEmpty { throw fail("no arguments for aggregate expression provided", at: range) }
    let wanted = aggregator.parameter == nil ? 1 : 2
    guard arguments.count == wanted else {
      throw fail(
        "wrong number of arguments for aggregate expression provided, expected \(wanted), got \(arguments.count)",
        at: range)
    }
    return .aggregation(
      Aggregation(
        operator: aggregator, expression: arguments[wanted - 1], parameter: wanted == 2 ? arguments[0] : nil,
        grouping: grouping, isWithout: isWithout, range: range))
  }

  private var isGroupingWord: Bool { next.kind == .keyword(.by) || next.kind == .keyword(.without) }

  /// `(a, b)` after `by`, `on`, `group_left` and the like.
  mutating func labelNames() throws(ParseError) -> [String] {
    guard take(.leftParenthesis) != nil else { throw unexpected(in: "grouping opts", expected: "\"(\"") }
    var names: [String] = []
    while next.kind != .rightParenthesis {
      guard next.isLabelName else { throw unexpected(in: "grouping opts", expected: "label") }
      let token = take()
      names.append(token.kind == .string ? String(decoding: try string(token), as: UTF8.self) : token.text)
      if take(.comma) == nil, next.kind != .rightParenthesis {
        throw unexpected(in: "grouping opts", expected: "\",\" or \")\"")
      }
    }
    take()
    return names
  }

  /// The function whose name is at most two letters away (one for short names); of several the one that goes on from what was written.
  private static func nearest(to name: String) -> String? {
    func rank(_ other: String) -> (Int, Int, String) {
      (Spelling.distance(Array(name.utf8), Array(other.utf8), limit: 2), other.hasPrefix(name) ? 0 : 1, other)
    }
    let limit = name.utf8.count > 4 ? 2 : 1
    return Function.all.keys.map(rank).filter { $0.0 <= limit }.min { $0 < $1 }?.2
  }
}

import FleetModel

/// One `eval` of a script with all that is expected of it.
struct ScriptEvaluation: Sendable {
  enum Mode: Sendable {
    case instant(at: Int64)
    case range(from: Int64, through: Int64, step: Int64)
  }

  /// What a message must be.
  enum TextTest: Sendable {
    case any
    case exact(String)
    /// Unanchored.
    case pattern(LabelPattern, text: String)

    func accepts(_ text: String) -> Bool {
      switch self {
      case .any: true
      case .exact(let expected): text == expected
      case .pattern(let pattern, _): pattern.matches(text)
      }
    }
  }

  struct Row: Sendable {
    var labels: LabelSet
    var values: [Double?]
    /// By their places among the values.
    var histograms: [Int: HistogramLiteral] = [:]
  }

  var line: Int
  var query: String
  var mode: Mode
  var failure: TextTest?
  var warnings: [TextTest] = []
  var infos: [TextTest] = []
  var refusesWarnings = false
  var refusesInfos = false
  var isOrdered = false
  var string: String?
  var scalar: Double?
  var rows: [Row] = []
  /// Where the values of an expected range vector lie.
  var rangeVector: (from: Int64, through: Int64, step: Int64)?

  init(_ head: String, _ line: Int, _ block: [(text: String, number: Int)]) throws(ScriptProblem) {
    self.line = line
    var words = Words(head)
    let kind = words.next()?.lowercased() ?? ""
    switch kind {
    case "eval": break
    case "eval_fail": failure = .any
    case "eval_warn": warnings = [.any]
    case "eval_info": infos = [.any]
    case "eval_ordered": isOrdered = true
    default: throw ScriptProblem("unknown command \(kind)")
    }
    switch words.next()?.lowercased() {
    case "instant":
      try words.expect("at")
      mode = .instant(at: try words.duration())
    case "range":
      try words.expect("from")
      let from = try words.duration()
      try words.expect("to")
      let through = try words.duration()
      try words.expect("step")
      let step = try words.duration()
      guard step > 0 else { throw ScriptProblem("a range needs a step above 0") }
      mode = .range(from: from, through: through, step: step)
    default: throw ScriptProblem("eval is followed by instant or range")
    }
    query = words.rest
    for (text, number) in block {
      do {
        try read(text)
      } catch {
        throw ScriptProblem("line \(number): \(error)")
      }
    }
  }

  private mutating func read(_ text: String) throws(ScriptProblem) {
    var words = Words(text)
    let first = words.next() ?? ""
    if first == "expect" { return try readExpectation(&words) }
    if case .instant = mode, words.rest.isEmpty, let value = try? SeriesLine.number(first) {
      scalar = value
      return
    }
    let line = try SeriesLine(text)
    rows.append(Row(labels: line.labels, values: line.values, histograms: line.histograms))
  }

  private mutating func readExpectation(_ words: inout Words) throws(ScriptProblem) {
    switch words.next() {
    case "fail": failure = try Self.test(words.rest)
    case "warn": warnings.append(try Self.test(words.rest))
    case "info": infos.append(try Self.test(words.rest))
    case "no_warn": refusesWarnings = true
    case "no_info": refusesInfos = true
    case "ordered": isOrdered = true
    case "string":
      guard let bytes = StringText.value(of: words.rest) else { throw ScriptProblem("\(words.rest) is no string") }
      string = String(decoding: bytes, as: UTF8.self)
    case "range":
      try words.expect("vector")
      try words.expect("from")
      let from = try words.duration()
      try words.expect("to")
      let through = try words.duration()
      try words.expect("step")
      rangeVector = (from, through, try words.duration())
    case let other: throw ScriptProblem("unknown expectation \(other ?? "")")
    }
  }

  private static func test(_ text: String) throws(ScriptProblem) -> TextTest {
    if text.isEmpty { return .any }
    if text.hasPrefix("msg:") { return .exact(ScriptReader.trimmed(text.dropFirst(4))) }
    guard text.hasPrefix("regex:") else { throw ScriptProblem("expected msg: or regex:, got \(text)") }
    let expression = ScriptReader.trimmed(text.dropFirst(6))
    do {
      return .pattern(try LabelPattern("(?s:.*)(?:\(expression))(?s:.*)"), text: expression)
    } catch {
      throw ScriptProblem("\(error)")
    }
  }

  /// Cuts words off the front of a line.
  private struct Words {
    private(set) var rest: String

    init(_ line: String) { rest = line }

    mutating func next() -> String? {
      let word = rest.prefix { $0 != " " && $0 != "\t" }
      guard !word.isEmpty else { return nil }
      let taken = String(word)
      rest = ScriptReader.trimmed(rest.dropFirst(word.count))
      return taken
    }

    mutating func expect(_ word: String) throws(ScriptProblem) {
      let found = next()
      guard found?.lowercased() == word else { throw ScriptProblem("expected \(word), got \(found ?? "nothing")") }
    }

    mutating func duration() throws(ScriptProblem) -> Int64 {
      let word = next() ?? ""
      let isNegative = word.hasPrefix("-")
      guard let value = NumberText.duration(isNegative ? String(word.dropFirst()) : word) else {
        throw ScriptProblem("\(word) is no duration")
      }
      // Far from the ends of 64 bits, so that a minute more or less is no matter.
      return StepGrid.clamped(isNegative ? -value : value)
    }
  }
}

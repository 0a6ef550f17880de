import FleetModel
import TraceAnalysis

/// A trace drawn as text, a nanosecond a column:
///
/// ```
/// r    |==========     a span of one letter, its time after the bar; the indentation says whose child it is
///  a.c |  ====         kinds: .c client .s server .p producer .k consumer
///  b   |    ==>        active: its end is not known
///  c   |    ==x        lost
///  d!  |   ==          an error
///  e@x |   ==          on the clock of x; without it all share one
/// ```
struct DrawnTrace {
  private(set) var spans: [SpanOutline] = []
  private(set) var names = NameTable()
  private var letters: [SpanID: Character] = [:]

  /// Ids rise from one in the order of the lines.
  init(_ drawing: String) {
    var ancestors: [SpanID] = []
    let shared = names.number(of: "one clock")
    for line in drawing.split(separator: "\n") {
      let halves = line.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, let id = SpanID(rawValue: UInt64(spans.count + 1)) else { continue }
      let depth = halves[0].prefix { $0 == " " }.count
      let word = halves[0].drop { $0 == " " }.prefix { $0 != " " }
      let start = halves[1].prefix { $0 == " " }.count
      let bar = halves[1].drop { $0 == " " }.prefix { $0 != " " }
      let isOpen = bar.last == ">" || bar.last == "x"
      ancestors = Array(ancestors.prefix(depth))
      let letter = word.first ?? "?"
      var span = SpanOutline(
        spanID: id, parent: ancestors.last?.rawValue ?? 0, start: Int64(start),
        end: Int64(isOpen ? start : start + bar.count { $0 == "=" }), agent: names.number(of: "agent \(letter)"),
        operation: names.number(of: "operation \(letter)"), kind: Self.kind(word),
        state: bar.last == ">" ? .active : bar.last == "x" ? .lost : word.contains("!") ? .error : .completed)
      span.instance = shared
      if let clock = word.split(separator: "@").dropFirst().first { span.instance = names.number(of: String(clock)) }
      spans.append(span)
      letters[id] = letter
      ancestors.append(id)
    }
  }

  private static func kind(_ word: Substring) -> SpanKind {
    let kinds: [(String, SpanKind)] = [(".c", .client), (".s", .server), (".p", .producer), (".k", .consumer)]
    return kinds.first { word.contains($0.0) }?.1 ?? .internal
  }

  var outline: TraceOutline { TraceOutline(traceID: Self.traceID, spans: spans) }

  var tree: TraceTree { TraceTree(outline) }

  static let traceID: TraceID = {
    var random = SystemRandomNumberGenerator()
    return TraceID(high: 0x0123_4567_89ab_cdef, low: 0x0011_2233_4455_6677) ?? TraceID(using: &random)
  }()

  func letter(_ position: Int, in tree: TraceTree) -> Character { letters[tree.spans[position].outline.spanID] ?? "?" }

  func position(_ letter: Character, in tree: TraceTree) -> Int? {
    tree.spans.indices.first { self.letter($0, in: tree) == letter }
  }

  func number(_ name: String) -> NameID {
    var names = names
    return names.number(of: name)
  }

  /// A line like those of the drawing: whose work each nanosecond of the path is.
  func drawn(_ sections: [PathSection], in tree: TraceTree) -> String {
    var line = ""
    for section in sections {
      line += String(repeating: " ", count: max(0, Int(section.start) - line.count))
      line += String(repeating: letter(section.span, in: tree), count: Int(section.duration))
    }
    return line
  }
}

extension DrawnTrace {
  /// Takes the parent of a span away from the trace.
  mutating func orphan(_ letter: Character) {
    for index in spans.indices where letters[spans[index].spanID] == letter { spans[index].parent = 999 }
  }

  mutating func forgetInstances() {
    for index in spans.indices { spans[index].instance = .none }
  }

  mutating func move(_ letter: Character, to start: Int64, _ end: Int64) {
    for index in spans.indices where letters[spans[index].spanID] == letter {
      (spans[index].start, spans[index].end) = (start, end)
    }
  }

  mutating func setUsage(_ letter: Character, input: Int64, output: Int64 = -1, cached: Int64 = -1) {
    for index in spans.indices where letters[spans[index].spanID] == letter {
      (spans[index].inputTokens, spans[index].outputTokens, spans[index].cachedTokens) = (input, output, cached)
    }
  }

  mutating func set(_ letter: Character, agent: String, operation: String) {
    for index in spans.indices where letters[spans[index].spanID] == letter {
      spans[index].agent = names.number(of: agent)
      spans[index].operation = names.number(of: operation)
    }
  }
}

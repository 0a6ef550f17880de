import FleetModel

/// `metric{a="b"} 1 2+3x4 _ stale`: a series and its values, as scripts and rule tests write them.
struct SeriesLine {
  var labels: LabelSet
  /// `nil`: no sample that is a number.
  var values: [Double?]
  /// The native histograms, each by its place among the values.
  private(set) var histograms: [Int: HistogramLiteral] = [:]

  /// A line may not stand for more values than this.
  static let maximumValues = 10_000_000
  /// A line may not stand for more histograms than this.
  static let maximumHistograms = 100_000

  init(_ line: String) throws(ScriptProblem) {
    let bytes = Array(line.utf8)
    let split = Self.endOfLabels(bytes)
    labels = try Self.labels(String(decoding: bytes[..<split], as: UTF8.self))
    values = []
    let text = String(decoding: bytes[split...], as: UTF8.self)
    for item in Self.items(text) {
      if item.utf8.first == UInt8(ascii: "{") {
        try addHistograms(item)
      } else {
        try add(String(item))
      }
    }
  }

  /// Splits at blanks outside of braces.
  private static func items(_ text: String) -> [Substring] {
    var depth = 0
    return text.split { character in
      if character == "{" { depth += 1 }
      if character == "}" { depth -= 1 }
      return depth <= 0 && (character == " " || character == "\t")
    }
  }

  /// `{{…}}`, `{{…}}xN`, `{{…}}+{{…}}xN` or `{{…}}-{{…}}xN`.
  private mutating func addHistograms(_ item: Substring) throws(ScriptProblem) {
    var rest = item
    let first = try Self.histogram(&rest)
    var step: HistogramLiteral?
    let isNegative = rest.hasPrefix("-")
    if isNegative || rest.hasPrefix("+") {
      rest.removeFirst()
      step = try Self.histogram(&rest)
    }
    var times = 0
    if !rest.isEmpty {
      guard rest.hasPrefix("x"), let count = Int(rest.dropFirst()), count >= 0, count < Self.maximumHistograms else {
        throw ScriptProblem("invalid repetition \(rest) of a histogram")
      }
      times = count
    }
    guard histograms.count + times < Self.maximumHistograms else { throw ScriptProblem("too many histograms") }
    for histogram in try first.progression(step, times: times, isNegative: isNegative) {
      histograms[values.count] = histogram
      values.append(nil)
    }
  }

  private static func histogram(_ rest: inout Substring) throws(ScriptProblem) -> HistogramLiteral {
    guard rest.hasPrefix("{{"), let end = rest.firstIndex(of: "}"), rest[end...].hasPrefix("}}") else {
      throw ScriptProblem("expected {{…}}, got \(rest)")
    }
    let literal = try HistogramLiteral(rest.dropFirst(2)[..<end])
    rest = rest[end...].dropFirst(2)
    return literal
  }

  /// Where the series' name and labels end: at the first blank outside of braces and quotes, unless braces follow.
  private static func endOfLabels(_ bytes: [UInt8]) -> Int {
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "{") {
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "}") {
          let quote = bytes[position]
          position += 1
          guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") || quote == UInt8(ascii: "`") else {
            continue
          }
          while position < bytes.count, bytes[position] != quote {
            position += bytes[position] == UInt8(ascii: "\\") && quote != UInt8(ascii: "`") ? 2 : 1
          }
          position += 1
        }
        return min(position + 1, bytes.count)
      }
      if byte == 0x20 || byte == 0x09 {
        var next = position
        while next < bytes.count, bytes[next] == 0x20 || bytes[next] == 0x09 { next += 1 }
        let hasBraces =
          next < bytes.count && bytes[next] == UInt8(ascii: "{")
          && !(next + 1 < bytes.count && bytes[next + 1] == UInt8(ascii: "{"))
        if !hasBraces { return position }
        position = next
        continue
      }
      position += 1
    }
    return position
  }

  static func labels(_ text: String) throws(ScriptProblem) -> LabelSet {
    var parser = Parser(text, ParserOptions())
    do {
      return try parser.parseLabels()
    } catch {
      throw ScriptProblem("\(text): \(error.message)")
    }
  }

  private mutating func add(_ item: String) throws(ScriptProblem) {
    let (head, times) = try Self.repetition(item)
    let values: [Double?]
    if head == "_" {
      values = [Double?](repeating: nil, count: times ?? 1)
    } else if head == "stale" {
      values = [Double?](repeating: StaleMarker.value, count: (times ?? 0) + 1)
    } else {
      values = try Self.progression(head, times ?? 0)
    }
    guard self.values.count + values.count <= Self.maximumValues else { throw ScriptProblem("too many values") }
    self.values += values
  }

  /// What stands before `xN`, and N.
  private static func repetition(_ item: String) throws(ScriptProblem) -> (String, Int?) {
    guard let mark = item.lastIndex(of: "x") else { return (item, nil) }
    let count = item[item.index(after: mark)...]
    // `0x59` is zero and 59 more of it, `0x1f` a number.
    if count.utf8.contains(where: { !Lexer.isDigit($0) }), NumberText.value(of: item) != nil { return (item, nil) }
    guard let times = Int(count), times >= 0, times < maximumValues else {
      throw ScriptProblem("invalid repetition in \(item)")
    }
    return (String(item[..<mark]), times)
  }

  /// `A`, `A+B` or `A-B`: B added again and again, with the rounding that this has.
  private static func progression(_ text: String, _ times: Int) throws(ScriptProblem) -> [Double?] {
    let bytes = Array(text.utf8)
    var split = bytes.count
    for index in bytes.indices.dropFirst() where bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
    {
      if bytes[index - 1] | 0x20 == UInt8(ascii: "e") { continue }
      split = index
      break
    }
    var value = try number(String(decoding: bytes[..<split], as: UTF8.self))
    let step = split < bytes.count ? try number(String(decoding: bytes[split...], as: UTF8.self)) : 0
    var values: [Double?] = []
    values.reserveCapacity(times + 1)
    for index in 0...times {
      if index > 0, split < bytes.count { value += step }
      values.append(value)
    }
    return values
  }

  static func number(_ text: String) throws(ScriptProblem) -> Double {
    var digits = Substring(text)
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
    guard !digits.isEmpty, !digits.hasPrefix("+"), !digits.hasPrefix("-"),
      let value = NumberText.value(of: String(digits))
    else { throw ScriptProblem("\(text) is no number") }
    return isNegative ? -value : value
  }

  /// The samples, the first value at time 0 and the others `gap` milliseconds apart.
  func samples(gap: Int64) throws(ScriptProblem) -> SampleColumns {
    guard gap <= Int64.max / Int64(values.count + 1) else { throw ScriptProblem("times too far away") }
    var columns = SampleColumns()
    for (index, value) in values.enumerated() {
      guard let value else { continue }
      columns.timestamps.append(Int64(index) * gap)
      columns.values.append(value)
    }
    return columns
  }

  /// As ``samples(gap:)``, those that are histograms.
  func histogramSamples(gap: Int64) throws(ScriptProblem) -> HistogramColumns {
    guard gap <= Int64.max / Int64(values.count + 1) else { throw ScriptProblem("times too far away") }
    var columns = HistogramColumns()
    for index in histograms.keys.sorted() {
      if let literal = histograms[index] { columns.append(literal.histogram, at: Int64(index) * gap) }
    }
    return columns
  }
}

extension Parser {
  /// `metric{a="b"}` as a set of labels.
  mutating func parseLabels() throws(ParseError) -> LabelSet {
    guard next.kind == .leftBrace || next.isMetricName else { throw unexpected(expected: "a series") }
    let selector = try vectorSelector()
    guard next.kind == .end else { throw unexpected() }
    var labels: [Label] = []
    for matcher in selector.matchers {
      guard matcher.operation == .equal else { throw fail("labels are written name=\"value\"", at: selector.range) }
      labels.append(Label(matcher.name, matcher.value))
    }
    return LabelSet(labels)
  }
}

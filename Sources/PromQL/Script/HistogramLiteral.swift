import FleetModel

/// `{{schema:0 sum:5 count:4 buckets:[1 2 1]}}`: a native histogram as scripts and rule tests write it.
struct HistogramLiteral: Sendable {
  var histogram = NativeHistogram()
  /// Whether the counter reset hint is written out: only then is it compared.
  private(set) var namesHint = false

  private var offset: Int32 = 0
  private var negativeOffset: Int32 = 0

  /// - Parameter text: what stands between the double braces.
  init(_ text: some StringProtocol) throws(ScriptProblem) {
    var rest = Substring(text)
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" }
      if rest.isEmpty { break }
      guard let colon = rest.firstIndex(of: ":") else {
        throw ScriptProblem("\(rest): a histogram has key:value pairs")
      }
      let key = String(rest[..<colon])
      rest = rest[rest.index(after: colon)...]
      try read(key, try Self.value(&rest, of: key))
    }
    histogram.positiveSpans = Self.span(offset, histogram.positiveBuckets)
    histogram.negativeSpans = Self.span(negativeOffset, histogram.negativeBuckets)
    if !histogram.hasCustomBuckets, !NativeHistogram.exponentialSchemas.contains(histogram.schema) {
      throw ScriptProblem("histogram schema \(histogram.schema) is not known; use -4 to 8, or -53")
    }
  }

  private static func span(_ offset: Int32, _ buckets: [Double]) -> [NativeHistogram.Span] {
    buckets.isEmpty ? [] : [NativeHistogram.Span(offset: offset, length: UInt32(clamping: buckets.count))]
  }

  /// Takes a value off the front: a word, or all between brackets.
  private static func value(_ rest: inout Substring, of key: String) throws(ScriptProblem) -> Substring {
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { throw ScriptProblem("\(key): a list without its end") }
      let value = rest[rest.index(after: rest.startIndex)..<end]
      rest = rest[rest.index(after: end)...]
      return value
    }
    let value = rest.prefix { $0 != " " && $0 != "\t" }
    rest = rest.dropFirst(value.count)
    return value
  }

  private mutating func read(_ key: String, _ value: Substring) throws(ScriptProblem) {
    switch key {
    case "schema":
      guard let schema = Int8(value) else { throw ScriptProblem("schema:\(value) is no schema") }
      histogram.schema = schema
    case "sum": histogram.sum = try Self.number(value)
    case "count": histogram.count = try Self.number(value)
    case "z_bucket": histogram.zeroCount = try Self.number(value)
    case "z_bucket_w": histogram.zeroThreshold = try Self.number(value)
    case "buckets": histogram.positiveBuckets = try Self.numbers(value)
    case "n_buckets": histogram.negativeBuckets = try Self.numbers(value)
    case "custom_values": histogram.customValues = try Self.numbers(value)
    case "offset": offset = try Self.offset(value)
    case "n_offset": negativeOffset = try Self.offset(value)
    case "counter_reset_hint":
      namesHint = true
      switch value {
      case "unknown": histogram.resetHint = .unknown
      case "reset": histogram.resetHint = .reset
      case "not_reset": histogram.resetHint = .notReset
      case "gauge": histogram.resetHint = .gauge
      default: throw ScriptProblem("counter_reset_hint:\(value) is none of unknown, reset, not_reset and gauge")
      }
    default: throw ScriptProblem("a histogram has no \(key)")
    }
  }

  private static func number(_ text: Substring) throws(ScriptProblem) -> Double { try SeriesLine.number(String(text)) }

  private static func numbers(_ text: Substring) throws(ScriptProblem) -> [Double] {
    var numbers: [Double] = []
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) { numbers.append(try number(word)) }
    return numbers
  }

  private static func offset(_ text: Substring) throws(ScriptProblem) -> Int32 {
    guard let offset = Int32(text) else { throw ScriptProblem("\(text) is no offset of a bucket") }
    return offset
  }

  /// This histogram and, `times` times, the step added to (or taken from) the one before.
  func progression(
    _ step: HistogramLiteral?, times: Int, isNegative: Bool
  ) throws(ScriptProblem) -> [HistogramLiteral] {
    var next = self
    var all = [next]
    for _ in 0..<times {
      if let step {
        do {
          next.histogram =
            isNegative
            ? try next.histogram.subtracting(step.histogram).difference : try next.histogram.adding(step.histogram).sum
        } catch {
          throw ScriptProblem("\(error)")
        }
      }
      all.append(next)
    }
    return all
  }
}

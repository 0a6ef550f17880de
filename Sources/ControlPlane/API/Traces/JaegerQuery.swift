import FleetModel

/// The parameters of Jaeger's `/api/traces`, as its screens and Grafana send them.
struct JaegerQuery: Sendable {
  static let defaultLimit = 100
  static let maximumLimit = 1_500
  private static let defaultLookback: Int64 = 2 * 86_400 * 1_000_000_000

  var search: TraceQuery
  /// Of a fitting span; what the store does not look for.
  var kind: SpanKind?
  /// Where given, these traces alone are meant.
  var ids: [TraceID]

  /// - Parameter now: nanoseconds since 1970.
  init(_ form: FormFields, now: Int64) throws(JaegerError) {
    let end = try Self.microseconds("end", form) ?? now
    var start = try Self.microseconds("start", form)
    if start == nil, let lookback = form["lookback"], lookback != "custom" {
      guard let duration = GoDurationText.parse(lookback) else {
        throw .badRequest("unable to parse param 'lookback': \"\(lookback.prefix(100))\" is not a duration such as 1h")
      }
      start = end.subtractingReportingOverflow(duration).partialValue
    }
    let begin = max(0, start ?? (end - Self.defaultLookback))
    guard begin <= end else { throw .badRequest("start is after end") }
    let (last, overflow) = end.addingReportingOverflow(1)
    search = TraceQuery(range: begin..<(overflow ? .max : last), agent: form["service"], operation: form["operation"])
    ids = []
    for text in form.all("traceID") { ids.append(try Self.traceID(text)) }
    guard search.agent != nil || !ids.isEmpty else { throw .badRequest("parameter 'service' is required") }
    if search.operation == "all" { search.operation = nil }
    search.minimumDuration = try Self.duration("minDuration", form)
    search.maximumDuration = try Self.duration("maxDuration", form)
    search.limit = Self.defaultLimit
    if let text = form["limit"] {
      guard let limit = Int(text), limit > 0 else {
        throw .badRequest("unable to parse param 'limit': \"\(text.prefix(100))\" is not a number above 0")
      }
      search.limit = min(limit, Self.maximumLimit)
    }
    try readTags(form)
  }

  private mutating func readTags(_ form: FormFields) throws(JaegerError) {
    var tags: [(String, String)] = []
    for text in form.all("tag") {
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw .badRequest("malformed 'tag' parameter, expecting key:value, received: \(text.prefix(100))")
      }
      tags.append((String(parts[0]), String(parts[1])))
    }
    for text in form.all("tags") where !text.isEmpty {
      guard case .object(let members)? = try? JSONParser.parse(Array(text.utf8)) else {
        throw .badRequest("malformed 'tags' parameter, cannot unmarshal JSON: \(text.prefix(100))")
      }
      for member in members {
        if case .string(let value) = member.value {
          tags.append((member.key, value))
        } else {
          tags.append((member.key, member.value.description))
        }
      }
    }
    for (key, value) in tags {
      switch (key, value) {
      case ("error", "true"), ("otel.status_code", "ERROR"): search.states = [.error]
      case ("error", "false"): search.states = [.active, .completed, .ok, .lost]
      case ("otel.status_code", "OK"): search.states = [.ok]
      case ("span.kind", _):
        guard let kind = SpanKind.allCases.first(where: { "\($0)" == value }) else {
          throw .badRequest("tag span.kind is \"\(value.prefix(100))\"; there is no such kind")
        }
        self.kind = kind
      default: search.attributes[key] = value
      }
    }
  }

  /// Whether a trace has a span that fits all of it, its kind too.
  func fits(_ spans: [Span]) -> Bool {
    guard let kind else { return true }
    return spans.contains { span in
      guard span.kind == kind, search.range.contains(span.start) else { return false }
      if let agent = search.agent, span.agent != agent { return false }
      if let operation = search.operation, span.operation != operation { return false }
      if let states = search.states, !states.contains(span.state) { return false }
      if let least = search.minimumDuration, (span.duration ?? 0) < least { return false }
      if let most = search.maximumDuration, (span.duration ?? 0) > most { return false }
      return search.attributes.allSatisfy { wanted in
        (span.attributes + span.resource).contains { $0.key == wanted.key && $0.value.text == wanted.value }
      }
    }
  }

  /// Hex digits, of which leading zeros may be left out as Jaeger's own screens do.
  static func traceID(_ text: String) throws(JaegerError) -> TraceID {
    let padded = String(repeating: "0", count: max(0, 32 - text.utf8.count)) + text
    guard !text.isEmpty, let id = TraceID(padded) else {
      throw .badRequest("\"\(text.prefix(100))\" is not a trace ID: it has up to 32 hex digits, not all zero")
    }
    return id
  }

  /// Jaeger's screens send microseconds.
  private static func microseconds(_ name: String, _ form: FormFields) throws(JaegerError) -> Int64? {
    guard let text = form[name] else { return nil }
    guard let value = Int64(text), value >= 0 else {
      throw .badRequest("unable to parse param '\(name)': \"\(text.prefix(100))\" is not a number of microseconds")
    }
    let (nanoseconds, overflow) = value.multipliedReportingOverflow(by: 1000)
    return overflow ? .max - 1 : nanoseconds
  }

  private static func duration(_ name: String, _ form: FormFields) throws(JaegerError) -> Int64? {
    guard let text = form[name] else { return nil }
    guard let duration = GoDurationText.parse(text) else {
      throw .badRequest(
        "unable to parse param '\(name)': \"\(text.prefix(100))\" is not a duration such as 1.5s or 100ms")
    }
    return duration
  }
}

/// Durations as Go's `time.ParseDuration` reads them, and `d` for days beside.
enum GoDurationText {
  private static let units: [(String, Double)] = [
    ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ("d", 86_400e9),
  ]

  /// Nanoseconds; `nil` for what is not a duration from zero on.
  static func parse(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    var rest = text[...]
    var sum = 0.0
    guard !rest.isEmpty, rest.utf8.count <= 64 else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      let unit = rest.dropFirst(digits.count).prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      guard let number = Double(digits), let scale = units.first(where: { $0.0 == unit })?.1 else { return nil }
      sum += number * scale
      rest = rest.dropFirst(digits.count + unit.count)
    }
    return sum < 9e18 ? Int64(sum) : nil
  }
}

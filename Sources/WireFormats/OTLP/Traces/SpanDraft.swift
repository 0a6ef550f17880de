import FleetModel

/// A span's fields as they were sent, before they are known to make a span.
struct SpanDraft {
  private var traceIDLength = 0
  private var spanIDLength = 0
  private var parentLength = 0
  private var traceHigh: UInt64 = 0
  private var traceLow: UInt64 = 0
  private var span: UInt64 = 0
  private var parent: UInt64 = 0
  var traceState = BatchRange()
  var operation = BatchRange()
  var kind: UInt64 = 0
  var start: UInt64 = 0
  var end: UInt64 = 0
  var status: UInt64 = 0
  var statusMessage = BatchRange()
  var dropped = DroppedCounts()
  var linksWithoutID: UInt32 = 0
  var flags: UInt32 = 0
  /// How many the span itself has, without those of events and links.
  var attributes = 0
  var agent: AgentName

  init(agent: AgentName) { self.agent = agent }

  @inline(__always)
  mutating func setTraceID(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) {
    traceIDLength = range.count
    guard range.count == 16 else { return }
    traceHigh = UInt64(bigEndian: message.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
    traceLow = UInt64(bigEndian: message.loadUnaligned(fromByteOffset: range.lowerBound &+ 8, as: UInt64.self))
  }

  @inline(__always)
  mutating func setSpanID(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) {
    spanIDLength = range.count
    if range.count == 8 { span = Self.load(message, range) }
  }

  @inline(__always)
  mutating func setParent(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) {
    parentLength = range.count
    parent = range.count == 8 ? Self.load(message, range) : 0
  }

  @inline(__always)
  private static func load(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64 {
    UInt64(bigEndian: message.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
  }

  var traceID: TraceID? { traceIDLength == 16 ? TraceID(high: traceHigh, low: traceLow) : nil }
  var spanID: SpanID? { spanIDLength == 8 ? SpanID(rawValue: span) : nil }

  /// Why this is no span; `nil` where it is one.
  var problem: String? {
    if traceID == nil { return Self.problem(of: "trace", traceIDLength, shouldBe: 16) }
    if spanID == nil { return Self.problem(of: "span", spanIDLength, shouldBe: 8) }
    if parentLength != 0, parentLength != 8 { return Self.problem(of: "parent's span", parentLength, shouldBe: 8) }
    if start == 0 { return "it has no start time" }
    if start > UInt64(Int64.max) || end > UInt64(Int64.max) { return "its time is beyond the year 2262" }
    if end != 0, end < start { return "it ends \(start - end) ns before it starts" }
    return nil
  }

  private static func problem(of what: String, _ length: Int, shouldBe expected: Int) -> String {
    if length == 0 { return "it has no \(what) id" }
    return length == expected
      ? "its \(what) id is all zeros" : "its \(what) id has \(length) bytes and must have \(expected)"
  }

  /// Without what the batch adds: ranges of records, agent, resource and scope. `nil` where there is a ``problem``.
  var record: SpanRecord? {
    guard let traceID, let spanID else { return nil }
    var record = SpanRecord(traceID: traceID, spanID: spanID, start: Int64(truncatingIfNeeded: start))
    record.parent = parent
    record.end = Int64(truncatingIfNeeded: end)
    record.operation = operation
    record.statusMessage = statusMessage
    record.traceState = traceState
    record.flags = flags
    record.dropped = dropped
    record.dropped.links = dropped.links.addingReportingOverflow(linksWithoutID).partialValue
    // Numbers of a later version say nothing that is known.
    record.kind = UInt8(exactly: kind).flatMap(SpanKind.init(rawValue:)) ?? .unspecified
    record.state = end == 0 ? .active : status == 1 ? .ok : status == 2 ? .error : .completed
    return record
  }
}

/// Which agent a span belongs to, from the attributes seen so far.
struct AgentName {
  private(set) var range = BatchRange()
  /// The lower the better.
  private var rank = Self.unknown

  static let unknown: UInt8 = 5

  var isKnown: Bool { rank < Self.unknown }

  @inline(__always)
  mutating func take(_ name: BatchRange, rank: UInt8) {
    if rank < self.rank {
      range = name
      self.rank = rank
    }
  }

  /// How much an attribute of this key says of the agent.
  @inline(__always)
  static func rank(of key: UnsafeRawBufferPointer, ofResource: Bool) -> UInt8 {
    switch key.count {
    case 15: return isEqual(key, "gen_ai.agent.id") ? (ofResource ? 2 : 0) : unknown
    case 17: return isEqual(key, "gen_ai.agent.name") ? (ofResource ? 3 : 1) : unknown
    case 12: return ofResource && isEqual(key, "service.name") ? 4 : unknown
    default: return unknown
    }
  }

  private static func isEqual(_ key: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    for index in 0..<key.count where key[index] != word.utf8Start[index] { return false }
    return true
  }
}

import FleetModel

/// Reads an `ExportTraceServiceRequest` into a batch (`opentelemetry/proto/trace/v1/trace.proto`). Fields may come in any
/// order, as protobuf allows.
struct TraceMessage {
  let message: UnsafeRawBufferPointer
  let limits: OTLPLimits
  /// Without its bytes: those are the message, and ``text`` behind it.
  var batch = SpanBatch()
  /// What the message does not say in the batch's words.
  var text: [UInt8] = []
  private(set) var rejections = OTLPRejections()
  /// What is wrong with the span or the resource that is being read.
  var flaw: SpanFlaw?
  private var unknownAgent: BatchRange?
  private var records: RecordCount

  init(_ message: UnsafeRawBufferPointer, _ limits: OTLPLimits) {
    self.message = message
    self.limits = limits
    records = RecordCount(limit: limits.records, of: "spans, resources and scopes")
  }

  mutating func read() throws(WireFault) {
    // A span of a real agent has 200 bytes or more, 20 of them for each attribute.
    batch.spans.reserveCapacity(message.count / 256)
    batch.attributes.reserveCapacity(message.count / 32)
    var cursor = WireCursor(message, 0..<message.count)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      if tag == 0x0a { try readResourceSpans(try cursor.content()) } else { try cursor.skip(tag) }
    }
  }

  // MARK: resources and scopes

  /// What the spans of one resource have in common.
  private struct Resource {
    var index: UInt32
    var agent: AgentName
    var flaw: SpanFlaw?
  }

  private mutating func readResourceSpans(_ range: Range<Int>) throws(WireFault) {
    try records.note(at: range.lowerBound)
    let resource = try readResource(range)
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      if tag == 0x12 { try readScopeSpans(try cursor.content(), resource) } else { try cursor.skip(tag) }
    }
  }

  private mutating func readResource(_ range: Range<Int>) throws(WireFault) -> Resource {
    flaw = nil
    var agent = AgentName()
    let first = batch.attributes.count
    try ResourceFields.attributes(of: range, in: message) { content throws(WireFault) in try readAttribute(content) }
    let attributes = range32(first, batch.attributes.count)
    if flaw == nil, attributes.count > limits.attributes {
      flaw = SpanFlaw("it has \(attributes.count) attributes", overLimit: true)
    }
    if let problem = flaw {
      batch.attributes.removeSubrange(first...)
      batch.resources.append(ResourceRecord(attributes: BatchRange(offset: attributes.offset, count: 0)))
      flaw = SpanFlaw("its resource cannot be read: \(problem.words)", overLimit: problem.overLimit)
    } else {
      for position in attributes.range { note(batch.attributes[position], for: &agent, ofResource: true) }
      batch.resources.append(ResourceRecord(attributes: attributes))
    }
    return Resource(index: UInt32(truncatingIfNeeded: batch.resources.count - 1), agent: agent, flaw: flaw)
  }

  private mutating func readScopeSpans(_ range: Range<Int>, _ resource: Resource) throws(WireFault) {
    try records.note(at: range.lowerBound)
    flaw = nil
    var record = ScopeRecord(name: BatchRange(), version: BatchRange())
    var scan = WireCursor(message, range)
    while !scan.isAtEnd {
      let tag = try scan.varint()
      if tag == 0x0a { try readScope(try scan.content(), &record) } else { try scan.skip(tag) }
    }
    var resource = resource
    if let problem = flaw {
      let flaw = SpanFlaw("its scope cannot be read: \(problem.words)", overLimit: problem.overLimit)
      resource.flaw = resource.flaw ?? flaw
      record = ScopeRecord(name: BatchRange(), version: BatchRange())
    }
    batch.scopes.append(record)
    let scope = UInt32(truncatingIfNeeded: batch.scopes.count - 1)
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      if tag == 0x12 { try readSpan(try cursor.content(), resource, scope) } else { try cursor.skip(tag) }
    }
  }

  private mutating func readScope(_ range: Range<Int>, _ record: inout ScopeRecord) throws(WireFault) {
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: record.name = checkedText(try cursor.content())
      case 0x12: record.version = checkedText(try cursor.content())
      default: try cursor.skip(tag)
      }
    }
  }

  // MARK: spans

  /// Which fields of a span are read in one pass.
  private enum Part {
    case all
    case attributes
    case others
  }

  private struct Marks {
    var attributes: Int
    var events: Int
    var links: Int
    var text: Int
  }

  private mutating func readSpan(_ range: Range<Int>, _ resource: Resource, _ scope: UInt32) throws(WireFault) {
    try records.note(at: range.lowerBound)
    let marks = Marks(
      attributes: batch.attributes.count, events: batch.events.count, links: batch.links.count, text: text.count)
    flaw = nil
    var draft = SpanDraft(agent: resource.agent)
    if try !readFields(range, .all, &draft, marks) {
      // The span's own attributes stand on both sides of an event's or a link's: first the ones, then the others.
      rewind(to: marks)
      flaw = nil
      draft = SpanDraft(agent: resource.agent)
      _ = try readFields(range, .attributes, &draft, marks)
      _ = try readFields(range, .others, &draft, marks)
    }
    if let problem = resource.flaw ?? flaw ?? draft.problem.map({ SpanFlaw($0) }) ?? excess(since: marks) {
      rewind(to: marks)
      // Words are for the first alone.
      let words = rejections.isEmpty ? "span \(quoted(bytes(draft.operation))): \(problem.words)" : ""
      rejections.add(1, overLimit: problem.overLimit, words)
      return
    }
    guard var record = draft.record else { return }
    record.attributes = BatchRange(
      offset: UInt32(truncatingIfNeeded: marks.attributes), count: UInt32(truncatingIfNeeded: draft.attributes))
    record.events = range32(marks.events, batch.events.count)
    record.links = range32(marks.links, batch.links.count)
    record.agent = draft.agent.isKnown ? draft.agent.range : theUnknownAgent()
    record.resource = resource.index
    record.scope = scope
    batch.spans.append(record)
  }

  private mutating func rewind(to marks: Marks) {
    batch.attributes.removeSubrange(marks.attributes...)
    batch.events.removeSubrange(marks.events...)
    batch.links.removeSubrange(marks.links...)
    // The name of the unknown agent stays.
    let keep = unknownAgent.map { $0.range.upperBound - message.count } ?? 0
    text.removeSubrange(max(marks.text, keep)...)
  }

  /// - Returns: `false` where attributes of the span came behind those of an event or a link.
  @inline(__always)
  private mutating func readFields(
    _ range: Range<Int>, _ part: Part, _ draft: inout SpanDraft, _ marks: Marks
  ) throws(WireFault) -> Bool {
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      if tag == 0x4a {
        let content = try cursor.content()
        if part == .others { continue }
        guard batch.attributes.count == marks.attributes + draft.attributes else { return false }
        try readAttribute(content)
        draft.attributes = batch.attributes.count - marks.attributes
        if let last = batch.attributes.last { note(last, for: &draft.agent, ofResource: false) }
        continue
      }
      if part == .attributes {
        try cursor.skip(tag)
        continue
      }
      switch tag {
      case 0x0a: draft.setTraceID(message, try cursor.content())
      case 0x12: draft.setSpanID(message, try cursor.content())
      case 0x1a: draft.traceState = checkedText(try cursor.content())
      case 0x22: draft.setParent(message, try cursor.content())
      case 0x2a: draft.operation = checkedText(try cursor.content())
      case 0x30: draft.kind = try cursor.varint()
      case 0x39: draft.start = try cursor.fixed64()
      case 0x41: draft.end = try cursor.fixed64()
      case 0x50: draft.dropped.attributes = UInt32(truncatingIfNeeded: try cursor.varint())
      case 0x5a: try readEvent(try cursor.content())
      case 0x60: draft.dropped.events = UInt32(truncatingIfNeeded: try cursor.varint())
      case 0x6a: if try !readLink(try cursor.content()) { draft.linksWithoutID &+= 1 }
      case 0x70: draft.dropped.links = UInt32(truncatingIfNeeded: try cursor.varint())
      case 0x7a: try readStatus(try cursor.content(), &draft)
      case 0x85: draft.flags = try cursor.fixed32()
      default: try cursor.skip(tag)
      }
    }
    return true
  }

  private mutating func readStatus(_ range: Range<Int>, _ draft: inout SpanDraft) throws(WireFault) {
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x12: draft.statusMessage = checkedText(try cursor.content())
      case 0x18: draft.status = try cursor.varint()
      default: try cursor.skip(tag)
      }
    }
  }

  private mutating func readEvent(_ range: Range<Int>) throws(WireFault) {
    let first = batch.attributes.count
    var time: UInt64 = 0
    var name = BatchRange()
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x09: time = try cursor.fixed64()
      case 0x12: name = checkedText(try cursor.content())
      case 0x1a: try readAttribute(try cursor.content())
      default: try cursor.skip(tag)
      }
    }
    if time > UInt64(Int64.max) { note("an event's time is beyond the year 2262") }
    batch.events.append(
      EventRecord(
        time: Int64(truncatingIfNeeded: time), name: name, attributes: range32(first, batch.attributes.count)))
  }

  /// - Returns: whether it names a span.
  private mutating func readLink(_ range: Range<Int>) throws(WireFault) -> Bool {
    let first = batch.attributes.count
    var draft = SpanDraft(agent: AgentName())
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: draft.setTraceID(message, try cursor.content())
      case 0x12: draft.setSpanID(message, try cursor.content())
      case 0x1a: draft.traceState = checkedText(try cursor.content())
      case 0x22: try readAttribute(try cursor.content())
      default: try cursor.skip(tag)
      }
    }
    guard let traceID = draft.traceID, let spanID = draft.spanID else {
      batch.attributes.removeSubrange(first...)
      return false
    }
    batch.links.append(
      LinkRecord(
        traceID: traceID, spanID: spanID, traceState: draft.traceState,
        attributes: range32(first, batch.attributes.count)))
    return true
  }

  private func excess(since marks: Marks) -> SpanFlaw? {
    let attributes = batch.attributes.count - marks.attributes
    let events = batch.events.count - marks.events
    let links = batch.links.count - marks.links
    if attributes <= limits.attributes, events <= limits.events, links <= limits.links { return nil }
    let (count, what, limit) =
      attributes > limits.attributes
      ? (attributes, "attributes, those of its events and links among them,", limits.attributes)
      : events > limits.events ? (events, "events", limits.events) : (links, "links", limits.links)
    return SpanFlaw("it has \(count) \(what) and may have \(limit); record fewer", overLimit: true)
  }

  // MARK: text

  func bytes(_ range: BatchRange) -> UnsafeBufferPointer<UInt8> {
    range.range.upperBound <= message.count
      ? UnsafeRawBufferPointer(rebasing: message[range.range]).assumingMemoryBound(to: UInt8.self)
      : UnsafeBufferPointer(start: nil, count: 0)
  }

  mutating func note(_ words: String, overLimit: Bool = false) {
    flaw = flaw ?? SpanFlaw(words, overLimit: overLimit)
  }

  private mutating func theUnknownAgent() -> BatchRange {
    if let unknownAgent { return unknownAgent }
    let start = message.count + text.count
    text.append(contentsOf: "unknown_service".utf8)
    let range = range32(start, message.count + text.count)
    unknownAgent = range
    return range
  }
}

/// Why a span is refused.
struct SpanFlaw {
  var words: String
  /// Whether it has too much of something, and is else as spans are.
  var overLimit: Bool

  init(_ words: String, overLimit: Bool = false) {
    self.words = words
    self.overLimit = overLimit
  }
}

/// Both within 4 GiB, which is checked where a batch is done.
@inline(__always)
func range32(_ start: Int, _ end: Int) -> BatchRange {
  BatchRange(offset: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: end &- start))
}

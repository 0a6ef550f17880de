extension SpanBatch {
  /// A batch of these spans; equal neighbouring resources and scopes are kept once.
  ///
  /// - Returns: `nil` where their text is longer than 4 GiB.
  public init?(_ spans: some Sequence<Span>) {
    self.init()
    var last: (resource: [SpanAttribute], scope: InstrumentationScope)?
    for span in spans {
      if last?.resource != span.resource { resources.append(ResourceRecord(attributes: add(span.resource))) }
      if last?.scope != span.scope {
        scopes.append(ScopeRecord(name: add(span.scope.name), version: add(span.scope.version)))
      }
      last = (span.resource, span.scope)
      add(span)
      guard bytes.count <= Int(UInt32.max) else { return nil }
    }
  }

  private mutating func add(_ span: Span) {
    var record = SpanRecord(traceID: span.traceID, spanID: span.spanID, start: span.start)
    record.parent = span.parentID?.rawValue ?? 0
    record.end = span.end ?? 0
    record.operation = add(span.operation)
    record.agent = add(span.agent)
    record.statusMessage = add(span.statusMessage)
    record.traceState = add(span.traceState)
    record.attributes = add(span.attributes)
    let added = span.events.map { EventRecord(time: $0.time, name: add($0.name), attributes: add($0.attributes)) }
    record.events = BatchRange(offset: UInt32(events.count), count: UInt32(added.count))
    events += added
    let linked = span.links.map {
      LinkRecord(
        traceID: $0.traceID, spanID: $0.spanID, traceState: add($0.traceState), attributes: add($0.attributes))
    }
    record.links = BatchRange(offset: UInt32(links.count), count: UInt32(linked.count))
    links += linked
    record.resource = UInt32(resources.count - 1)
    record.scope = UInt32(scopes.count - 1)
    record.flags = span.flags
    record.dropped = span.dropped
    record.kind = span.kind
    record.state = span.state
    spans.append(record)
  }

  private mutating func add(_ text: String) -> BatchRange {
    let offset = bytes.count
    bytes.append(contentsOf: text.utf8)
    return BatchRange(
      offset: UInt32(truncatingIfNeeded: offset), count: UInt32(truncatingIfNeeded: bytes.count - offset))
  }

  private mutating func add(_ list: [SpanAttribute]) -> BatchRange {
    let records = list.map { attribute -> AttributeRecord in
      let key = add(attribute.key)
      switch attribute.value {
      case .string(let text): return AttributeRecord(key: key, kind: .string, text: add(text))
      case .nested(let text): return AttributeRecord(key: key, kind: .nested, text: add(text))
      case .bool(let value): return AttributeRecord(key: key, kind: .bool, payload: value ? 1 : 0)
      case .int(let value): return AttributeRecord(key: key, kind: .int, payload: UInt64(bitPattern: value))
      case .double(let value): return AttributeRecord(key: key, kind: .double, payload: value.bitPattern)
      case .bytes(let value):
        let offset = bytes.count
        bytes += value
        let text = BatchRange(
          offset: UInt32(truncatingIfNeeded: offset), count: UInt32(truncatingIfNeeded: value.count))
        return AttributeRecord(key: key, kind: .bytes, text: text)
      }
    }
    let range = BatchRange(offset: UInt32(attributes.count), count: UInt32(records.count))
    attributes += records
    return range
  }

  /// The text of a range of ``bytes``.
  public func text(_ range: BatchRange) -> String { String(decoding: bytes[range.range], as: UTF8.self) }

  public func list(_ range: BatchRange) -> [SpanAttribute] {
    attributes[range.range].map { record in
      let value: SpanValue =
        switch record.kind {
        case .string: .string(text(record.text))
        case .nested: .nested(text(record.text))
        case .bool: .bool(record.payload != 0)
        case .int: .int(Int64(bitPattern: record.payload))
        case .double: .double(Double(bitPattern: record.payload))
        case .bytes: .bytes(Array(bytes[record.text.range]))
        }
      return SpanAttribute(text(record.key), value)
    }
  }

  /// The span at a position, whole.
  public func span(at position: Int) -> Span {
    let record = spans[position]
    var span = Span(
      traceID: record.traceID, spanID: record.spanID, parentID: SpanID(rawValue: record.parent),
      operation: text(record.operation), agent: text(record.agent), kind: record.kind, state: record.state,
      start: record.start, end: record.state.hasEnded ? record.end : nil)
    span.statusMessage = text(record.statusMessage)
    span.traceState = text(record.traceState)
    span.flags = record.flags
    span.attributes = list(record.attributes)
    span.events = events[record.events.range].map {
      SpanEvent(time: $0.time, name: text($0.name), attributes: list($0.attributes))
    }
    span.links = links[record.links.range].map {
      SpanLink(
        traceID: $0.traceID, spanID: $0.spanID, traceState: text($0.traceState), attributes: list($0.attributes))
    }
    span.resource = list(resources[Int(record.resource)].attributes)
    let scope = scopes[Int(record.scope)]
    span.scope = InstrumentationScope(name: text(scope.name), version: text(scope.version))
    span.dropped = record.dropped
    return span
  }

  /// Whether every promise of a batch holds but that of UTF-8, which decoders check as they go. Linear in the records.
  public var isSound: Bool {
    let inBytes = { (range: BatchRange) in range.range.upperBound <= bytes.count }
    let inAttributes = { (range: BatchRange) in range.range.upperBound <= attributes.count }
    return spans.allSatisfy {
      inBytes($0.operation) && inBytes($0.agent) && inBytes($0.statusMessage) && inBytes($0.traceState)
        && inAttributes($0.attributes) && $0.events.range.upperBound <= events.count
        && $0.links.range.upperBound <= links.count && Int($0.resource) < resources.count
        && Int($0.scope) < scopes.count && $0.start >= 0 && (!$0.state.hasEnded || $0.end >= $0.start)
    } && attributes.allSatisfy { inBytes($0.key) && (!$0.kind.isText || inBytes($0.text)) }
      && events.allSatisfy { inBytes($0.name) && inAttributes($0.attributes) && $0.time >= 0 }
      && links.allSatisfy { inBytes($0.traceState) && inAttributes($0.attributes) }
      && resources.allSatisfy { inAttributes($0.attributes) }
      && scopes.allSatisfy { inBytes($0.name) && inBytes($0.version) }
  }
}

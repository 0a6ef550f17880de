public import FleetModel

/// Writes spans as an `ExportTraceServiceRequest`
/// (`opentelemetry/proto/collector/trace/v1/trace_service.proto`): what ``OTLPTraceDecoder`` reads.
///
/// OTLP has no word for a span in flight or lost: both are written with an end of zero, which is read as in flight. JSON text of a list is
/// written as the list; bytes within it stay base64.
public enum OTLPTraceEncoder {
  /// Spans that follow each other with one resource and scope share a group. O(bytes).
  ///
  /// - Parameter batch: a sound one (``SpanBatch/isSound``), but that a span may end before it starts, which its receiver
  ///   refuses.
  public static func encode(_ batch: SpanBatch, as encoding: OTLPEncoding) -> [UInt8] {
    var output = WireBytes()
    output.reserve(batch.bytes.count + batch.spans.count * 64)
    var start = 0
    while start < batch.spans.count {
      let resource = batch.spans[start].resource
      let end = batch.spans[start...].firstIndex { $0.resource != resource } ?? batch.spans.count
      output.message(0x0a) { $0.resourceSpans(batch, start..<end) }
      start = end
    }
    switch encoding {
    case .protobuf: return output.bytes
    case .json:
      do throws(WireFault) { return try OTLPJSONText.text(output.bytes, as: .traceRequest) } catch {
        preconditionFailure("BUG: a request that was just encoded cannot be read: \(error)")
      }
    }
  }
}

extension WireBytes {
  /// - Parameter spans: all of one resource.
  fileprivate mutating func resourceSpans(_ batch: SpanBatch, _ spans: Range<Int>) {
    message(0x0a) {
      $0.attributes(0x0a, batch.resources[Int(batch.spans[spans.lowerBound].resource)].attributes, batch)
    }
    var start = spans.lowerBound
    while start < spans.upperBound {
      let number = batch.spans[start].scope
      let end = batch.spans[start..<spans.upperBound].firstIndex { $0.scope != number } ?? spans.upperBound
      message(0x12) { group in
        let scope = batch.scopes[Int(number)]
        group.message(0x0a) {
          $0.text(0x0a, scope.name, batch)
          $0.text(0x12, scope.version, batch)
        }
        for index in start..<end { group.message(0x12) { $0.span(batch.spans[index], batch) } }
      }
      start = end
    }
  }

  private mutating func span(_ span: SpanRecord, _ batch: SpanBatch) {
    ids(0x0a, span.traceID, 0x12, span.spanID)
    text(0x1a, span.traceState, batch)
    if span.parent != 0 { id(0x22, span.parent) }
    text(0x2a, span.operation, batch)
    count(0x30, UInt32(span.kind.rawValue))
    fixed64(0x39, UInt64(bitPattern: span.start))
    if span.state.hasEnded { fixed64(0x41, UInt64(bitPattern: span.end)) }
    attributes(0x4a, span.attributes, batch)
    count(0x50, span.dropped.attributes)
    for event in batch.events[span.events.range] {
      message(0x5a) {
        $0.fixed64(0x09, UInt64(bitPattern: event.time))
        $0.text(0x12, event.name, batch)
        $0.attributes(0x1a, event.attributes, batch)
      }
    }
    count(0x60, span.dropped.events)
    for link in batch.links[span.links.range] {
      message(0x6a) {
        $0.ids(0x0a, link.traceID, 0x12, link.spanID)
        $0.text(0x1a, link.traceState, batch)
        $0.attributes(0x22, link.attributes, batch)
      }
    }
    count(0x70, span.dropped.links)
    let status: UInt32 = span.state == .ok ? 1 : span.state == .error ? 2 : 0
    if status != 0 || !span.statusMessage.isEmpty {
      message(0x7a) {
        $0.text(0x12, span.statusMessage, batch)
        $0.count(0x18, status)
      }
    }
    if span.flags != 0 {
      // The number of this field takes two bytes: 16 << 3 | 5.
      byte(0x85)
      fixed32(0x01, span.flags)
    }
  }

  private mutating func ids(_ traceTag: UInt8, _ trace: TraceID, _ spanTag: UInt8, _ span: SpanID) {
    byte(traceTag)
    byte(16)
    for half in [trace.high, trace.low] { bigEndian(half) }
    id(spanTag, span.rawValue)
  }

  private mutating func id(_ tag: UInt8, _ value: UInt64) {
    byte(tag)
    byte(8)
    bigEndian(value)
  }

  private mutating func text(_ tag: UInt8, _ range: BatchRange, _ batch: SpanBatch) {
    if !range.isEmpty { field(tag, batch.bytes[range.range]) }
  }

  private mutating func count(_ tag: UInt8, _ value: UInt32) { if value != 0 { number(tag, Int64(value)) } }

  private mutating func attributes(_ tag: UInt8, _ range: BatchRange, _ batch: SpanBatch) {
    for attribute in batch.attributes[range.range] {
      message(tag) {
        $0.field(0x0a, batch.bytes[attribute.key.range])
        $0.message(0x12) { $0.value(attribute, batch) }
      }
    }
  }

  private mutating func value(_ attribute: AttributeRecord, _ batch: SpanBatch) {
    switch attribute.kind {
    case .string: field(0x0a, batch.bytes[attribute.text.range])
    case .bool: number(0x10, attribute.payload != 0 ? 1 : 0)
    case .int: number(0x18, Int64(bitPattern: attribute.payload))
    case .double: fixed64(0x21, attribute.payload)
    case .bytes: field(0x3a, batch.bytes[attribute.text.range])
    case .nested: nested(batch.bytes[attribute.text.range])
    }
  }

  /// The value that JSON text stands for; text that is no JSON is a string.
  private mutating func nested(_ json: ArraySlice<UInt8>) {
    let value = json.withUnsafeBufferPointer { NestedEncoding.value(of: $0) }
    if let value { append(value) } else { field(0x0a, json) }
  }
}

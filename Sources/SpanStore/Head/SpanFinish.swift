import FleetModel

/// What an end or a loss makes of spans in flight.
enum SpanFinish {
  /// The span as it ends: an end before its start counts as its start.
  static func ended(
    _ span: Span, at end: Int64, state: SpanState, statusMessage: String, attributes: [SpanAttribute]
  ) -> Span {
    var span = span
    span.end = max(end, span.start)
    span.state = state.hasEnded ? state : .completed
    span.statusMessage = statusMessage
    for attribute in attributes {
      if let place = span.attributes.firstIndex(where: { $0.key == attribute.key }) {
        span.attributes[place] = attribute
      } else {
        span.attributes.append(attribute)
      }
    }
    return span
  }

  /// Of when a span was lost an event tells: it has no end.
  static let lossEvent = "skep.lost"

  static func lost(_ span: Span, at time: Int64) -> Span {
    var span = span
    span.state = .lost
    span.events.append(SpanEvent(time: time, name: lossEvent))
    return span
  }

  static func batch(_ spans: [Span]) throws(SpanStoreError) -> SpanBatch {
    guard let batch = SpanBatch(spans) else { throw .malformed("its text is longer than 4 GiB") }
    return batch
  }
}

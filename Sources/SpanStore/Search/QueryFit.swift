import FleetModel

extension TraceQuery {
  /// Whether a span, all its versions joined, is looked for.
  func fits(_ span: Span) -> Bool {
    fitsCore(start: span.start, duration: span.duration, state: span.state)
      && (agent == nil || agent == span.agent) && (operation == nil || operation == span.operation)
      && attributes.allSatisfy { key, value in
        span.attributes.contains { $0.key == key && $0.value.text == value }
          || span.resource.contains { $0.key == key && $0.value.text == value }
      }
  }

  /// Whether a span in outline is looked for, but for attributes.
  func fits(_ span: SpanOutline, agent agentID: NameID?, operation operationID: NameID?) -> Bool {
    // Without a trap: what damage left of a block may be any number.
    fitsCore(
      start: span.start,
      duration: span.state.hasEnded ? span.end.subtractingReportingOverflow(span.start).partialValue : nil,
      state: span.state)
      && (agent == nil || agentID == span.agent) && (operation == nil || operationID == span.operation)
  }

  @inline(__always)
  func fitsCore(start: Int64, duration: Int64?, state: SpanState) -> Bool {
    guard start >= range.lowerBound, start < range.upperBound else { return false }
    if minimumDuration != nil || maximumDuration != nil {
      guard let duration, duration >= minimumDuration ?? 0, duration <= maximumDuration ?? .max else { return false }
    }
    return states?.contains(state) ?? true
  }

  /// States as a set of bits; completed and ok are asked for one by one.
  var stateBits: UInt8 { states.map { $0.reduce(0) { $0 | 1 << $1.rawValue } } ?? 0xff }
}

/// A trace that may be in the answer: a version of one of its spans fits, or may once it is joined with others.
struct TraceCandidate {
  var trace: TraceID
  /// The latest start of the fitting versions.
  var start: Int64
}

public import FleetModel

/// What the process `span-writer` writes, from the number of a batch alone: ten spans of a trace of its own, and one of a
/// trace that all batches share.
public enum SpanKillWorkload {
  public static let sharedTrace = TraceID(high: 7, low: 1)

  public static func trace(_ number: UInt64) -> TraceID? { TraceID(high: 7, low: number + 2) }

  public static func spans(_ number: UInt64) -> [Span] {
    (0..<11).compactMap { place in
      guard let trace = place == 10 ? sharedTrace : trace(number),
        let id = SpanID(rawValue: 11 * number + UInt64(place) + 1)
      else { return nil }
      let start = 1_700_000_000_000_000_000 + Int64(number) * 1_000_000
      var span = Span(
        traceID: trace, spanID: id, operation: "work \(number % 7)", agent: "writer", state: .completed,
        start: start + Int64(place), end: start + Int64(place) * 1000)
      span.attributes = [SpanAttribute("batch", .int(Int64(number)))]
      return span
    }
  }
}

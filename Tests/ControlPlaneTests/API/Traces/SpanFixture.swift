import CoreMetrics
import DeployPlan
import FleetModel
import Ingest
import Logging
import Platform
import SpanStore
import Synchronization
import TestSupport
import WireFormats

@testable import ControlPlane

/// A store of spans in memory and all routes over it.
struct SpanFixture: Sendable {
  let store = FailingSpans()
  let watch = SpanRecorder()
  let intake: SpanIntake
  let reception: OTLPReception

  init(limits: SpanLimits = SpanLimits()) {
    intake = SpanIntake(limits: limits, writer: store, watches: [watch], time: SystemTime())
    reception = OTLPReception(spans: intake) { _, _, _ throws(OTLPRefusal) in throw .unsupported("no metrics here") }
  }

  var routes: [APIRoute] {
    OTLPRoutes(reception: reception).routes + SpanRoutes(intake: intake, time: SystemTime()).routes
      + JaegerRoutes(reader: store.memory, time: SystemTime()).routes
      + TraceRoutes.all(TraceService(reader: store.memory, prices: PriceTable(), time: SystemTime()))
  }

  static func span(
    trace: UInt64 = 1, _ id: UInt64, parent: UInt64? = nil, agent: String = "planner", operation: String = "plan",
    start: Int64? = nil, milliseconds: Int64? = 10, state: SpanState = .completed
  ) -> Span {
    let start = start ?? SystemTime().now().nanoseconds - 1_000_000_000
    guard let traceID = TraceID(high: 0, low: trace), let spanID = SpanID(rawValue: id) else {
      preconditionFailure("BUG: ids of tests are not zero")
    }
    var span = Span(
      traceID: traceID, spanID: spanID, parentID: parent.flatMap(SpanID.init(rawValue:)), operation: operation,
      agent: agent, state: milliseconds == nil ? .active : state, start: start,
      end: milliseconds.map { start + $0 * 1_000_000 })
    span.resource = [SpanAttribute("service.name", .string(agent))]
    return span
  }

  static func batch(_ spans: [Span]) -> SpanBatch { SpanBatch(spans) ?? SpanBatch() }

  static func protobuf(_ spans: [Span]) -> [UInt8] { OTLPTraceEncoder.encode(batch(spans), as: .protobuf) }
}

/// Spans in memory, and a disk that may be full.
final class FailingSpans: SpanWriter {
  let memory = MemorySpanStore()
  private let failure = Mutex<SpanStoreError?>(nil)

  func fail(with error: SpanStoreError?) { failure.withLock { $0 = error } }

  private func check() throws(SpanStoreError) { if let error = failure.withLock({ $0 }) { throw error } }

  func append(_ batch: SpanBatch) async throws(SpanStoreError) {
    try check()
    try await memory.append(batch)
  }

  func openSpans() async -> [OpenSpan] { await memory.openSpans() }

  func finish(
    _ span: SpanID, of trace: TraceID?, at end: Int64, state: SpanState, statusMessage: String,
    attributes: [SpanAttribute]
  ) async throws(SpanStoreError) -> Span {
    try check()
    return try await memory.finish(
      span, of: trace, at: end, state: state, statusMessage: statusMessage, attributes: attributes)
  }

  func markLost(_ spans: [SpanKey], at time: Int64) async throws(SpanStoreError) -> Int {
    try check()
    return try await memory.markLost(spans, at: time)
  }
}

final class SpanRecorder: SpanWatch {
  private let seen = Mutex<[Span]>([])

  var spans: [Span] { seen.withLock { $0 } }

  func observe(_ batch: SpanBatch) { seen.withLock { $0 += (0..<batch.count).map { batch.span(at: $0) } } }
}

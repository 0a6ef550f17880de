public import FleetModel
public import Platform

/// Spans on disk.
public final class DiskSpanStore: SpanWriter, SpanReader {
  private let memory: MemorySpanStore
  private let time: any TimeSource

  public init(
    _ configuration: SpanStoreConfiguration, time: any TimeSource, note: @escaping @Sendable (String) -> Void
  ) throws {
    memory = MemorySpanStore(capacity: configuration.headSize)
    self.time = time
  }

  public func run() async throws {
    while true { try await time.sleep(for: .seconds(3600)) }
  }

  public func close() throws {}

  public func append(_ batch: SpanBatch) async throws(SpanStoreError) { try await memory.append(batch) }
  public func openSpans() async -> [OpenSpan] { await memory.openSpans() }
  public func finish(
    _ span: SpanID, of trace: TraceID?, at end: Int64, state: SpanState, statusMessage: String,
    attributes: [SpanAttribute]
  ) async throws(SpanStoreError) -> Span {
    try await memory.finish(
      span, of: trace, at: end, state: state, statusMessage: statusMessage, attributes: attributes)
  }
  public func markLost(_ spans: [SpanKey], at time: Int64) async throws(SpanStoreError) -> Int {
    try await memory.markLost(spans, at: time)
  }
  public func spans(of trace: TraceID) async throws(SpanStoreError) -> [Span] { try await memory.spans(of: trace) }
  public func search(_ query: TraceQuery) async throws(SpanStoreError) -> [TraceSummary] {
    try await memory.search(query)
  }
  public func outlines(
    matching query: TraceQuery, visit: @Sendable ([TraceOutline], NameTable) throws -> Void
  ) async throws { try await memory.outlines(matching: query, visit: visit) }
  public func agents(during range: Range<Int64>) async throws(SpanStoreError) -> [String] {
    try await memory.agents(during: range)
  }
  public func operations(of agent: String?, during range: Range<Int64>) async throws(SpanStoreError)
    -> [SpanOperation]
  { try await memory.operations(of: agent, during: range) }
}

import FleetModel

/// A span of which something is counted.
struct SpanObservation: Sendable {
  var traceID: TraceID
  var spanID: SpanID
  /// Nanoseconds since 1970.
  var end: Int64
  /// Nanoseconds.
  var duration: Int64
  var isError: Bool
  /// Sent or received by way of a queue.
  var isMessage: Bool

  var seconds: Double { Double(duration) * 1e-9 }
}

/// The slowest span of a series since it was asked for last.
struct SlowestSpan {
  private(set) var span: SpanObservation?

  @inline(__always)
  mutating func consider(_ other: SpanObservation) {
    guard let current = span else {
      span = other
      return
    }
    if other.duration > current.duration { span = other }
  }

  mutating func take() -> SpanObservation? {
    defer { span = nil }
    return span
  }
}

/// What is counted of an operation of an agent.
struct OperationRow: ~Copyable {
  var latency = LatencyCounts()
  var slowest = SlowestSpan()
  /// Seconds.
  var counted: UInt32
}

/// What is counted of the calls of one agent by another.
struct EdgeRow: ~Copyable {
  var failed = 0.0
  /// As the called agent took it; its count is that of the calls.
  var server = LatencyCounts()
  /// As the caller saw it, where it says.
  var client = LatencyCounts()
  var slowest = SlowestSpan()
  var slowestCall = SlowestSpan()
  var lastFailed: SpanObservation?
  var counted: UInt32
}

/// Counts spans by agent and operation, and by edge: the part of ``SpanMetrics`` that looks at each span.
///
/// 1. A span that arrived before is passed over (``RecentSpans``).
/// 2. It is counted in the row of its agent, operation, kind and status.
/// 3. Children that waited for it, and it itself where its parent is known, are edges if the agents differ; otherwise it waits.
struct SpanTally: ~Copyable {
  let configuration: SpanMetricsConfiguration
  private let hash: KeyedHash
  var agents: NameNumbers
  var names: NameNumbers
  var operations: RowTable<OperationRow>
  var edges: RowTable<EdgeRow>
  var recent: RecentSpans
  private(set) var totals = SpanMetricsTotals()

  init(_ configuration: SpanMetricsConfiguration, seed: UInt64) {
    // As many as a row's key has numbers for, and some room.
    var configuration = configuration
    configuration.maximumSeries = min(max(1, configuration.maximumSeries), 1 << 19)
    configuration.maximumAgents = min(max(1, configuration.maximumAgents), 1 << 19)
    configuration.maximumEdges = min(max(1, configuration.maximumEdges), 1 << 19)
    self.configuration = configuration
    hash = KeyedHash(seed: seed)
    agents = NameNumbers(hash)
    names = NameNumbers(hash)
    operations = RowTable()
    edges = RowTable()
    recent = RecentSpans(
      maximum: configuration.rememberedSpans, waiting: configuration.waitingSpans,
      patience: UInt32(clamping: configuration.patience.components.seconds))
  }

  /// - Parameter now: seconds of a clock that never goes back.
  mutating func observe(_ batch: SpanBatch, now: UInt32) {
    batch.bytes.withUnsafeBytes { bytes in
      batch.spans.withUnsafeBufferPointer { spans in
        // Spans that follow each other are of one agent as a rule.
        var lastAgent = BatchRange(offset: .max)
        var agent = RowKey.overflow
        for index in spans.indices where spans[index].state != .lost {
          if spans[index].agent != lastAgent {
            lastAgent = spans[index].agent
            agent = self.agent(lastAgent, bytes)
          }
          if spans[index].state == .active {
            start(spans[index], of: agent, now)
          } else {
            observe(spans[index], of: agent, bytes, now)
          }
        }
      }
    }
  }

  var currentTotals: SpanMetricsTotals {
    var current = totals
    current.unpaired = recent.unpaired
    current.operationSeries = operations.count
    current.edgeSeries = edges.count
    return current
  }

  /// Notes whose a span in flight is, so that children that end long before it need not wait.
  private mutating func start(_ record: SpanRecord, of agent: Int32, _ now: UInt32) {
    let trace = hash.hash(record.traceID.high, record.traceID.low)
    let place = recent.place(of: hash.hash(trace, record.spanID.rawValue) | 1, now: now)
    guard !recent[place].hasEnded else { return }
    recent[place].agent = agent
    recent[place].isCall = record.kind == .client || record.kind == .producer
    recent[place].isMessage = record.kind == .producer || record.kind == .consumer
    recent[place].touched = now
    guard recent[place].isCaller else { return }
    while let child = recent.takeWaiting(at: place, now: now) {
      count(edgeTo: child.agent, child.span, from: recent[place], now)
    }
  }

  @inline(__always)
  private mutating func observe(
    _ record: SpanRecord, of agent: Int32, _ bytes: UnsafeRawBufferPointer, _ now: UInt32
  ) {
    let trace = hash.hash(record.traceID.high, record.traceID.low)
    // 0 stands for no span.
    let place = recent.place(of: hash.hash(trace, record.spanID.rawValue) | 1, now: now)
    guard !recent[place].hasEnded else {
      totals.repeated += 1
      return
    }
    let (duration, overflow) = record.end.subtractingReportingOverflow(record.start)
    let span = SpanObservation(
      traceID: record.traceID, spanID: record.spanID, end: record.end, duration: overflow ? 0 : max(0, duration),
      isError: record.state == .error, isMessage: record.kind == .producer || record.kind == .consumer)
    recent[place].agent = agent
    recent[place].hasEnded = true
    recent[place].duration = span.duration
    recent[place].isError = span.isError
    recent[place].isCall = record.kind == .client || record.kind == .producer
    recent[place].isMessage = span.isMessage
    recent[place].touched = now
    totals.spans += 1
    count(span, record, of: agent, bytes, now)
    while let child = recent.takeWaiting(at: place, now: now) {
      count(edgeTo: child.agent, child.span, from: recent[place], now)
    }
    guard record.parent != 0, record.parent != record.spanID.rawValue else { return }
    let parent = recent.place(of: hash.hash(trace, record.parent) | 1, now: now)
    if recent[parent].isCaller {
      recent[parent].touched = now
      count(edgeTo: agent, span, from: recent[parent], now)
    } else {
      recent.wait(span, of: agent, at: parent, now: now)
    }
  }

  @inline(__always)
  private mutating func count(
    _ span: SpanObservation, _ record: SpanRecord, of agent: Int32, _ bytes: UnsafeRawBufferPointer, _ now: UInt32
  ) {
    let name = text(record.operation, bytes)
    var row: Int?
    if let number = names.find(name) {
      row = operations.find(RowKey.operation(agent, number, record.kind, record.state))
    }
    let found = row ?? newRow(name, record, of: agent, now)
    if agent == RowKey.overflow || RowKey.name(operations.key(at: found)) == RowKey.overflow { totals.overflowed += 1 }
    operations.withRow(found) { row in
      row.latency.add(seconds: span.seconds)
      row.slowest.consider(span)
      row.counted = now
    }
  }

  /// The row of an operation that was not counted before, or that of its agent's overflow; of so many agents that all together
  /// have one, that.
  private mutating func newRow(
    _ name: UnsafeRawBufferPointer, _ record: SpanRecord, of agent: Int32, _ now: UInt32
  ) -> Int {
    var key = RowKey.operation(agent, RowKey.overflow, .unspecified, record.state)
    let isOfBounds = name.count > configuration.maximumNameBytes || operations.count >= configuration.maximumSeries
    if !isOfBounds {
      key = RowKey.operation(agent, names.find(name) ?? names.add(name), record.kind, record.state)
    }
    if let row = operations.find(key) { return row }
    if operations.count >= configuration.maximumSeries + configuration.maximumSeries / 2 {
      key = RowKey.operation(RowKey.overflow, RowKey.overflow, .unspecified, record.state)
      if let row = operations.find(key) { return row }
    }
    return operations.add(key, OperationRow(counted: now))
  }

  private mutating func count(
    edgeTo server: Int32, _ span: SpanObservation, from parent: RecentSpans.Known, _ now: UInt32
  ) {
    // Of agents beyond the bound nobody knows whether they are the same.
    guard parent.agent != server, server != RowKey.overflow, parent.agent != RowKey.overflow else { return }
    var key = RowKey.edge(parent.agent, server, isMessage: span.isMessage || parent.isCall && parent.isMessage)
    var row = edges.find(key)
    if row == nil, edges.count >= configuration.maximumEdges {
      key = RowKey.edgeOverflow
      row = edges.find(key)
      totals.overflowed += 1
    }
    let isFailed = span.isError || parent.isCall && parent.isError
    edges.withRow(row ?? edges.add(key, EdgeRow(counted: now))) { row in
      row.server.add(seconds: span.seconds)
      row.slowest.consider(span)
      row.counted = now
      if isFailed {
        row.failed += 1
        row.lastFailed = span
      }
      if parent.isCall {
        var call = span
        call.duration = parent.duration
        row.client.add(seconds: call.seconds)
        row.slowestCall.consider(call)
      }
    }
    totals.edges += 1
  }

  private mutating func agent(_ range: BatchRange, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    let name = text(range, bytes)
    if let number = agents.find(name) { return number }
    guard agents.count < configuration.maximumAgents, name.count <= configuration.maximumNameBytes else {
      return RowKey.overflow
    }
    return agents.add(name)
  }

  @inline(__always)
  private func text(_ range: BatchRange, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let range = range.range
    guard range.upperBound <= bytes.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: bytes[range])
  }
}

import FleetModel
import Logging

/// The way of the tally's readings into the store, to the rules and, by example, to the exemplars.
struct SpanSeriesWriter: Sendable {
  /// A series of numbers, or of histograms, which no rule on arrival looks at.
  private struct Series: Sendable {
    var labels: LabelSet
    var reference: SeriesRef
    var token: WatchToken?
  }

  private struct Row: Sendable {
    var series: [Series?]
    /// Nothing was written of it yet.
    var isNew = true
  }

  private let appender: any SampleAppender
  private let exemplars: (any ExemplarAppender)?
  private let watch: any SampleWatch
  private let metadata: (any MetadataSink)?
  private let logger: Logger
  private var operations: [UInt64: Row] = [:]
  private var edges: [UInt64: Row] = [:]
  private var generation: UInt64?
  /// Of the last round, or of the start.
  private var previous: Timestamp
  private var time: Timestamp
  private var hasFailed = false

  /// What one round writes of a chunk of rows.
  private struct Batch {
    var numbers: [(place: Place, value: Double)] = []
    var histograms: [(place: Place, value: NativeHistogram)] = []
    var examples: [(place: Place, span: SpanObservation)] = []
  }

  private struct Place {
    var isEdge: Bool
    var key: UInt64
    var index: Int
  }

  private static let operationNames = [SpanMetricName.calls, SpanMetricName.duration]
  private static let edgeNames = [
    SpanMetricName.requests, SpanMetricName.failed, SpanMetricName.server, SpanMetricName.client,
  ]

  init(
    appender: any SampleAppender, exemplars: (any ExemplarAppender)?, watch: any SampleWatch,
    metadata: (any MetadataSink)?, logger: Logger, start: Timestamp
  ) {
    self.appender = appender
    self.exemplars = exemplars
    self.watch = watch
    self.metadata = metadata
    self.logger = logger
    previous = start
    time = start
  }

  /// Begins a round. Rounds come in order even if the clock goes back.
  mutating func begin(at now: Timestamp) {
    previous = time
    time = max(now, previous + .milliseconds(2))
    for (family, metadata) in SpanMetricName.metadata { self.metadata?.note(metadata, of: family) }
    let generation = watch.generation
    guard generation != self.generation else { return }
    self.generation = generation
    for key in operations.keys { askWatcher(&operations[key]) }
    for key in edges.keys { askWatcher(&edges[key]) }
  }

  private func askWatcher(_ row: inout Row?) {
    guard let series = row?.series else { return }
    for (index, one) in series.enumerated() {
      guard let one else { continue }
      row?.series[index]?.token = Self.isNumber(index, of: series.count) ? watch.interest(in: one.labels) : nil
    }
  }

  /// Marks the end of series.
  mutating func end(_ gone: GoneRows) {
    let rows =
      gone.operations.compactMap { operations.removeValue(forKey: $0) }
      + gone.edges.compactMap { edges.removeValue(forKey: $0) }
    let ended = rows.flatMap(\.series).compactMap { $0 }
    let markers = ended.map { Sample(series: $0.reference, value: StaleMarker.value) }
    if !markers.isEmpty {
      _ = noted(Result { () throws(AppendError) in try appender.append(markers, at: time) })
      let watched = ended.compactMap { one in one.token.map { WatchedSample(token: $0, value: StaleMarker.value) } }
      if !watched.isEmpty { watch.observe(watched, at: time) }
    }
    guard let renumbered = gone.renumbered else { return }
    operations = Dictionary(
      operations.map { (RowKey.operation($0.key, renumbered), $0.value) }, uniquingKeysWith: { first, _ in first })
    edges = Dictionary(
      edges.map { (RowKey.edge($0.key, renumbered), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func write(_ readings: [OperationReading], labels: (UInt64) -> [Label]) {
    var batch = Batch()
    for reading in readings {
      let isKnown = operations[reading.key] != nil
      if !isKnown { operations[reading.key] = Row(series: Array(repeating: nil, count: Self.operationNames.count)) }
      let place = { (index: Int) in Place(isEdge: false, key: reading.key, index: index) }
      batch.numbers.append((place(0), reading.latency.count))
      batch.histograms.append((place(1), reading.latency))
      guard let slowest = reading.slowest else { continue }
      batch.examples.append((place(1), slowest))
      if slowest.isError { batch.examples.append((place(0), slowest)) }
    }
    write(batch, labels)
  }

  mutating func write(_ readings: [EdgeReading], labels: (UInt64) -> [Label]) {
    var batch = Batch()
    for reading in readings {
      let isKnown = edges[reading.key] != nil
      if !isKnown { edges[reading.key] = Row(series: Array(repeating: nil, count: Self.edgeNames.count)) }
      let place = { (index: Int) in Place(isEdge: true, key: reading.key, index: index) }
      batch.numbers.append((place(0), reading.server.count))
      // Also where none has failed: a share of failures is to be 0 then, not absent.
      batch.numbers.append((place(1), reading.failed))
      batch.histograms.append((place(2), reading.server))
      if let client = reading.client { batch.histograms.append((place(3), client)) }
      if let slowest = reading.slowest { batch.examples.append((place(2), slowest)) }
      if let slowest = reading.slowestCall { batch.examples.append((place(3), slowest)) }
      if let failed = reading.lastFailed { batch.examples.append((place(1), failed)) }
    }
    write(batch, labels)
  }

  private mutating func write(_ batch: Batch, _ labels: (UInt64) -> [Label]) {
    var zeros: [Place] = []
    for place in batch.numbers.map(\.place) + batch.histograms.map(\.place) where series(place) == nil {
      guard makeSeries(place, labels(place.key)) else { continue }
      zeros.append(place)
    }
    // So that the first spans of a series are an increase of it.
    begin(zeros, at: previous + .milliseconds(1))
    append(batch.numbers, at: time)
    append(batch.histograms, at: time)
    let watched = batch.numbers.compactMap { number in
      series(number.place)?.token.map { WatchedSample(token: $0, value: number.value) }
    }
    if !watched.isEmpty { watch.observe(watched, at: time) }
    for (place, span) in batch.examples { append(span, to: place) }
  }

  private static func isNumber(_ place: Place) -> Bool {
    isNumber(place.index, of: place.isEdge ? edgeNames.count : operationNames.count)
  }

  /// Counters come first: one of an operation, two of an edge.
  private static func isNumber(_ index: Int, of count: Int) -> Bool { index < count / 2 }

  private func series(_ place: Place) -> Series? {
    (place.isEdge ? edges[place.key] : operations[place.key])?.series[place.index]
  }

  private mutating func set(_ series: Series, _ place: Place) {
    if place.isEdge {
      edges[place.key]?.series[place.index] = series
    } else {
      operations[place.key]?.series[place.index] = series
    }
  }

  /// - Returns: false where the store takes no further series.
  private mutating func makeSeries(_ place: Place, _ labels: [Label]) -> Bool {
    let names = place.isEdge ? Self.edgeNames : Self.operationNames
    let labels = LabelSet(labels + [Label(LabelSet.metricName, names[place.index])])
    guard let reference = noted(Result { () throws(AppendError) in try appender.reference(for: labels) }) else {
      return false
    }
    let isNumber = Self.isNumber(place)
    set(Series(labels: labels, reference: reference, token: isNumber ? watch.interest(in: labels) : nil), place)
    return true
  }

  private mutating func begin(_ places: [Place], at time: Timestamp) {
    if places.isEmpty { return }
    append(places.filter(Self.isNumber).map { ($0, 0) }, at: time)
    append(places.filter { !Self.isNumber($0) }.map { ($0, LatencyCounts.empty) }, at: time)
  }

  private mutating func append(_ numbers: [(place: Place, value: Double)], at time: Timestamp) {
    append(numbers) { sent, appender throws(AppendError) in
      try appender.append(sent.map { Sample(series: $0.reference, value: $0.value) }, at: time).unknownSeries
    }
  }

  private mutating func append(_ histograms: [(place: Place, value: NativeHistogram)], at time: Timestamp) {
    append(histograms) { sent, appender throws(AppendError) in
      try appender.append(
        histograms: sent.map { HistogramSample(series: $0.reference, value: $0.value) }, at: time
      ).unknownSeries
    }
  }

  /// Appends, and those once more whose series the store has forgotten.
  ///
  /// - Parameter send: returns the positions of those.
  private mutating func append<Value>(
    _ values: [(place: Place, value: Value)],
    _ send: ([(reference: SeriesRef, value: Value)], any SampleAppender) throws(AppendError) -> [Int]
  ) {
    var rest = values.filter { series($0.place) != nil }
    for turn in 0..<2 where !rest.isEmpty {
      let sent = rest.compactMap { one in series(one.place).map { (reference: $0.reference, value: one.value) } }
      let unknown = noted(Result { () throws(AppendError) in try send(sent, appender) }) ?? []
      rest = unknown.filter { rest.indices.contains($0) }.map { rest[$0] }
      guard turn == 0 else { return }
      for one in rest {
        guard var known = series(one.place) else { continue }
        let labels = known.labels
        let reference = noted(Result { () throws(AppendError) in try appender.reference(for: labels) })
        known.reference = reference ?? known.reference
        set(known, one.place)
      }
    }
  }

  /// The store fails seldom, and then for all: it is said once.
  private mutating func noted<Value>(_ result: Result<Value, AppendError>) -> Value? {
    switch result {
    case .success(let value):
      hasFailed = false
      return value
    case .failure(let error):
      if !hasFailed { logger.warning("metrics of spans are not stored", metadata: ["error": "\(error)"]) }
      hasFailed = true
      return nil
    }
  }

  private func append(_ span: SpanObservation, to place: Place) {
    guard let exemplars, let series = series(place) else { return }
    // An agent whose clock is ahead must not keep out those that come after.
    let end = min(Timestamp(milliseconds: span.end / 1_000_000), time)
    let exemplar = Exemplar(
      labels: LabelSet([Label("span_id", "\(span.spanID)"), Label("trace_id", "\(span.traceID)")]),
      value: span.seconds, time: end)
    exemplars.append(exemplar, to: series.reference, at: time)
  }
}

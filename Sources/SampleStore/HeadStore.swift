public import FleetModel
import Synchronization

/// The in-memory store: all series and their samples, compressed as they arrive. A sample may come late by the
/// out-of-order window.
///
/// One lock guards everything. A batch of samples takes it once; a query takes it many times for short steps, in which it
/// copies compressed bytes, and decodes without it. So a query sees each series at one moment, but not all series at the
/// same one.
///
/// A ``FleetModel/SeriesRef`` is a number that is never given again: one whose series has been forgotten is answered with
/// `unknownSeries`, never taken for another series. After 2^32 series new ones are refused.
public final class HeadStore: SampleAppender, SeriesSource {
  let state: Mutex<HeadState>
  let configuration: HeadConfiguration
  /// Of the label hash. An image brings its own; from the first series on it stays.
  let seed: Atomic<UInt64>
  let isJournalled: Bool
  let matches = SeriesMatches()
  /// How often a chunk that had been copied out did not decode.
  let unreadableChunks = Atomic<Int>(0)

  public convenience init(_ configuration: HeadConfiguration = HeadConfiguration()) {
    self.init(configuration, isJournalled: false)
  }

  /// - Parameter isJournalled: what is taken is also written to a journal, for ``exchangeJournal(_:)``.
  init(_ configuration: HeadConfiguration, isJournalled: Bool) {
    self.configuration = configuration
    self.isJournalled = isJournalled
    let seed = configuration.hashSeed ?? UInt64(bitPattern: Int64(Hasher().finalize()))
    self.seed = Atomic(seed)
    let (window, overflow) = Int64(0).subtractingReportingOverflow(
      (Timestamp(milliseconds: 0) - configuration.outOfOrderWindow).milliseconds)
    state = Mutex(
      HeadState(seed: seed, outOfOrderWindow: overflow ? .max : max(0, window), isJournalled: isJournalled))
  }

  // MARK: SampleAppender

  public func reference(for labels: LabelSet) throws(AppendError) -> SeriesRef {
    let encoded = labels.encoded
    let hash = encoded.withUnsafeBytes { LabelHash.hash($0, seed: seed.load(ordering: .relaxed)) }
    let limit = configuration.maximumSeries
    let result = state.withLock { $0.reference(for: encoded, hash: hash, limit: limit) }
    return SeriesRef(rawValue: try result.get())
  }

  public func append(_ samples: [Sample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    let result = state.withLock { $0.append(samples, at: time.milliseconds) }
    return try result.get()
  }

  public func append(histograms: [HistogramSample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    let encoded = EncodedHistograms(histograms, isJournalled: isJournalled)
    let result = state.withLock { $0.append(histograms, encoded, at: time.milliseconds) }
    return try result.get()
  }

  /// Nothing to wait for: this store promises nothing beyond the process's life.
  public func acknowledge() async throws(AppendError) {}

  public func labels(of series: SeriesRef) -> LabelSet? {
    state.withLock { state in
      state.live(series.rawValue).map { LabelSet(canonicalEncoding: state.encodedLabels(of: $0.pointee)) }
    }
  }

  /// Takes no more samples or series; what is there can still be read.
  public func close() { state.withLock { $0.isClosed = true } }

  // MARK: SeriesSource

  public func select(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [SelectedSeries] {
    try await answer(matchers, from.milliseconds, through.milliseconds).selected()
  }

  public func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection {
    try await answer(matchers, from.milliseconds, through.milliseconds).opened
  }

  public func openLatest(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> OpenedSelection {
    try await answer(matchers, from.milliseconds, through.milliseconds, isLatest: true).opened
  }

  private func answer(
    _ matchers: [LabelMatcher], _ from: Int64, _ through: Int64, isLatest: Bool = false
  ) async throws -> StoreAnswer {
    let question = SeriesMatches.Question(matchers: matchers)
    let match = try await match(question) { _ in }
    let copies = try await copyChunks(match, from, through, isLatest: isLatest)
    if copies.forgottenRows * 4 > match.count { matches.forget(question) }
    return StoreAnswer(match, copies, from: from, through: through, onUnreadable: noteUnreadable)
  }

  func noteUnreadable(_ chunks: Int) { unreadableChunks.add(chunks, ordering: .relaxed) }

  /// The series that match, as they are known or found anew.
  ///
  /// - Parameter addBlocks: adds what blocks hold to the series of the head.
  func match(
    _ question: SeriesMatches.Question, _ addBlocks: (inout SeriesMatch) async throws -> Void
  ) async throws -> SeriesMatch {
    let known = matches.match(question)
    if let known, known.issued == state.withLock({ $0.series.issued }) { return known }
    let compiled = try CompiledMatcher.compile(question.matchers)
    var match: SeriesMatch
    if var updated = known, try await update(&updated, compiled) {
      match = updated
    } else {
      match = try await self.match(compiled)
      try await addBlocks(&match)
    }
    matches.remember(match, for: question, series: state.withLock { $0.liveSeries })
    return match
  }

  public func labelNames(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] {
    try await texts(ofNames: matchers, from.milliseconds, through.milliseconds)
  }

  public func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] {
    try await texts(valuesOf: name, matchers, from.milliseconds, through.milliseconds)
  }

  public func labelSets(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [LabelSet] {
    let match = try await match(SeriesMatches.Question(matchers: matchers)) { _ in }
    let rows = try await rowsWithSamples(match, from.milliseconds, through.milliseconds)
    return zip(match.labels, rows).filter(\.1).map(\.0)
  }
}

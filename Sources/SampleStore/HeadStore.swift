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
  let matches = SeriesMatches()
  /// How often a chunk that had been copied out did not decode.
  let unreadableChunks = Atomic<Int>(0)

  public convenience init(_ configuration: HeadConfiguration = HeadConfiguration()) {
    self.init(configuration, isJournalled: false)
  }

  /// - Parameter isJournalled: what is taken is also written to a journal, for ``exchangeJournal(_:)``.
  init(_ configuration: HeadConfiguration, isJournalled: Bool) {
    self.configuration = configuration
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

  private func answer(_ matchers: [LabelMatcher], _ from: Int64, _ through: Int64) async throws -> StoreAnswer {
    let question = SeriesMatches.Question(matchers: matchers)
    let match = try await match(question) { _ in }
    let copies = try await copyChunks(match, from, through)
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
    let found = try await collectPairs(matchers, from, through, name: nil).names
    let texts = state.withLock { state in found.map { state.labels.names[Int($0)].text } }
    return Self.sorted(texts)
  }

  public func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] {
    guard let number = state.withLock({ $0.labels.number(ofName: Array(name.utf8)) }) else {
      for matcher in matchers { _ = try CompiledMatcher.compile(matcher) }
      return []
    }
    let present = matchers + [LabelMatcher(name, .notEqual, "")]
    let found = Array(try await collectPairs(present, from, through, name: number).pairs)
    var texts: [[UInt8]] = []
    var index = 0
    while index < found.count {
      let end = min(found.count, index + 1024)
      state.withLock { state in
        // A label may have gone since it was found.
        for pair in found[index..<end] where state.labels.isLive(pair) { texts.append(Array(state.labels.value(pair))) }
      }
      index = end
    }
    return Self.sorted(texts)
  }

  private func collectPairs(
    _ matchers: [LabelMatcher], _ from: Timestamp, _ through: Timestamp, name: UInt32?
  ) async throws -> (names: Set<UInt32>, pairs: Set<UInt32>) {
    let (numbers, tests) = try CandidateSearch(self).run(CompiledMatcher.compile(matchers))
    var names: Set<UInt32> = []
    var pairs: Set<UInt32> = []
    var index = 0
    while index < numbers.count {
      try Task.checkCancellation()
      let start = index
      index = state.withLock { state in
        state.collectPairs(
          numbers, from: start, tests, from.milliseconds, through.milliseconds, name: name, names: &names, pairs: &pairs
        )
      }
      await Task.yield()
    }
    return (names, pairs)
  }

  private static func sorted(_ texts: [[UInt8]]) -> [String] {
    texts.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
  }
}

import FleetModel
import Platform
import Testing

@testable import SampleStore

/// A head beside the plain model, through appends in and out of order, expiries, deletions, flushes, and restarts from an
/// image and the log since.
final class HeadModelRun {
  static let configuration = HeadConfiguration(
    retention: .seconds(600), seriesLifetime: .seconds(120), outOfOrderWindow: .seconds(60), hashSeed: 42)

  var store = HeadStore(configuration, isJournalled: true)
  var model = PlainModel()
  var random: SplitMix
  var references: [LabelSet: SeriesRef] = [:]
  var now: Int64 = 1_700_000_000_000
  let labels: [LabelSet]
  /// The newest checkpoint, and the log since it was begun.
  var image: [[UInt8]] = []
  var log: [UInt8] = []

  init(seed: UInt64) throws {
    random = SplitMix(state: seed)
    model.window = 60_000
    let names = ["up", "load", "queue_depth"]
    let zones = ["", "x", "yy"]
    labels = (0..<60).map { index in
      LabelSet([
        Label("__name__", names[index % 3]), Label("agent_id", index % 7 == 6 ? "" : "a\(index / 3)"),
        Label("i", "\(index)"), Label("zone", zones[index % 5 % 3]),
      ])
    }
    try checkpoint()
  }

  func step() async throws {
    switch Int.random(in: 0..<40, using: &random) {
    case 0, 1: expire()
    case 2, 3, 4: try await check(choose())
    case 5, 6: now += Int64.random(in: 0...400_000, using: &random)
    case 7: try delete()
    case 8: try flush()
    case 9: try checkpoint()
    case 10: try restart()
    default: try append()
    }
  }

  private func choose() -> [LabelMatcher] {
    (0..<Int.random(in: 0...3, using: &random)).map { _ in
      HeadStoreModelTests.matchers[Int.random(in: 0..<HeadStoreModelTests.matchers.count, using: &random)]
    }
  }

  // MARK: changes

  private func append() throws {
    now += Int64.random(in: 0...5_000, using: &random)
    let isLate = Int.random(in: 0..<4, using: &random) == 0
    let time = isLate ? now - Int64.random(in: 0...100_000, using: &random) / 100 * 100 : now
    let chosen = Set((0..<Int.random(in: 1...30, using: &random)).map { _ in Int.random(in: 0..<60, using: &random) })
    var batch: [Sample] = []
    var histograms: [HistogramSample] = []
    var expected = AppendOutcome()
    for index in chosen.sorted() {
      let labels = labels[index]
      let reference = try store.reference(for: labels)
      // Another number: the store had forgotten the series.
      if let old = references[labels], old != reference { model.series[labels] = nil }
      references[labels] = reference
      var value = value(of: index)
      // Some series have histograms alone, some both in turn.
      if index % 5 == 4 || index % 5 == 3 && time / 20_000 % 2 == 0 {
        let histogram = TaggedHistogram.histogram(value, at: time)
        value = TaggedHistogram.tag(histogram)
        histograms.append(HistogramSample(series: reference, value: histogram))
      } else {
        batch.append(Sample(series: reference, value: value))
      }
      switch model.append(value, at: time, to: labels) {
      case .appended, .repeated: expected.appended += 1
      case .duplicate: expected.duplicateTimestamp += 1
      case .outOfOrder: expected.outOfOrder += 1
      }
    }
    var outcome = try store.append(batch, at: Timestamp(milliseconds: time))
    let ofHistograms = try store.append(histograms: histograms, at: Timestamp(milliseconds: time))
    outcome.appended += ofHistograms.appended
    outcome.duplicateTimestamp += ofHistograms.duplicateTimestamp
    outcome.outOfOrder += ofHistograms.outOfOrder
    #expect(outcome == expected && ofHistograms.malformed == 0 && ofHistograms.unknownSeries.isEmpty)
  }

  private func value(of index: Int) -> Double {
    switch index % 4 {
    case 0: Double(now / 1000 % 100_000)
    case 1: Double(Int.random(in: 0...3, using: &random))
    case 2: Double(Int.random(in: 0...9_999, using: &random)) / 100
    default: Int.random(in: 0..<9, using: &random) == 0 ? StaleMarker.value : Double.random(in: 0...1, using: &random)
    }
  }

  private func expire() {
    store.expire(now: Timestamp(milliseconds: now))
    model.cutoff = max(model.cutoff, now - 600_000)
  }

  private func delete() throws {
    let matchers = choose()
    let from = max(model.cutoff, now - Int64.random(in: 0...300_000, using: &random))
    let through = from + Int64.random(in: 0...300_000, using: &random)
    let expected = model.delete(matchers, from: from, through: through)
    #expect(try store.delete(matchers, from: from, through: through).samples == UInt64(expected))
  }

  private func flush() throws {
    let everything = Bool.random(using: &random)
    guard let flush = store.beginFlush(everything: everything, idleBefore: now - 100_000) else { return }
    for _ in 0..<Int.random(in: 0..<3, using: &random) { try append() }
    if Int.random(in: 0..<4, using: &random) == 0 {
      store.cancelFlush(flush)
      return
    }
    var moved: [LabelSet: Set<Int64>] = [:]
    var previous: LabelSet?
    try flush.forEachSeries { (encoded, stamps, numbers, histograms) throws(FileError) in
      let labels = LabelSet(canonicalEncoding: Array(encoded))
      let all = SelectedSeries(
        labels: labels, samples: SampleColumns(timestamps: Array(stamps), values: Array(numbers)),
        histograms: histograms
      ).tagged.samples
      let (times, values) = (all.timestamps, all.values)
      if let previous { #expect(LabelSet.precedes(previous, labels)) }
      previous = labels
      let held = Dictionary(model.series[labels]?.samples.map { ($0.time, $0.value) } ?? [], uniquingKeysWith: { $1 })
      for (time, value) in zip(times, values) where time >= model.cutoff {
        #expect(held[time]?.bitPattern == value.bitPattern, "\(labels) at \(time)")
      }
      #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
      moved[labels] = Set(times)
    }
    for _ in 0..<Int.random(in: 0..<3, using: &random) { try append() }
    store.finishFlush(flush)
    for (labels, times) in moved { model.remove(times, of: labels) }
    try checkpoint()
  }

  // MARK: restart

  private func checkpoint() throws {
    _ = takeJournal()
    log = []
    image = []
    try store.writeImage { payload throws(FileError) in
      image.append(Array(payload))
      // What comes meanwhile is in the log, and perhaps in the image too.
      for _ in 0..<Int.random(in: 0..<4, using: &random) {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: try? delete()
        case 1: expire()
        default: try? append()
        }
      }
    }
  }

  private func takeJournal() -> [UInt8] {
    var buffer = JournalBytes()
    store.exchangeJournal(&buffer)
    return Array(buffer.bytes)
  }

  private func restart() throws {
    log += takeJournal()
    let next = HeadStore(Self.configuration, isJournalled: true)
    for payload in image { try payload.withUnsafeBytes { try next.readImage($0) } }
    #expect(next.finishImage())
    var replay = next.replay()
    #expect(Self.read(log, into: &replay) == nil)
    #expect(replay.refusedSeries == 0)
    store = next
    // Nothing that was replayed is journalled again.
    #expect(next.journalBytes == 0)
    if Bool.random(using: &random) { try checkpoint() }
  }

  static func read(_ log: [UInt8], into replay: inout HeadReplay) -> String? {
    let file = [UInt8](repeating: 0, count: FrameFile.headerBytes) + log
    return file.withUnsafeBytes { bytes in
      var frames = FrameFile.Reader(bytes)
      var records = LogRecordReader()
      while let payload = frames.next() { if let flaw = records.read(payload, into: &replay) { return flaw } }
      return frames.flaw
    }
  }

  // MARK: checks

  private func check(_ matchers: [LabelMatcher]) async throws {
    let from = max(model.cutoff, now - Int64.random(in: 0...900_000, using: &random))
    let through = from + Int64.random(in: -1...900_000, using: &random)
    let expected = model.select(matchers, from: from, through: through)
    let (start, end) = (Timestamp(milliseconds: from), Timestamp(milliseconds: through))
    let found = try await store.select(matchers, from: start, through: end).map(\.tagged)
    #expect(found.map(\.labels) == expected.map(\.labels), "\(matchers)")
    let opened = try await store.open(matchers, from: start, through: end).selected(from: start, through: end)
    #expect(opened.count == found.count && zip(opened, found).allSatisfy { $0.isSame(as: $1) })
    let latest = try await store.openLatest(matchers, from: start, through: end).selected(from: start, through: end)
    #expect(latest.count == found.count && zip(latest, found).allSatisfy { $0.endsSame(as: $1) })
    #expect(try await store.labelSets(matchers, from: start, through: end) == found.map(\.labels))
    for (one, other) in zip(found, expected) {
      #expect(one.samples.timestamps == other.samples.map(\.time))
      #expect(one.samples.values.map(\.bitPattern) == other.samples.map(\.value.bitPattern))
    }
    #expect(
      try await store.labelNames(matchers, from: start, through: end)
        == Set(expected.flatMap { $0.labels.map(\.name) }).sorted(), "\(matchers)")
    #expect(
      try await store.labelValues(of: "agent_id", matchers, from: start, through: end)
        == Set(expected.compactMap { $0.labels["agent_id"] }).sorted(), "\(matchers)")
  }

  func checkEverything() async throws {
    for matcher in HeadStoreModelTests.matchers { try await check([matcher]) }
    let all = try await store.select([], from: Timestamp(milliseconds: .min), through: Timestamp(milliseconds: .max))
      .map(
        \.tagged)
    let statistics = store.statistics()
    #expect(UInt64(all.reduce(0) { $0 + $1.samples.count }) == statistics.samples)
    #expect(statistics.unreadableChunks == 0)
  }
}

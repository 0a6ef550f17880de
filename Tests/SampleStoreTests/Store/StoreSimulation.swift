import FleetModel
import Platform
import Synchronization
import SystemPackage
import TestSupport

@testable import SampleStore

/// What a store said.
final class EventList: Sendable {
  private let events = Mutex<[StoreEvent]>([])

  var all: [StoreEvent] { events.withLock { $0 } }

  func add(_ event: StoreEvent) { events.withLock { $0.append(event) } }
  func clear() { events.withLock { $0 = [] } }
}

/// A store on a simulated disk beside the model of what it must hold. Everything follows from the seed, step by step and
/// without tasks; a flaw is thrown as ``Flaw``.
final class StoreSimulation {
  struct Flaw: Error, CustomStringConvertible {
    var description: String
  }

  static let directory: FilePath = "/data/store"
  static let everything = Int64.min...Int64.max

  let files: SimulatedFileSystem
  let time = SimulatedTime()
  let events = EventList()
  var random: SplitMix
  var model = StoreModel()
  private(set) var store: DurableStore?
  /// The log has failed, and not because the end had come: what is in its file is uncertain.
  private var hasFailed = false
  /// For the order of times.
  var now: Int64 { time.now().milliseconds }
  /// What was done, for whoever looks into a flaw.
  private(set) var history: [String] = []
  private var snapshots = 0
  /// Which end the disk was told to make.
  var interruption: SimulatedFileSystem.Interruption = .powerLoss

  static let labels: [LabelSet] = (0..<12).map { index in
    LabelSet([
      Label("__name__", index % 3 == 0 ? "up" : "load"), Label("agent_id", "a\(index / 4)"), Label("i", "\(index)"),
      Label("zone", index % 2 == 0 ? "" : "z"),
    ])
  }

  static let matchers: [LabelMatcher] = [
    LabelMatcher("__name__", .equal, "up"), LabelMatcher("agent_id", .matches, "a[01]"),
    LabelMatcher("zone", .equal, ""), LabelMatcher("i", .notEqual, "3"), LabelMatcher("i", .matchesNot, "1.*"),
    LabelMatcher("i", .equal, "5"), LabelMatcher("nowhere", .notEqual, ""),
  ]

  init(seed: UInt64) throws {
    random = SplitMix(state: seed)
    files = SimulatedFileSystem(seed: seed &* 31 &+ 7)
    try open()
  }

  static func configuration(_ directory: FilePath = directory) -> StoreConfiguration {
    var configuration = StoreConfiguration(directory: directory)
    configuration.retention = .seconds(4000)
    configuration.outOfOrderWindow = .seconds(60)
    configuration.seriesLifetime = .seconds(300)
    configuration.hashSeed = 42
    return configuration
  }

  static let tuning: StoreTuning = {
    var tuning = StoreTuning()
    tuning.mergeWindows = [60_000, 360_000, 2_160_000]
    tuning.opensInParallel = false
    return tuning
  }()

  func makeStore(_ directory: FilePath) throws -> DurableStore {
    try DurableStore(Self.configuration(directory), files: files, time: time, tuning: Self.tuning) { [events] event in
      events.add(event)
    }
  }

  private func open() throws { store = try makeStore(Self.directory) }

  private func living() throws -> DurableStore {
    guard let store else { throw Flaw(description: "BUG: no store is open") }
    return store
  }

  private func note(_ text: String) { history.append("\(now - 1_700_000_000_000) \(text)") }

  /// To be called after each step.
  private func observeFailure() {
    if !files.isInterrupted { hasFailed = store?.failure != nil }
  }

  // MARK: Steps

  /// Appends one value to each of some series, as the newest of them.
  func append(_ chosen: [Int], after milliseconds: Int64 = 1000) throws {
    time.advance(by: .milliseconds(milliseconds))
    let store = try living()
    let time = now
    let values = chosen.map { Self.value(of: $0, at: time) }
    do throws(AppendError) {
      var batch: [Sample] = []
      var histograms: [HistogramSample] = []
      for (index, value) in zip(chosen, values) {
        let reference = try store.reference(for: Self.labels[index])
        if Self.isHistogram(index, at: time) {
          histograms.append(
            HistogramSample(series: reference, value: TaggedHistogram.histogram(value, at: time)))
        } else {
          batch.append(Sample(series: reference, value: value))
        }
      }
      var outcome = try store.append(batch, at: Timestamp(milliseconds: time))
      if !histograms.isEmpty {
        outcome.appended += try store.append(histograms: histograms, at: Timestamp(milliseconds: time)).appended
      }
      guard outcome.appended == chosen.count else { throw AppendError.storage("BUG: \(outcome)") }
      for (index, value) in zip(chosen, values) { offer(value, at: time, index, taken: true) }
      note("append \(chosen)")
    } catch {
      if case .storage(let reason) = error, reason.hasPrefix("BUG") { throw Flaw(description: reason) }
      for (index, value) in zip(chosen, values) { offer(value, at: time, index, taken: false) }
      note("append \(chosen): \(error)")
    }
    observeFailure()
  }

  /// Appends one value at some time in the past.
  func appendLate(_ index: Int, at time: Int64, _ value: Double) throws {
    let store = try living()
    do throws(AppendError) {
      let reference = try store.reference(for: Self.labels[index])
      let outcome =
        Self.isHistogram(index, at: time)
        ? try store.append(
          histograms: [HistogramSample(series: reference, value: TaggedHistogram.histogram(value, at: time))],
          at: Timestamp(milliseconds: time))
        : try store.append([Sample(series: reference, value: value)], at: Timestamp(milliseconds: time))
      if outcome.appended == 1 { offer(value, at: time, index, taken: true) }
      note("late \(index) at \(time - 1_700_000_000_000): \(outcome.appended)")
    } catch {
      offer(value, at: time, index, taken: false)
      note("late \(index) at \(time - 1_700_000_000_000): \(error)")
    }
    observeFailure()
  }

  /// Some series have histograms alone, some both in turn.
  static func isHistogram(_ index: Int, at time: Int64) -> Bool {
    index % 5 == 2 || index % 5 == 3 && time / 20_000 % 2 == 0
  }

  private func offer(_ value: Double, at time: Int64, _ index: Int, taken: Bool) {
    let isHistogram = Self.isHistogram(index, at: time)
    let value = isHistogram ? TaggedHistogram.tag(TaggedHistogram.histogram(value, at: time)) : value
    model.offer(value, at: time, to: Self.labels[index], taken: taken)
  }

  static func value(of index: Int, at time: Int64) -> Double {
    switch index % 4 {
    case 0: Double(time / 1000 % 10_000)
    case 1: Double(time % 7) / 4
    case 2: (Double(time) * 0.37).squareRoot()
    default: time % 11_000 == 0 ? StaleMarker.value : 3
    }
  }

  /// A step that may fail without harm.
  private func attempt(_ name: String, _ body: (DurableStore) throws -> Void) throws -> Bool {
    let store = try living()
    defer { observeFailure() }
    do {
      try body(store)
      note(name)
      return true
    } catch let flaw as Flaw {
      throw flaw
    } catch {
      note("\(name): \(error)")
      return false
    }
  }

  func sync() throws {
    // Nothing is promised of a sync while the log has failed.
    if try attempt("sync", { try $0.sync() }), store?.failure == nil { model.synced() }
  }

  func checkpoint() throws { if try attempt("checkpoint", { try $0.checkpoint() }) { model.synced() } }
  func recover() throws { _ = try attempt("recover", { try $0.recover() }) }
  func flush(everything: Bool) throws {
    let idle = now - 30_000
    _ = try attempt("flush \(everything)") { _ = try $0.flush(everything: everything, idleBefore: idle) }
  }
  func merge(all: Bool) throws { _ = try attempt("merge \(all)") { _ = try $0.mergeOnce(all: all) } }
  func keepBlocks() throws { _ = try attempt("keep blocks") { store in store.blocks.step { store.keepBlocksOnce() } } }

  func retain() throws {
    model.expire(before: now - 4_000_000)
    _ = try attempt("retain") { try $0.retain(time.now()) }
  }

  func delete(_ matcher: LabelMatcher, _ range: ClosedRange<Int64>) throws {
    let done = try attempt("delete \(matcher) \(range)") { store in
      _ = try store.blocks.step { () throws in
        try store.deleteNow([matcher], from: range.lowerBound, through: range.upperBound)
      }
    }
    model.delete(matcher, range, done: done)
  }

  // MARK: Questions

  func check(_ matchers: [LabelMatcher], _ range: ClosedRange<Int64>) async throws {
    try await check(try living(), matchers, range, "")
  }

  private func check(
    _ store: DurableStore, _ matchers: [LabelMatcher], _ range: ClosedRange<Int64>, _ place: String
  ) async throws {
    let from = Timestamp(milliseconds: range.lowerBound)
    let through = Timestamp(milliseconds: range.upperBound)
    let answer = try await store.select(matchers, from: from, through: through).map(\.tagged)
    if let flaw = model.flaw(in: answer, to: matchers, range) { throw Flaw(description: place + flaw) }
    let opened = try await store.open(matchers, from: from, through: through).selected(from: from, through: through)
    guard opened.count == answer.count, zip(opened, answer).allSatisfy({ $0.isSame(as: $1) }) else {
      throw Flaw(description: "\(place)opened: \(opened.count) series, selected: \(answer.count)")
    }
    let latest = try await store.openLatest(matchers, from: from, through: through)
      .selected(from: from, through: through)
    guard latest.count == answer.count, zip(latest, answer).allSatisfy({ $0.endsSame(as: $1) }) else {
      throw Flaw(description: "\(place)other last samples than selected")
    }
    guard try await store.labelSets(matchers, from: from, through: through) == answer.map(\.labels) else {
      throw Flaw(description: "\(place)other label sets than selected")
    }
    let values = try await store.labelValues(of: "i", matchers, from: from, through: through)
    guard values == Set(answer.compactMap { $0.labels["i"] }).sorted() else {
      throw Flaw(description: "\(place)values of i are \(values)")
    }
    let names = try await store.labelNames(matchers, from: from, through: through)
    guard names == Set(answer.flatMap { $0.labels.map(\.name) }).sorted() else {
      throw Flaw(description: "\(place)names are \(names)")
    }
  }

  func snapshot() async throws {
    snapshots += 1
    let target = FilePath("/data/snapshot-\(snapshots)")
    let done = try attempt("snapshot") { store in
      _ = try store.blocks.step { () throws(StoreError) in try store.snapshotNow(target) }
    }
    guard done, !files.isInterrupted else { return }
    let faults = files.faults
    let capacity = files.capacity
    files.healFaults()
    files.capacity = nil
    do {
      let check = try DurableStore.check(target, files: files)
      guard check.isGood else { throw Flaw(description: "snapshot: \(check)") }
      let copy = try makeStore(target)
      try await self.check(copy, [], Self.everything, "snapshot: ")
      copy.close()
    } catch {
      if !files.isInterrupted { throw error }
    }
    files.faults = faults
    files.capacity = capacity
  }

  // MARK: Ends

  enum End: CaseIterable { case close, kill, powerLoss }

  func restart(_ end: End) async throws {
    note("\(end)")
    if end == .close, !files.isInterrupted {
      let store = try living()
      store.close()
      if !hasFailed, store.failure == nil, events.all.allSatisfy({ !$0.message.contains("at the end") }) {
        model.synced()
      } else {
        hasFailed = true
      }
    }
    store = nil
    if end == .powerLoss { files.crash() } else { files.kill() }
    try await reopen(isDurable: end == .powerLoss)
  }

  /// Goes on after the interruption that the disk was told of, or has it come now.
  func restartInterrupted(_ kind: SimulatedFileSystem.Interruption) async throws {
    note("interrupted by \(kind)")
    store = nil
    files.restart()
    try await reopen(isDurable: kind == .powerLoss)
  }

  /// The process ends, and while the next one opens the store the interruption comes that the disk was told of.
  func restartWithin(_ end: End) async throws {
    note("\(end), and again while opening")
    store = nil
    if let opened = try? makeStore(Self.directory) { opened.close() }
    files.restart()
    try await reopen(isDurable: true)
  }

  private func reopen(isDurable: Bool) async throws {
    model.restart(losingUnsynced: isDurable || hasFailed)
    hasFailed = false
    events.clear()
    do {
      try open()
      if events.all.contains(where: { $0.message.contains("cannot be opened") }) {
        throw Flaw(description: "blocks are missing for now")
      }
    } catch {
      // A disk that fails keeps a store, or a block, from opening; a sound one must not.
      note("open: \(error)")
      files.healFaults()
      files.capacity = nil
      store = nil
      events.clear()
      try open()
    }
    let damage = events.all.filter { $0.level == .error && !$0.message.contains("log") }
    guard damage.isEmpty || !isSound else { throw Flaw(description: "\(damage)") }
    try await check([], Self.everything)
    let all = Timestamp(milliseconds: .min)
    model.settle(
      try await living().select([], from: all, through: Timestamp(milliseconds: .max)).map(\.tagged),
      isDurable: isDurable)
  }

  /// No fault of the disk is on.
  private var isSound: Bool {
    let faults = files.faults
    return faults.read == 0 && faults.names == 0 && faults.write == 0 && faults.sync == 0 && files.capacity == nil
  }

  /// Everything again as it should be: space, a sound disk, a store that takes samples.
  func heal() async throws {
    files.healFaults()
    files.capacity = nil
    try recover()
    if files.isInterrupted {
      try await restartInterrupted(interruption)
      try recover()
    }
    if let failure = store?.failure { throw Flaw(description: "still failing on a sound disk: \(failure)") }
  }

  /// Opens what damage has left.
  func reopenDamaged() async throws {
    store = nil
    files.kill()
    events.clear()
    try open()
    let answer = try await living().select(
      [], from: Timestamp(milliseconds: .min), through: Timestamp(milliseconds: .max)
    ).map(\.tagged)
    if let flaw = model.flawAfterDamage(in: answer) { throw Flaw(description: flaw) }
  }
}

import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

@Suite struct ExemplarStoreTests {
  private static let directory = FilePath("/data/exemplars")

  private let samples = HeadStore()
  private let clock = SimulatedTime(start: Timestamp(milliseconds: 1_700_000_000_000))

  private func open(
    _ files: any FileSystem, maximum: Int = 50, onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
  ) throws -> ExemplarStore {
    var configuration = ExemplarConfiguration(directory: Self.directory)
    configuration.maximum = maximum
    return try ExemplarStore(configuration, of: samples, files: files, time: clock, onEvent: onEvent)
  }

  private func series(_ agent: String, _ name: String = "requests_total") throws -> SeriesRef {
    try samples.reference(for: LabelSet(["__name__": name, "agent_id": agent]))
  }

  private static func exemplar(_ seconds: Int64, value: Double = 1) -> Exemplar {
    Exemplar(labels: LabelSet(["trace_id": "t\(seconds)"]), value: value, time: time(seconds))
  }

  private static func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

  private static func all(_ store: ExemplarStore) throws -> [SeriesExemplars] {
    try store.exemplars(
      matchingAny: [[LabelMatcher("__name__", .matches, ".+")]], from: time(0), through: time(1_000_000))
  }

  private static func traces(_ store: ExemplarStore) throws -> [String: [String]] {
    Dictionary(
      try all(store).map { one in (one.labels["agent_id"] ?? "", one.exemplars.compactMap { $0.labels["trace_id"] }) },
      uniquingKeysWith: { $0 + $1 })
  }

  @Test func theyAreFoundByMatchersAndTime() throws {
    let store = try open(SimulatedFileSystem(seed: 1))
    for (agent, seconds) in [("planner", 10), ("planner", 20), ("critic", 15)] {
      store.append(Self.exemplar(Int64(seconds)), to: try series(agent), at: Self.time(100))
    }
    store.append(
      Exemplar(labels: LabelSet(["trace_id": "untimed"]), value: 2), to: try series("critic"), at: Self.time(30))
    let planner = [LabelMatcher("agent_id", .equal, "planner")]
    let found = try store.exemplars(matchingAny: [planner], from: Self.time(11), through: Self.time(20))
    #expect(found.map(\.exemplars) == [[Self.exemplar(20)]])
    // By the order of the labels; a series that two selectors name is there once.
    let both = try store.exemplars(
      matchingAny: [[LabelMatcher("__name__", .equal, "requests_total")], planner], from: Self.time(0),
      through: Self.time(40))
    #expect(both.map { $0.labels["agent_id"] } == ["critic", "planner"])
    #expect(both[0].exemplars.map(\.time) == [Self.time(15), Self.time(30)])
    #expect(try store.exemplars(matchingAny: [planner], from: Self.time(21), through: Self.time(40)).isEmpty)
    #expect(throws: InvalidMatcher.self) {
      try store.exemplars(
        matchingAny: [[LabelMatcher("a", .matches, "(")]], from: Self.time(0), through: Self.time(1))
    }
    #expect(store.statistics().exemplars == 4)
    #expect(store.statistics().oldest == Self.time(10))
  }

  @Test func whatCannotBeKeptIsSaid() throws {
    let store = try open(SimulatedFileSystem(seed: 1))
    let long = Exemplar(labels: LabelSet(["trace_id": String(repeating: "é", count: 121)]), value: 1)
    #expect(store.append(long, to: try series("a"), at: Self.time(1)) == .labelsTooLong)
    let fits = Exemplar(labels: LabelSet(["trace_id": String(repeating: "é", count: 120)]), value: 1)
    #expect(store.append(fits, to: try series("a"), at: Self.time(1)) == .appended)
    #expect(store.append(fits, to: SeriesRef(rawValue: 4711), at: Self.time(1)) == .unknownSeries)
    let off = try open(SimulatedFileSystem(seed: 1), maximum: 0)
    #expect(off.append(fits, to: try series("a"), at: Self.time(1)) == .off)
    #expect(try Self.all(off).isEmpty)
  }

  @Test func theyOutliveARestart() async throws {
    let files = SimulatedFileSystem(seed: 2)
    for life in 0..<5 {
      let store = try open(files)
      if life > 0 { #expect(try Self.all(store).flatMap(\.exemplars).count == min(50, life * 20)) }
      for index in 0..<20 {
        store.append(
          Self.exemplar(Int64(life * 100 + index)), to: try series("a\(index % 7)"), at: Self.time(0))
        if index % 6 == 0 { try store.flush() }
      }
      let before = try Self.traces(store)
      try store.flush()
      let again = try open(files)
      #expect(try Self.traces(again) == before)
      #expect(try files.names(in: Self.directory).count == 1)
    }
  }

  @Test func theLoopWritesWhatIsNewAndTheRestAtItsEnd() async throws {
    let files = SimulatedFileSystem(seed: 3)
    let store = try open(files)
    let loop = Task { await store.run() }
    store.append(Self.exemplar(1), to: try series("a"), at: Self.time(0))
    await clock.waitForSleepers()
    clock.advance(by: ExemplarStore.flushInterval)
    await clock.waitForSleepers()
    #expect(try Self.traces(open(files)) == ["a": ["t1"]])
    store.append(Self.exemplar(2), to: try series("a"), at: Self.time(0))
    loop.cancel()
    await loop.value
    #expect(try Self.traces(open(files)) == ["a": ["t1", "t2"]])
  }

  @Test func aFileThatHasGrownIsBegunAnew() throws {
    let files = SimulatedFileSystem(seed: 4)
    let store = try open(files, maximum: 10)
    let padding = String(repeating: "x", count: 100)
    for index in 0..<40_000 {
      let exemplar = Exemplar(
        labels: LabelSet(["trace_id": "\(index) \(padding)"]), value: 1, time: Self.time(Int64(index)))
      store.append(exemplar, to: try series("a"), at: Self.time(0))
      if index % 1000 == 0 { try store.flush() }
    }
    try store.flush()
    let names = try files.names(in: Self.directory)
    #expect(names.count == 1 && names != ["0000000001.exemplars"])
    #expect(try files.size(of: Self.directory.appending(names[0])) < 6 << 20)
    #expect(try Self.all(open(files, maximum: 10)) == Self.all(store))
  }

  /// Whatever the disk does, the store opens again and holds, of each series, a run of what was appended: nothing that is
  /// not true, and after an orderly life all.
  @Test(arguments: 0..<40) func anyInterruptionLeavesTheTruth(_ seed: UInt64) throws {
    let files = SimulatedFileSystem(seed: seed)
    let random = SeededRandom(seed: seed)
    var appended: Set<String> = []
    var second: Int64 = 0
    for life in 0..<6 {
      let store = try open(files, maximum: 30)
      for exemplar in try Self.all(store).flatMap(\.exemplars) {
        #expect(appended.contains(exemplar.labels["trace_id"] ?? ""))
      }
      if life < 5 {
        files.interrupt(random.next() % 2 == 0 ? .powerLoss : .processDeath, after: Int(random.next() % 12) + 1)
      }
      for _ in 0..<40 {
        second += 1
        appended.insert("t\(second)")
        store.append(Self.exemplar(second), to: try series("a\(random.next() % 5)"), at: Self.time(0))
        if random.next() % 5 == 0 { try? store.flush() }
      }
      try? store.flush()
      if life < 5 {
        files.restart()
      } else {
        #expect(try Self.traces(open(files, maximum: 30)) == Self.traces(store))
      }
    }
  }

  /// A disk that fails now and then costs no exemplar as long as the process lives.
  @Test(arguments: 0..<20) func whatFailedIsWrittenLater(_ seed: UInt64) throws {
    let files = SimulatedFileSystem(seed: seed)
    let store = try open(files)
    files.faults.write = 0.3
    files.faults.sync = 0.2
    files.faults.names = 0.2
    for second in 1...60 {
      store.append(Self.exemplar(Int64(second)), to: try series("a\(second % 3)"), at: Self.time(0))
      try? store.flush()
    }
    files.faults = SimulatedFileSystem.Faults()
    store.append(Self.exemplar(61), to: try series("a1"), at: Self.time(0))
    try store.flush()
    #expect(try Self.traces(open(files)) == Self.traces(store))
  }

  @Test func aFileOfALaterVersionIsNotTouched() throws {
    let files = SimulatedFileSystem(seed: 5)
    let store = try open(files)
    store.append(Self.exemplar(1), to: try series("a"), at: Self.time(0))
    try store.flush()
    let path = Self.directory.appending("0000000002.exemplars")
    try files.put(path, FrameFile.header(FrameFile.Kind(magic: "SKEPEXEM", version: 9)))
    #expect(throws: StoreError.self) { try open(files) }
    #expect(try files.names(in: Self.directory).contains("0000000002.exemplars"))
  }

  @Test func aDamagedFileIsSetAside() throws {
    let files = SimulatedFileSystem(seed: 6)
    try files.createDirectory(Self.directory)
    try files.put(Self.directory.appending("0000000003.exemplars"), Array("not a file of exemplars".utf8))
    let events = EventList()
    let store = try open(files) { events.add($0) }
    #expect(try Self.all(store).isEmpty)
    #expect(events.all.contains { $0.level == .warning })
    #expect(try files.names(in: Self.directory) == ["0000000003.exemplars.corrupt-1"])
  }
}

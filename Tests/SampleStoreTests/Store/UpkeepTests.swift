import FleetModel
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

@Suite struct ClockWatchTests {
  /// Looks as (seconds by the wall, seconds of the monotonic clock) after samples up to second 0, kept for a day; and
  /// whether each is believed.
  static let cases: [[(wall: Int64, monotonic: Int64, isBelieved: Bool)]] = [
    [(1, 1, true), (31, 31, true), (90_031, 90_031, true)],
    // Set right by a little, and back by a lot.
    [(1, 1, true), (500, 31, true), (-9000, 61, true), (-8970, 91, true)],
    // A leap, an hour of doubt.
    [(1, 1, true), (700, 31, false), (4230, 3561, false), (4300, 3631, true), (4330, 3661, true)],
    // A leap taken back, wholly or not, and one more.
    [(1, 1, true), (90_000, 31, false), (61, 61, true), (91, 91, true)],
    [(1, 1, true), (90_000, 31, false), (50_000, 61, false), (50_030, 91, false), (53_600, 3661, true)],
    [(1, 1, true), (90_000, 31, false), (290_000, 1831, false), (291_800, 3661, false), (293_600, 5431, true)],
    // At the start.
    [(86_400, 1, true), (86_430, 31, true)],
    [(90_000, 1, false), (90_030, 31, false), (93_601, 3601, true)],
    [(900_000, 1, false), (31, 31, true)],
  ]

  @Test(arguments: cases) func doubtsLeaps(_ looks: [(wall: Int64, monotonic: Int64, isBelieved: Bool)]) {
    var watch = ClockWatch()
    for look in looks {
      let verdict = watch.look(
        wall: look.wall * 1000, monotonic: .seconds(look.monotonic), newest: 0, retention: 86_400_000)
      #expect((verdict == .believed) == look.isBelieved, "\(look)")
    }
  }

  @Test func bearsAnyTime() {
    for newest: Int64? in [nil, .min, 0, .max] {
      var watch = ClockWatch()
      for (second, wall) in [0, Int64.max, .min, .max, .max, .min, 0].enumerated() {
        _ = watch.look(wall: wall, monotonic: .seconds(second * 4000), newest: newest, retention: .max)
      }
    }
  }
}

@Suite struct UpkeepTests {
  let files = SimulatedFileSystem(seed: 1, directory: "/data")
  let events = EventList()
  let clock = SimulatedTime(start: DurableStoreTests.time(300))

  func open(_ edit: (inout StoreConfiguration) -> Void = { _ in }) throws -> DurableStore {
    var configuration = StoreConfiguration(directory: "/data/store")
    configuration.retention = .seconds(86_400)
    edit(&configuration)
    return try DurableStore(configuration, files: files, time: clock) { [events] in events.add($0) }
  }

  func keepBlocks(_ store: DurableStore, after duration: Duration) {
    clock.advance(by: duration)
    store.blocks.step { store.keepBlocksOnce() }
  }

  var warnings: [String] { events.all.filter { $0.level == .warning }.map(\.message) }

  @Test(arguments: [false, true]) func aLeapOfTheClockRemovesNothingForAnHour(isAtStart: Bool) throws {
    var store = try open()
    try DurableStoreTests.fill(store, seconds: 0..<300)
    #expect(try store.flush(everything: true))
    try store.checkpoint()
    try DurableStoreTests.fill(store, seconds: 300..<320)
    if isAtStart {
      store.close()
      store = try open()
    } else {
      keepBlocks(store, after: .seconds(1))
    }
    clock.jumpWallClock(by: .seconds(365 * 86_400))
    keepBlocks(store, after: .seconds(31))
    keepBlocks(store, after: .seconds(3000))
    #expect(store.catalog.members.count == 1 && store.head.statistics().samples == 400)
    #expect(warnings.count { $0.contains("clock") } == 1)
    keepBlocks(store, after: .seconds(700))
    #expect(store.catalog.members.isEmpty && store.head.statistics().samples == 0)
  }

  @Test func aFullDiskKeepsNothingFromBeingRemoved() throws {
    let store = try open()
    try DurableStoreTests.fill(store, seconds: 0..<300)
    #expect(try store.flush(everything: true))
    try store.checkpoint()
    keepBlocks(store, after: .seconds(1))
    store.blocks.step { store.keepReserve() }
    let reserve: FilePath = "/data/store/reserve"
    #expect(try files.size(of: reserve) == 1 << 20)
    // Half an hour before the block goes: the flush that is due then fails for lack of space.
    keepBlocks(store, after: .seconds(86_400 - 1800))
    let late = Int64(86_400)
    try DurableStoreTests.fill(store, seconds: late..<late + 10)
    files.capacity = files.usedBytes
    keepBlocks(store, after: .seconds(3 * 3600))
    #expect(try !files.names(in: "/data/store").contains("reserve"))
    #expect(!store.catalog.members.contains { $0.number == 1 })
    #expect(try !files.names(in: "/data/store/blocks").contains("0000000001.block"))
    files.capacity = nil
    clock.advance(by: .seconds(700))
    store.blocks.step { store.keepReserve() }
    #expect(try files.size(of: reserve) == 1 << 20)
    store.close()
    _ = try open()
    #expect(try DurableStore.check("/data/store", files: files).isGood)
  }

  @Test func aFailedStepStopsNoOther() throws {
    let store = try open()
    try DurableStoreTests.fill(store, seconds: 0..<300)
    #expect(try store.flush(everything: true))
    keepBlocks(store, after: .seconds(1))
    try DurableStoreTests.fill(store, series: 3, seconds: 70_000..<70_010)
    files.fail(.create, suffix: ".block", times: 100)
    keepBlocks(store, after: .seconds(80_000))
    #expect(warnings.contains { $0.contains("could not be kept") })
    // What failed pauses; retention does not.
    store.progress.withLock { $0.retryAt = .seconds(1_000_000) }
    keepBlocks(store, after: .seconds(80_000))
    #expect(store.catalog.members.isEmpty)
  }

  @Test func aManifestThatCannotBeWrittenCostsOneBlockAtMost() throws {
    let store = try open()
    try DurableStoreTests.fill(store, seconds: 0..<300)
    files.fail(.rename, suffix: "manifest.new", times: 1000)
    files.fail(.rename, suffix: "manifest", times: 1000)
    for _ in 0..<5 { #expect(throws: StoreFailure.self) { try store.flush(everything: true) } }
    #expect(try files.names(in: "/data/store/blocks").count == 1)
    files.healFaults()
    #expect(try store.flush(everything: true))
    #expect(try files.names(in: "/data/store/blocks").count == 1)
    #expect(store.catalog.members.count == 1)
  }

  @Test func seriesThatEndSoonLeaveRoomForOthers() throws {
    let store = try open {
      $0.maximumSeries = 100
      $0.seriesLifetime = .seconds(60)
    }
    try DurableStoreTests.fill(store, series: 80, seconds: 0..<100)
    keepBlocks(store, after: .seconds(1))
    #expect(store.head.statistics().series == 80)
    keepBlocks(store, after: .seconds(31))
    keepBlocks(store, after: .seconds(31))
    #expect(store.head.statistics().series == 0)
    #expect(store.catalog.members.first?.block.summary.samples == 8000)
  }

  @Test func whatIsUnderWayEndsWhenTheStoreIsStopped() throws {
    let store = try open()
    try DurableStoreTests.fill(store, seconds: 0..<300)
    store.isStopping.store(true, ordering: .relaxed)
    #expect { try store.flush(everything: true) } throws: { if case StoreFailure.stopped = $0 { true } else { false } }
    #expect { try store.checkpoint() } throws: { ($0 as? FileError)?.isStop == true }
    #expect(try files.names(in: "/data/store").contains { $0.hasPrefix("checkpoint") } == false)
    #expect(try files.names(in: "/data/store/blocks") == [])
    store.close()
    #expect(try open().head.statistics().samples == 6000)
  }

  @Test func aFailedLogIsMadeGoodAtTheEnd() throws {
    let store = try open()
    try DurableStoreTests.fill(store, seconds: 0..<300)
    files.fail(.sync, suffix: ".log")
    #expect(throws: FileError.self) { try store.sync() }
    #expect(store.failure != nil)
    store.close()
    files.crash()
    #expect(try open().head.statistics().samples == 6000)
  }
}

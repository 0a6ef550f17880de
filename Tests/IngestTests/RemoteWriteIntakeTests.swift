import FleetModel
import Platform
import Synchronization
import TestSupport
import Testing
import WireFormats

@testable import Ingest

@Suite struct RemoteWriteIntakeTests {
  typealias Series = WriteRequestBytes.Series

  /// An intake with a store and a watcher to look into.
  struct Intake {
    let store = FakeStore()
    let watch = FakeWatch()
    let time = SimulatedTime()
    let intake: RemoteWriteIntake

    init(_ limits: IngestLimits = IngestLimits(), retention: Duration = .seconds(15 * 86_400)) {
      intake = RemoteWriteIntake(
        limits: limits, retention: retention, appender: store, watch: watch, time: time)
    }

    /// Milliseconds, counted from the simulated now.
    func at(_ seconds: Int64) -> Int64 { time.now().milliseconds + seconds * 1000 }

    func write(_ series: [Series], from agent: AgentID? = nil) throws(WriteRefusal) -> WriteOutcome {
      let message = WriteRequestBytes.message(series)
      return try send(message.withUnsafeBytes { SnappyBlock.encode($0) }, from: agent)
    }

    func send(_ block: [UInt8], from agent: AgentID? = nil) throws(WriteRefusal) -> WriteOutcome {
      let result = block.withUnsafeBytes { bytes -> Result<WriteOutcome, WriteRefusal> in
        do throws(WriteRefusal) { return .success(try intake.take(bytes, from: agent)) } catch {
          return .failure(error)
        }
      }
      return try result.get()
    }
  }

  static func series(_ name: String, _ samples: [(Int64, Double)], _ labels: [(String, String)] = []) -> Series {
    Series([("__name__", name)] + labels, samples)
  }

  @Test func manySeriesOfOneTimeAreOneBatch() throws {
    let bench = Intake()
    for round in 0..<3 as Range<Int64> {
      let outcome = try bench.write((0..<100).map { Self.series("m\($0)", [(bench.at(round), Double(round))]) })
      #expect(outcome.written == 100)
      #expect(outcome.refusedCount == 0)
    }
    #expect(bench.store.state.withLock { $0.appends } == 3)
    #expect(bench.store.state.withLock { $0.numbers.count } == 100)
    #expect(bench.store.values("m7") == [0, 1, 2])
    #expect(bench.intake.samplesWritten == 300)
  }

  /// Whatever their order in the request, samples reach the store by time, those of one time together.
  @Test func manySamplesOfASeriesComeInOrder() throws {
    let bench = Intake()
    let times = [5, 1, 3, 2, 4] as [Int64]
    let outcome = try bench.write(["a", "b"].map { Self.series($0, times.map { (bench.at($0), Double($0)) }) })
    #expect(outcome.written == 10)
    #expect(bench.store.values("a") == [1, 2, 3, 4, 5])
    #expect(bench.store.values("b") == [1, 2, 3, 4, 5])
    #expect(bench.store.state.withLock { $0.appends } == 5)
  }

  @Test func goodSamplesAreTakenAndTheOthersCounted() throws {
    let bench = Intake()
    _ = try bench.write([Self.series("m", [(bench.at(0), 1)])])
    let outcome = try bench.write([
      Self.series("m", [(bench.at(0), 2), (bench.at(-1), 3), (bench.at(1), 4)]),
      Series([("__name__", "b"), ("z", "1"), ("a", "1")], [(bench.at(0), 1), (bench.at(1), 1)]),
      Self.series("future", [(bench.at(601), 1)]), Self.series("soon", [(bench.at(599), 1)]),
    ])
    #expect(outcome.written == 2)
    #expect(outcome.refused == [.duplicate: 1, .outOfOrder: 1, .invalid: 2, .future: 1])
    #expect(outcome.firstRefusal?.contains("not sorted") == true)
    #expect(bench.store.values("m") == [1, 4])
    #expect(bench.store.values("soon") == [1])
    #expect(bench.store.values("future").isEmpty)
  }

  /// Alone in a request, where all are of one time, and beside a good one.
  @Test(arguments: [0, .min, -1, 1_700_000_000_000 - 15 * 86_400_000 - 1] as [Int64], [false, true])
  func samplesOlderThanTheRetentionAreRefused(time: Int64, isAlone: Bool) throws {
    let bench = Intake()
    let outcome = try bench.write([Self.series("m", [(time, 1)] + (isAlone ? [] : [(bench.at(0), 2)]))])
    #expect(outcome.written == (isAlone ? 0 : 1))
    #expect(outcome.refused == [.outOfOrder: 1])
    #expect(outcome.firstRefusal?.contains("monitoring.retention") == true)
    #expect(bench.store.values("m") == (isAlone ? [] : [2]))
  }

  @Test func samplesWithinTheRetentionAreTaken() throws {
    let bench = Intake(retention: .seconds(100))
    #expect(try bench.write([Self.series("m", [(bench.at(-100), 1)])]).written == 1)
    #expect(try bench.write([Self.series("m", [(bench.at(-100) - 1, 1)])]).refused == [.outOfOrder: 1])
    let endless = Intake(retention: .seconds(Int64.max))
    #expect(try endless.write([Self.series("m", [(0, 1)])]).written == 1)
  }

  static let limits: [(change: @Sendable (inout IngestLimits) -> Void, labels: [(String, String)])] = [
    ({ $0.labelsPerSeries = 1 }, [("a", "1"), ("b", "2")]), ({ $0.labelNameBytes = 8 }, [("nine_____", "1")]),
    ({ $0.labelValueBytes = 3 }, [("a", "four")]),
  ]

  @Test(arguments: limits.indices) func limitsHold(index: Int) throws {
    var limits = IngestLimits()
    Self.limits[index].change(&limits)
    let bench = Intake(limits)
    let outcome = try bench.write([
      Self.series("m", [(bench.at(0), 1)], Self.limits[index].labels), Self.series("n", [(bench.at(0), 1)]),
    ])
    #expect(outcome.written == 1)
    #expect(outcome.refused == [.limit: 1])
  }

  @Test func seriesBeyondTheStoresLimitAreRefusedAlone() throws {
    let bench = Intake()
    bench.store.state.withLock { $0.maximumSeries = 1 }
    let outcome = try bench.write(["a", "b"].map { Self.series($0, [(bench.at(0), 1)]) })
    #expect(outcome.written == 1)
    #expect(outcome.refused == [.limit: 1])
    bench.store.state.withLock { $0.maximumSeries = 2 }
    #expect(try bench.write(["a", "b"].map { Self.series($0, [(bench.at(1), 1)]) }).written == 2)
  }

  @Test func bodiesThatAreNoneAreRefused() throws {
    var limits = IngestLimits()
    limits.bodyBytes = 1000
    let bench = Intake(limits)
    #expect(throws: WriteRefusal.tooLarge(limit: 1000)) {
      try bench.send([UInt8](repeating: 1, count: 1001).withUnsafeBytes { SnappyBlock.encode($0) })
    }
    for bad in [[], [1, 2, 3], SnappyBlock.encode(UnsafeRawBufferPointer(start: nil, count: 0)) + [9]] as [[UInt8]] {
      do {
        _ = try bench.send(bad)
        Issue.record("\(bad) was taken")
      } catch {
        guard case .malformed = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
    #expect(try bench.write([]).written == 0)
  }

  @Test func aFailingStoreIsSaidAndNothingIsForgotten() throws {
    let bench = Intake()
    let request = { (seconds: Int64) in [Self.series("m", [(bench.at(seconds), Double(seconds))])] }
    _ = try bench.write(request(0))
    bench.store.state.withLock { $0.failure = .storage("no space left; make some") }
    #expect(throws: WriteRefusal.storage("the store cannot take samples: no space left; make some")) {
      try bench.write(request(1))
    }
    #expect(throws: WriteRefusal.self) { try bench.write([Self.series("new", [(bench.at(1), 1)])]) }
    bench.store.state.withLock { $0.failure = nil }
    #expect(try bench.write(request(1)).written == 1)
    #expect(bench.store.values("m") == [0, 1])
  }

  @Test func seriesThatTheStoreForgotBeginAnew() throws {
    let bench = Intake()
    let request = { (seconds: Int64) in ["a", "b"].map { Self.series($0, [(bench.at(seconds), Double(seconds))]) } }
    _ = try bench.write(request(0))
    bench.store.dropAll()
    #expect(try bench.write(request(1)).written == 2)
    let numbers = bench.store.state.withLock { $0.numbers.count }
    #expect(try bench.write(request(2)).written == 2)
    #expect(bench.store.state.withLock { $0.numbers.count } == numbers)
    #expect(bench.store.values("a") == [0, 1, 2])
  }

  /// Series that are not written for long leave the intake's memory and are found again by their labels.
  @Test func memoryOfSeriesEnds() throws {
    let bench = Intake()
    let first = try bench.write([Self.series("m", [(bench.at(0), 0)])])
    #expect(first.written == 1)
    for _ in 0..<3 {
      bench.time.advance(by: .seconds(1000))
      #expect(try bench.write([Self.series("m", [(bench.at(0), 1)])]).written == 1)
    }
    #expect(bench.store.state.withLock { $0.numbers.count } == 1)
    #expect(bench.store.values("m").count == 4)
  }

  @Test func rulesSeeWhatIsNew() throws {
    let bench = Intake()
    bench.watch.watch(["m"])
    let request = { (seconds: Int64) in ["m", "n"].map { Self.series($0, [(bench.at(seconds), Double(seconds))]) } }
    _ = try bench.write(request(-601))
    #expect(bench.watch.values("m").isEmpty, "samples of the past are stored, not judged")
    _ = try bench.write(request(0))
    #expect(bench.watch.values("m") == [0])
    let asked = bench.watch.state.withLock { $0.asked }
    _ = try bench.write(request(1))
    #expect(bench.watch.state.withLock { $0.asked } == asked, "a known series costs no question")
    bench.watch.watch(["n"])
    _ = try bench.write(request(2))
    #expect(bench.watch.values("m") == [0, 1])
    #expect(bench.watch.values("n") == [2])
  }

  @Test func anAgentsTokenWritesItsOwnSeriesAlone() throws {
    let bench = Intake()
    let planner = agent("planner")
    let own = [Self.series("m", [(bench.at(0), 1)], [("agent_id", "planner")])]
    let others = [Self.series("m", [(bench.at(0), 1)], [("agent_id", "critic")])]
    #expect(try bench.write(own, from: planner).written == 1)
    // Known or not: what another may write is not for this one.
    #expect(try bench.write(others).written == 1)
    for _ in 0..<2 { #expect(try bench.write(others, from: planner).refused == [.forbidden: 1]) }
    #expect(try bench.write([Self.series("m", [(bench.at(0), 1)])], from: planner).refused == [.forbidden: 1])
  }
}

import FleetModel
import Platform
import Synchronization
import TestSupport
import Testing
import WireFormats

@testable import Ingest

/// Requests of remote write 2.0.
@Suite struct RemoteWriteTwoTests {
  typealias Series = SymbolicRequestBytes.Series
  typealias Sample = SymbolicRequestBytes.Sample

  final class Told: MetadataSink {
    let all = Mutex<[WrittenMetadata]>([])

    func note(_ metadata: MetricMetadata, of family: String) {
      all.withLock { $0.append(WrittenMetadata(family: family, metadata: metadata)) }
    }
  }

  struct Intake {
    let store = FakeStore()
    let time = SimulatedTime()
    let told = Told()
    let intake: RemoteWriteIntake

    init() {
      intake = RemoteWriteIntake(
        limits: IngestLimits(), appender: store, watch: FakeWatch(), metadata: told, time: time)
    }

    func at(_ seconds: Int64) -> Int64 { time.now().milliseconds + seconds * 1000 }

    func write(_ series: [Series], from agent: AgentID? = nil) throws(WriteRefusal) -> WriteOutcome {
      try send(SymbolicRequestBytes.message(series), as: .version2, from: agent)
    }

    func send(
      _ message: [UInt8], as kind: WriteMessage, from agent: AgentID? = nil
    ) throws(WriteRefusal) -> WriteOutcome {
      let block = message.withUnsafeBytes { SnappyBlock.encode($0) }
      let result = block.withUnsafeBytes { bytes -> Result<WriteOutcome, WriteRefusal> in
        do throws(WriteRefusal) { return .success(try intake.take(bytes, as: kind, from: agent)) } catch {
          return .failure(error)
        }
      }
      return try result.get()
    }
  }

  @Test func takesSamplesAndKnowsTheirSeriesAgain() throws {
    let bench = Intake()
    for round in 0..<3 as Range<Int64> {
      // Other strings before them give the same labels other numbers.
      let names = ["other\(round)", "a", "b"]
      let outcome = try bench.write(
        names.map { Series([("__name__", $0)], [Sample(bench.at(round), Double(round), start: 1)]) })
      #expect(outcome.written == 3)
      #expect(outcome.refusedCount == 0)
    }
    #expect(bench.store.values("a") == [0, 1, 2])
    #expect(bench.store.values("b") == [0, 1, 2])
    #expect(bench.store.state.withLock { $0.numbers.count } == 5)
  }

  /// Both versions name the same series.
  @Test func versionsMix() throws {
    let bench = Intake()
    let labels = [("__name__", "m"), ("job", "a")]
    #expect(try bench.write([Series(labels, [Sample(bench.at(0), 1)])]).written == 1)
    let one = WriteRequestBytes.message([WriteRequestBytes.Series(labels, [(bench.at(1), 2)])])
    #expect(try bench.send(one, as: .version1).written == 1)
    #expect(bench.store.values("m") == [1, 2])
    #expect(bench.store.state.withLock { $0.numbers.count } == 1)
  }

  /// A message read as the other one is empty: no sender is told that its samples were written.
  @Test func theWrongVersionWritesNothing() throws {
    let bench = Intake()
    let two = SymbolicRequestBytes.message([Series([("__name__", "m")], [Sample(bench.at(0), 1)])])
    #expect(try bench.send(two, as: .version1).written == 0)
    let one = WriteRequestBytes.message([WriteRequestBytes.Series([("__name__", "m")], [(bench.at(0), 1)])])
    #expect(try bench.send(one, as: .version2).written == 0)
  }

  @Test func whatIsNotStoredIsRefusedAndTheRestTaken() throws {
    let bench = Intake()
    let outcome = try bench.write([
      Series([("__name__", "m")], [Sample(bench.at(0), 1)], exemplars: 2),
      Series([("__name__", "h")], [], histograms: 3),
      Series([("__name__", "b"), ("z", "1"), ("a", "1")], [Sample(bench.at(0), 1)]),
    ])
    #expect(outcome.written == 1)
    #expect(outcome.histogramsWritten == 0)
    #expect(outcome.refused == [.unsupported: 2, .outOfOrder: 3, .invalid: 1])
  }

  @Test(arguments: [WriteMessage.version1, .version2]) func histogramsAreTakenAndCounted(kind: WriteMessage) throws {
    let bench = Intake()
    var histogram = NativeHistogram()
    histogram.count = 3
    histogram.sum = 4.5
    histogram.positiveSpans = [.init(offset: 1, length: 2)]
    histogram.positiveBuckets = [1, 2]
    var bad = histogram
    bad.positiveBuckets = [1]
    let messages =
      [(histogram, 0), (histogram, 15), (bad, 30), (histogram, 4000)] as [(NativeHistogram, Int64)]
    let bytes = messages.map { HistogramMessageBytes.integers($0.0, at: bench.at($0.1)) }
    let body =
      kind == .version1
      ? WriteRequestBytes.message([
        .init([("__name__", "m")], [(bench.at(0), 1)]), .init([("__name__", "h")], [], histograms: bytes),
      ])
      : SymbolicRequestBytes.message([
        Series([("__name__", "m")], [Sample(bench.at(0), 1)]), Series([("__name__", "h")], [], native: bytes),
      ])
    for turn in 0..<2 {
      let outcome = try bench.send(body, as: kind)
      #expect(outcome.written == 1 && outcome.histogramsWritten == 2)
      #expect(outcome.refused == [.invalid: 1, .future: 1])
      // Once more, as after an answer that was lost, and after the store has forgotten the series.
      if turn == 0 { bench.store.dropAll() }
    }
    let held = bench.store.state.withLock { $0.histograms[LabelSet(["__name__": "h"])] }
    #expect(held?.timestamps == [bench.at(0), bench.at(15), bench.at(0), bench.at(15)])
    #expect(held?.values.allSatisfy { $0 == histogram } == true)
  }

  @Test func badReferencesSpoilTheirSeriesAlone() throws {
    let bench = Intake()
    var message = SymbolicRequestBytes.message([Series([("__name__", "m")], [Sample(bench.at(0), 1)])])
    let good = SymbolicRequestBytes.message([Series([("__name__", "m")], [Sample(bench.at(0), 1)])])
    // The same series again, with the number of a symbol that there is not.
    let start = try #require(good.firstIndex(of: 0x2a))
    var bad = Array(good[start...])
    #expect(bad[2...5] == [0x0a, 2, 1, 2])
    bad[5] = 77
    message += bad
    for _ in 0..<2 {
      let outcome = try bench.send(message, as: .version2)
      #expect(outcome.written == 1)
      #expect(outcome.refused == [.invalid: 1])
      #expect(outcome.firstRefusal?.contains("symbol 77, and the request has 3") == true)
    }
  }

  @Test func metadataIsToldWhenItIsNew() throws {
    let bench = Intake()
    let planner = agent("planner")
    func series(_ help: String, _ id: String) -> [Series] {
      [Series([("__name__", "m"), ("agent_id", id)], [Sample(bench.at(0), 1)], metadata: (2, help, ""))]
    }
    for _ in 0..<3 { _ = try bench.write(series("One.", "planner")) }
    _ = try bench.write(series("Two.", "planner"))
    _ = try bench.write(series("Not its own.", "critic"), from: planner)
    #expect(bench.told.all.withLock { $0.map(\.metadata.help) } == ["One.", "Two."])
    bench.time.advance(by: .seconds(1000))
    _ = try bench.write(series("Two.", "planner"))
    #expect(bench.told.all.withLock { $0.map(\.metadata.help) } == ["One.", "Two.", "Two."])
  }
}

import FleetModel
import Platform
import Synchronization
import TestSupport
import Testing
import WireFormats

@testable import Ingest

/// Exemplars from what is scraped and what is pushed to their store.
@Suite struct ExemplarPathTests {
  private static let openMetrics = "application/openmetrics-text; version=1.0.0"

  /// Rounds of one instance, a second apart from 1,001 s on.
  private static func rounds(_ bodies: [String]) throws -> Bench {
    let bench = try Bench()
    var series = InstanceSeries(target("planner"), context: bench.context)
    for (index, body) in bodies.enumerated() {
      let time = Timestamp(milliseconds: 1_001_000 + Int64(index) * 1000)
      let facts = try series.read(Array((body + "# EOF\n").utf8), contentType: Self.openMetrics)
      _ = try series.store(InstanceSeries.Round(time: time, isUp: true, seconds: 0, facts: facts)) { _ in [] }
    }
    return bench
  }

  @Test func aScrapeGivesThem() throws {
    let bench = try Self.rounds([
      """
      # TYPE work counter
      work_total{a="1"} 5 # {trace_id="t1",span_id="s1"} 0.5 1000.25
      work_total{a="2"} 6 1000.5 # {trace_id="t2"} 1
      plain 7

      """,
      // Known lines: the same way.
      """
      # TYPE work counter
      work_total{a="1"} 6 # {trace_id="t3"} 0.75 1001
      work_total{a="2"} 6 1000.5 # {trace_id="t2"} 1
      plain 7

      """,
    ])
    #expect(
      bench.exemplars.exemplars(of: "work_total", in: bench.store) == [
        Exemplar(
          labels: LabelSet(["trace_id": "t1", "span_id": "s1"]), value: 0.5, time: Timestamp(milliseconds: 1_000_250)),
        Exemplar(labels: LabelSet(["trace_id": "t2"]), value: 1),
        Exemplar(labels: LabelSet(["trace_id": "t3"]), value: 0.75, time: Timestamp(milliseconds: 1_001_000)),
        Exemplar(labels: LabelSet(["trace_id": "t2"]), value: 1),
      ])
    let kept = bench.exemplars.kept.withLock { $0 }
    #expect(kept.map(\.sampleTime.milliseconds) == [1_001_000, 1_000_500, 1_002_000, 1_000_500])
    let labels = bench.store.labels(of: kept[0].series)
    #expect(labels?["a"] == "1" && labels?["agent_id"] == "planner")
  }

  @Test func whatNoStoreKeepsIsLeftOut() throws {
    let long = String(repeating: "x", count: 600)
    let bench = try Self.rounds([
      "a 1 # {trace_id=\"\(long)\"} 1 1000\nb 1 # {trace_id=\"future\"} 1 9000\nc 1 # {trace_id=\"good\"} 1 1000\n"
    ])
    #expect(bench.exemplars.kept.withLock { $0.map(\.exemplar.labels["trace_id"]) } == ["good"])
    #expect(bench.store.values("a") == [1])
  }

  @Test func aBodyThatIsRefusedGivesNone() throws {
    let bench = try Bench()
    var series = InstanceSeries(target("planner"), context: bench.context)
    #expect(throws: InstanceSeries.Refusal.self) {
      try series.read(Array("a 1 # {trace_id=\"t\"} 1 1000\nb }\n# EOF\n".utf8), contentType: Self.openMetrics)
    }
    let round = InstanceSeries.Round(time: Timestamp(milliseconds: 1_001_000), isUp: false, seconds: 0, facts: nil)
    _ = try series.store(round) { _ in [] }
    #expect(bench.exemplars.kept.withLock { $0.isEmpty })
  }

  // MARK: Remote write

  /// What a sender has of one exemplar.
  private struct Sent {
    var labels: [(String, String)]
    var value: Double
    var time: Int64
  }

  /// A series with one sample, where there is a value, and exemplars; of 2.0 its symbols are `texts`.
  private static func message(
    _ kind: WriteMessage, _ series: [(name: String, sample: (Int64, Double)?, exemplars: [Sent])]
  ) -> [UInt8] {
    var texts = [""]
    func labels(_ pairs: [(String, String)], _ kind: WriteMessage) -> [UInt8] {
      var bytes: [UInt8] = []
      guard kind == .version2 else {
        for (name, value) in pairs { WriteRequestBytes.label(name, value, to: &bytes) }
        return bytes
      }
      var packed: [UInt8] = []
      for text in pairs.flatMap({ [$0.0, $0.1] }) {
        if !texts.contains(text) { texts.append(text) }
        WriteRequestBytes.varint(UInt64(texts.firstIndex(of: text) ?? 0), to: &packed)
      }
      WriteRequestBytes.field(0x0a, packed, to: &bytes)
      return bytes
    }
    func number(_ tags: (UInt8, UInt8), _ value: Double, _ time: Int64) -> [UInt8] {
      var bytes: [UInt8] = [tags.0]
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
      bytes.append(tags.1)
      WriteRequestBytes.varint(UInt64(bitPattern: time), to: &bytes)
      return bytes
    }
    var body: [UInt8] = []
    for one in series {
      var bytes = labels([("__name__", one.name)], kind)
      if let (time, value) = one.sample { WriteRequestBytes.field(0x12, number((0x09, 0x10), value, time), to: &bytes) }
      for exemplar in one.exemplars {
        let content = labels(exemplar.labels, kind) + number((0x11, 0x18), exemplar.value, exemplar.time)
        WriteRequestBytes.field(kind == .version1 ? 0x1a : 0x22, content, to: &bytes)
      }
      WriteRequestBytes.field(kind == .version1 ? 0x0a : 0x2a, bytes, to: &body)
    }
    guard kind == .version2 else { return body }
    var symbols: [UInt8] = []
    for text in texts { WriteRequestBytes.field(0x22, Array(text.utf8), to: &symbols) }
    return symbols + body
  }

  private static func send(
    _ message: [UInt8], _ kind: WriteMessage, to intake: RemoteWriteIntake
  ) throws -> WriteOutcome {
    let block = message.withUnsafeBytes { SnappyBlock.encode($0) }
    return try block.withUnsafeBytes { bytes in try intake.take(bytes, as: kind) }
  }

  @Test(arguments: [WriteMessage.version1, .version2]) func aWriteGivesThem(kind: WriteMessage) throws {
    let (store, exemplars, time) = (FakeStore(), FakeExemplars(), SimulatedTime())
    let intake = RemoteWriteIntake(
      limits: IngestLimits(), appender: store, watch: FakeWatch(), exemplars: exemplars, time: time)
    let now = time.now().milliseconds
    let sent = Sent(labels: [("trace_id", "t1"), ("span_id", "s1")], value: 0.5, time: now - 5)
    let message = Self.message(
      kind,
      [
        ("m", (now, 1), [sent]),
        // Prometheus sends exemplars as series of their own.
        ("n", nil, [sent, Sent(labels: [("trace_id", "é")], value: .infinity, time: now)]),
        ("o", (now, 1), [Sent(labels: [("trace_id", "future")], value: 1, time: now + 3_600_000)]),
        ("p", (now, 1), [Sent(labels: [("a", "1"), ("a", "2")], value: 1, time: now)]),
      ])
    for _ in 0..<2 {
      let outcome = try Self.send(message, kind, to: intake)
      #expect(outcome.written == 3)
      #expect(outcome.exemplarsWritten == 3)
      #expect(outcome.refused == (kind == .version2 ? [.future: 1, .invalid: 1] : [:]))
    }
    let expected = Exemplar(
      labels: LabelSet(["trace_id": "t1", "span_id": "s1"]), value: 0.5, time: Timestamp(milliseconds: now - 5))
    #expect(exemplars.exemplars(of: "m", in: store) == [expected, expected])
    #expect(exemplars.exemplars(of: "n", in: store).count == 4)
    #expect(exemplars.exemplars(of: "o", in: store).isEmpty)
  }

  @Test(
    arguments: [
      (ExemplarOutcome.duplicate, 1, [:]), (.outOfOrder, 0, [.outOfOrder: 1]), (.labelsTooLong, 0, [.limit: 1]),
      (.off, 0, [.unsupported: 1]), (.unknownSeries, 0, [.invalid: 1]),
    ] as [(ExemplarOutcome, Int, [WriteOutcome.Reason: Int])])
  func theTruthIsTold(_ outcome: ExemplarOutcome, written: Int, refused: [WriteOutcome.Reason: Int]) throws {
    let (store, exemplars, time) = (FakeStore(), FakeExemplars(), SimulatedTime())
    exemplars.outcome.withLock { $0 = outcome }
    let intake = RemoteWriteIntake(
      limits: IngestLimits(), appender: store, watch: FakeWatch(), exemplars: exemplars, time: time)
    let now = time.now().milliseconds
    for kind in [WriteMessage.version1, .version2] {
      let message = Self.message(
        kind, [("m", (now, 1), [Sent(labels: [("trace_id", "t")], value: 1, time: now)])])
      let result = try Self.send(message, kind, to: intake)
      #expect(result.written == 1 && result.exemplarsWritten == written)
      #expect(result.refused == (kind == .version2 ? refused : [:]))
    }
  }

  /// An exemplar that cannot be read spoils no samples; one with symbols beyond the table neither.
  @Test func badReferencesSpoilThemselvesAlone() throws {
    let (store, exemplars, time) = (FakeStore(), FakeExemplars(), SimulatedTime())
    let intake = RemoteWriteIntake(
      limits: IngestLimits(), appender: store, watch: FakeWatch(), exemplars: exemplars, time: time)
    let now = time.now().milliseconds
    for references in [[1, 99], [1], [0, 1]] as [[UInt8]] {
      var exemplar: [UInt8] = []
      WriteRequestBytes.field(0x0a, references, to: &exemplar)
      var sample: [UInt8] = [0x09] + [UInt8](repeating: 0, count: 8) + [0x10]
      WriteRequestBytes.varint(UInt64(now), to: &sample)
      var series: [UInt8] = []
      WriteRequestBytes.field(0x0a, [1, 2], to: &series)
      WriteRequestBytes.field(0x12, sample, to: &series)
      WriteRequestBytes.field(0x22, exemplar, to: &series)
      var message: [UInt8] = []
      for text in ["", "__name__", "m"] { WriteRequestBytes.field(0x22, Array(text.utf8), to: &message) }
      WriteRequestBytes.field(0x2a, series, to: &message)
      let outcome = try Self.send(message, .version2, to: intake)
      #expect(outcome.written == 1)
      #expect(outcome.refused == [.invalid: 1])
    }
  }
}

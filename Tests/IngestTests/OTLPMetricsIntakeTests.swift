import FleetModel
import TestSupport
import Testing
import WireFormats

@testable import Ingest

@Suite struct OTLPMetricsIntakeTests {
  private static func body(_ points: [(attribute: String, value: Double, time: Timestamp)], service: String = "s")
    -> [UInt8]
  {
    let rendered = points.map {
      #"{"timeUnixNano":"\#($0.time.milliseconds * 1_000_000)","asDouble":\#($0.value),"#
        + #""attributes":[{"key":"k","value":{"stringValue":"\#($0.attribute)"}}]}"#
    }
    return Array(
      #"{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"\#(service)"}}]},"scopeMetrics":[{"metrics":[{"name":"queue.depth","unit":"By","description":"Waiting.","gauge":{"dataPoints":[\#(rendered.joined(separator: ","))]}}]}]}]}"#
        .utf8)
  }

  struct Bench {
    let bench: RemoteWriteIntakeTests.Intake
    let intake: OTLPMetricsIntake

    init(_ limits: IngestLimits = IngestLimits()) {
      bench = RemoteWriteIntakeTests.Intake(limits)
      intake = OTLPMetricsIntake(bench.intake)
    }

    var now: Timestamp { bench.time.now() }
  }

  @Test func pointsTakeThePathOfRemoteWrite() async throws {
    let bench = Bench()
    let rejections = try await bench.intake.take(Self.body([("a", 1, bench.now), ("b", 2, bench.now)]), as: .json)
    #expect(rejections.isEmpty)
    #expect(bench.bench.intake.samplesWritten == 2)
    let again = try await bench.intake.take(Self.body([("a", 3, bench.now + .seconds(1))]), as: .json)
    #expect(again.isEmpty && bench.bench.intake.samplesWritten == 3)
  }

  @Test func whatTheLimitsForbidIsRefusedPointByPoint() async throws {
    var limits = IngestLimits()
    limits.labelValueBytes = 20
    let bench = Bench(limits)
    let rejections = try await bench.intake.take(
      Self.body([
        ("good", 1, bench.now), ("far longer than it may be", 2, bench.now),
        ("late", 1, bench.now - .seconds(90 * 86_400)),
      ]),
      as: .json)
    #expect(rejections.count == 2)
    #expect(rejections.first?.contains("over the limit of 20") == true, "\(rejections)")
    #expect(bench.bench.intake.samplesWritten == 1)
  }

  @Test func anAgentWritesItsOwnSeriesAlone() async throws {
    let bench = Bench()
    let agent = try AgentID("s")
    #expect(try await bench.intake.take(Self.body([("a", 1, bench.now)]), as: .json, from: agent).isEmpty)
    let rejections = try await bench.intake.take(
      Self.body([("a", 1, bench.now)], service: "other"), as: .json, from: agent)
    #expect(rejections.count == 1 && rejections.first?.contains("agent_id=\"s\"") == true)
  }

  @Test func whatCannotBeReadOrIsTooLongIsRefusedWhole() async throws {
    var limits = IngestLimits()
    limits.bodyBytes = 64
    let bench = Bench(limits)
    await #expect(throws: WriteRefusal.tooLarge(limit: 64)) {
      try await bench.intake.take([UInt8](repeating: 0, count: 65), as: .protobuf)
    }
    await #expect(throws: WriteRefusal.self) { try await bench.intake.take([0xff], as: .protobuf) }
  }
}

import ControlPlane
import FleetModel
import Foundation
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

/// Three processes with OpenTelemetry's own SDK and exporters send their spans to the real binary: one by OTLP/gRPC, two by
/// OTLP/HTTP, one of these compressed.
@Suite("foreign traces", .timeLimit(.minutes(10)))
struct ForeignTracesTests {
  private static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/otel_team.py").path

  private static var hasTools: Bool {
    let modules = "opentelemetry.sdk, opentelemetry.exporter.otlp.proto.grpc, opentelemetry.exporter.otlp.proto.http"
    return (try? Program.run("python3", ["-c", "import \(modules)"]).status) == 0
  }

  /// What a member says at its end.
  private struct Sent: Decodable {
    let traces: [String]
    let failures: Int
  }

  private struct TraceAnswer: Decodable {
    struct Span: Decodable {
      let traceId: String
      let spanId: String
      let parentSpanId: String?
      let operation: String
      let agentId: String
      let status: String
      let durationMs: Double?
    }
    let spans: [Span]
  }

  private struct Analysis: Decodable {
    struct Part: Decodable {
      let spanCount: Int
      let criticalPathMs: Double
    }
    struct Section: Decodable {
      let agentId: String
      let operation: String
      let durationMs: Double
    }
    let traceId: String
    let totalSpans: Int
    let completedSpans: Int
    let totalDurationMs: Double
    let agentParticipation: [String: Part]
    let criticalPath: [Section]
  }

  @Test(.enabled(if: hasTools, "needs PyPI's opentelemetry-sdk and its OTLP exporters: `make test-tools`"))
  func whatTheySendIsJoinedAndSurvivesAKill() async throws {
    let scratch = try ScratchDirectory()
    let data = scratch.path.appending("data").string
    let ports = ["--otlp-grpc-listen", "127.0.0.1:0", "--otlp-http-listen", "127.0.0.1:0"]
    var server = try StoreLifeTests.Server(data, ports)
    defer { server.program.stop() }
    let grpc = try Self.address(after: "OTLP/gRPC on ", of: server.program)
    let http = try Self.address(after: "OTLP/HTTP on ", of: server.program)

    let traces = try Self.send(20, main: server.url, http: http, grpc: grpc)
    #expect(Set(traces).count == 20)
    // All exporters have their answers: from here on nothing may be lost.
    kill(server.program.pid, SIGKILL)
    server.program.stop()
    server = try StoreLifeTests.Server(data, ports)
    for trace in traces {
      try await Self.expectWhole(trace, server)
      try await Self.expectKnownPath(trace, server)
    }
  }

  private static func address(after prefix: String, of program: Program) throws -> String {
    let line = try #require(program.line())
    #expect(line.hasPrefix(prefix), "\(line)")
    return String(line.dropFirst(prefix.count))
  }

  /// Has the planner send requests to the researcher and that to the writer.
  ///
  /// - Returns: the ids of the traces.
  private static func send(_ count: Int, main: String, http: String, grpc: String) throws -> [String] {
    let writer = try Program("python3", [script, "serve", "writer", "http-gzip", http])
    defer { writer.stop() }
    let writerPort = try #require(writer.line())
    let researcher = try Program(
      "python3", [script, "serve", "researcher", "grpc", grpc, "http://127.0.0.1:\(writerPort)"])
    defer { researcher.stop() }
    let researcherPort = try #require(researcher.line())
    let planner = try Program(
      "python3", [script, "ask", "planner", "http", main, "http://127.0.0.1:\(researcherPort)", "\(count)"])
    defer { planner.stop() }
    let sent = try end(of: planner)
    for member in [researcher, writer] {
      member.closeInput()
      _ = try end(of: member)
    }
    return sent.traces
  }

  private static func end(of member: Program) throws -> Sent {
    let sent = try JSONDecoder().decode(Sent.self, from: Data(try #require(member.line()).utf8))
    #expect(sent.failures == 0)
    return sent
  }

  private static func decode<Answer: Decodable>(_ type: Answer.Type, _ text: String) throws -> Answer {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(text.utf8))
  }

  /// Every span is there, of the right agent and below the right parent.
  private static func expectWhole(_ trace: String, _ server: StoreLifeTests.Server) async throws {
    let answer = try await server.ask(.GET, "/fleet/v1/traces/\(trace)")
    #expect(answer.status == 200, "\(answer.body.prefix(300))")
    let spans = try decode(TraceAnswer.self, answer.body).spans
    let byID = Dictionary(spans.map { ($0.spanId, $0) }, uniquingKeysWith: { first, _ in first })
    func name(_ span: TraceAnswer.Span?) -> String { span.map { "\($0.agentId): \($0.operation)" } ?? "none" }
    let edges = spans.map { "\(name($0)) < \($0.parentSpanId.map { name(byID[$0]) } ?? "root")" }
    #expect(
      Set(edges) == [
        "planner: invoke_agent planner < root",
        "planner: chat small-1 < planner: invoke_agent planner",
        "planner: POST /work < planner: invoke_agent planner",
        "researcher: invoke_agent researcher < planner: POST /work",
        "researcher: execute_tool web_search < researcher: invoke_agent researcher",
        "researcher: POST /work < researcher: invoke_agent researcher",
        "writer: invoke_agent writer < researcher: POST /work",
        "writer: chat large-1 < writer: invoke_agent writer",
      ])
    #expect(spans.count == 8)
    #expect(spans.allSatisfy { $0.status == "completed" && $0.traceId == trace })
  }

  /// The times in the fixture leave one answer.
  private static func expectKnownPath(_ trace: String, _ server: StoreLifeTests.Server) async throws {
    let answer = try await server.ask(.GET, "/fleet/v1/traces/\(trace)/analysis")
    #expect(answer.status == 200, "\(answer.body.prefix(300))")
    let analysis = try decode(Analysis.self, answer.body)
    #expect(analysis.traceId == trace)
    #expect((analysis.totalSpans, analysis.completedSpans) == (8, 8))
    #expect(analysis.totalDurationMs == 103)
    #expect(analysis.agentParticipation.mapValues(\.spanCount) == ["planner": 3, "researcher": 3, "writer": 2])
    #expect(analysis.agentParticipation.mapValues(\.criticalPathMs) == ["planner": 17, "researcher": 36, "writer": 50])
    #expect(
      analysis.criticalPath.map { "\($0.agentId): \($0.operation) \($0.durationMs)" } == [
        "planner: chat small-1 10.0", "planner: POST /work 2.0", "researcher: execute_tool web_search 30.0",
        "researcher: POST /work 2.0", "writer: chat large-1 50.0", "researcher: POST /work 2.0",
        "researcher: invoke_agent researcher 2.0", "planner: POST /work 2.0", "planner: invoke_agent planner 3.0",
      ])
  }
}

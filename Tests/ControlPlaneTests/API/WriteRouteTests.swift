import NIOHTTP1
import SampleStore
import Synchronization
import Testing
import WireFormats

@testable import ControlPlane
@testable import Ingest

extension WriteOutcome {
  fileprivate static func with(written: Int, exemplars: Int = 0, refused: Int = 0) -> WriteOutcome {
    var outcome = WriteOutcome()
    outcome.written = written
    outcome.exemplarsWritten = exemplars
    outcome.refuse(.outOfOrder, refused, "too late")
    return outcome
  }
}

@Suite struct WriteRouteTests {
  private static let good = [("content-type", "application/x-protobuf"), ("content-encoding", "snappy")]

  static let refusedTypes: [(type: String?, encoding: String?)] = [
    ("application/json", "snappy"), ("text/plain", nil),
    ("application/x-protobuf", "zstd"), ("application/x-protobuf;proto=io.prometheus.write.v3.Request", "snappy"),
    ("application/x-protobuf;proto=", "snappy"),
    ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "gzip"),
    ("text/plain;proto=io.prometheus.write.v2.Request", "snappy"),
  ]

  @Test(arguments: refusedTypes) func refusesWhatItCannotRead(type: String?, encoding: String?) async throws {
    try await ServerHarness.with { server in
      let headers = [("content-type", type), ("content-encoding", encoding)].compactMap { name, value in
        value.map { (name, $0) }
      }
      let answer = try await server.ask("POST", "/api/v1/write", headers: headers, bytes: [0])
      #expect(answer.status == 415, "\(answer.body)")
      #expect(server.store.state.withLock { $0.written.isEmpty })
    }
  }

  static let types: [(type: String, message: WriteMessage)] = [
    // Old senders say nothing.
    ("", .version1),
    ("application/x-protobuf", .version1), ("application/x-protobuf; proto=prometheus.WriteRequest", .version1),
    ("Application/X-Protobuf", .version1), ("application/x-protobuf;proto=io.prometheus.write.v2.Request", .version2),
    ("application/x-protobuf ; Proto=\"io.prometheus.write.v2.Request\"", .version2),
  ]

  @Test(arguments: types) func takesBothVersions(type: String, message: WriteMessage) async throws {
    try await ServerHarness.with { server in
      let answer = try await server.ask(
        "POST", "/api/v1/write", headers: [("content-type", type), ("content-encoding", "snappy")], bytes: [1, 2, 3])
      #expect(answer.status == 204, "\(answer.body)")
      #expect(server.store.state.withLock { $0.written.map(\.bytes) } == [3])
      #expect(server.store.state.withLock { $0.written.map(\.message) } == [message])
    }
  }

  /// With every answer to a request that was understood, as remote write 2.0 wants it.
  @Test func everyAnswerCountsWhatWasWritten() async throws {
    let answers: [(Result<WriteOutcome, WriteRefusal>, status: Int, samples: String, exemplars: String)] = [
      (.success(.with(written: 7)), 204, "7", "0"), (.success(.with(written: 7, refused: 2)), 400, "7", "0"),
      (.success(.with(written: 7, exemplars: 3)), 204, "7", "3"),
      (.success(.with(written: 7, exemplars: 3, refused: 2)), 400, "7", "3"),
      (.failure(.malformed("bad")), 400, "0", "0"), (.failure(.tooLarge(limit: 7)), 413, "0", "0"),
      (.failure(.storage("no space", written: 3)), 503, "3", "0"), (.failure(.storage("closed")), 503, "0", "0"),
    ]
    for (outcome, status, samples, exemplars) in answers {
      try await ServerHarness.with { server in
        server.store.state.withLock { $0.outcome = outcome }
        let answer = try await server.ask("POST", "/api/v1/write", headers: Self.good, bytes: [0])
        #expect(answer.status == status)
        let counts = ["samples", "histograms", "exemplars"].map {
          answer.headers["x-prometheus-remote-write-\($0)-written"]
        }
        #expect(counts == [[samples], ["0"], [exemplars]], "\(status)")
      }
    }
  }

  static let refusals: [(refusal: WriteRefusal, status: Int, text: String)] = [
    (.malformed("snappy, byte 0: bad"), 400, "snappy, byte 0"), (.tooLarge(limit: 7), 413, "7 bytes"),
    (.storage("the store cannot take samples: no space left"), 503, "no space left"),
  ]

  @Test(arguments: refusals) func refusalsHaveTheirStatus(refusal: WriteRefusal, status: Int, text: String) async throws
  {
    try await ServerHarness.with { server in
      server.store.state.withLock { $0.outcome = .failure(refusal) }
      let answer = try await server.ask("POST", "/api/v1/write", headers: Self.good, bytes: [0])
      #expect(answer.status == status)
      #expect(answer.body.contains(text))
      #expect((answer.headers.first(name: "retry-after") != nil) == (status == 503))
    }
  }

  @Test func bodiesOverTheLimitAreRefusedUnread() async throws {
    try await ServerHarness.with { server in
      let answer = try await server.ask(
        "POST", "/api/v1/write", headers: Self.good, bytes: [UInt8](repeating: 0, count: 1001))
      #expect(answer.status == 413)
      #expect(server.store.state.withLock { $0.written.isEmpty })
    }
  }

  @Test func anAgentsTokenIsHandedOn() async throws {
    try await withTemporaryDirectory { directory in
      try writeFile(AccessTests.tokenFile, to: directory + "/tokens")
      try await ServerHarness.with(configuration: .with { $0.security.tokenFile = directory + "/tokens" }) { server in
        for who in ["operator", "agent", "planner"] {
          let token = AccessTests.tokens[who] ?? ""
          let answer = try await server.ask(
            "POST", "/api/v1/write", headers: Self.good + [("authorization", "Bearer \(token)")], bytes: [0])
          #expect(answer.status == 204)
        }
        #expect(server.store.state.withLock { $0.written.map(\.agent) } == [nil, nil, "planner"])
      }
    }
  }

  @Test func aStoreThatIsClosedAnswers503() async throws {
    try await ServerHarness.with { server in
      server.store.state.withLock { $0.failure = .closed }
      for path in ["check", "compact", "snapshot"] {
        let answer = try await server.ask("POST", "/fleet/v1/store/\(path)")
        #expect(answer.status == 503)
      }
    }
  }
}

import Alerting
import FleetModel
import Logging
import NIOCore
import Platform
import ServiceLifecycle
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import ControlPlane
@testable import LocalRuntime

@Suite(.timeLimit(.minutes(10))) struct ServerLifeTests {
  private static func server(at address: ListenAddress) throws -> FleetServer {
    var configuration = FleetServerConfiguration()
    configuration.address = address
    return try FleetServer(
      configuration: configuration, operations: FakeOperations(), store: FakeStoreOperations(), metrics: { "" },
      look: { await FakeOperations().board() }, time: SystemTime(),
      logger: TokenTests.silent, onListening: { _ in })
  }

  @Test func aTakenPortIsNamed() async throws {
    try await ServerHarness.with { first in
      let address = ListenAddress(port: first.port)
      let error = await #expect(throws: FleetServerError.self) { try await Self.server(at: address).run() }
      #expect(error == .addressInUse(address))
      #expect(
        error?.description.hasPrefix("127.0.0.1:\(first.port) is in use by another process; choose another") == true)
    }
  }

  @Test func anAddressOfAnotherMachineIsNamed() async throws {
    var configuration = FleetServerConfiguration()
    configuration.address = ListenAddress(host: "192.0.2.1", port: 0)
    #expect(throws: SecurityError.publicWithoutProof("192.0.2.1:0")) {
      try FleetServer(
        configuration: configuration, operations: FakeOperations(), store: FakeStoreOperations(), metrics: { "" },
        look: { await FakeOperations().board() }, time: SystemTime(),
        logger: TokenTests.silent, onListening: { _ in })
    }
    try await withTemporaryDirectory { directory in
      try writeFile("operator:0123456789abcdef\n", to: directory + "/tokens")
      configuration.security.tokenFile = directory + "/tokens"
      let server = try FleetServer(
        configuration: configuration, operations: FakeOperations(), store: FakeStoreOperations(), metrics: { "" },
        look: { await FakeOperations().board() }, time: SystemTime(),
        logger: TokenTests.silent, onListening: { _ in })
      await #expect(throws: FleetServerError.notAnAddressOfThisMachine(configuration.address)) {
        try await server.run()
      }
    }
  }

  @Test func endsWithOpenConnectionsOfEveryKind() async throws {
    try await withTemporaryDirectory { directory in
      try writeFile("line\n", to: directory + "/log")
      let operations = try FakeOperations.populated()
      let local = LocalInstance(
        agentID: try AgentID("planner"), ordinal: 0, state: .ready, pid: 1, port: 1, restarts: 0, lastExit: nil,
        logFile: .init(directory + "/log"))
      operations.state.withLock { $0.instances = [local] }
      let requests = [
        // Nothing sent, half a head, an idle connection after an answer, half a body, two streams.
        "", "GET /fleet/v1/over", "GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{",
        "GET /fleet/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET /fleet/v1/agents/planner/logs?follow=true HTTP/1.1\r\nhost: localhost\r\n\r\n",
      ]
      // The grace does not pass before the streams have ended, however slow the machine is.
      let time = SimulatedTime()
      let (endings, grace) = try await ServerHarness.with(operations: operations, time: time) { server in
        let (ready, continuation) = AsyncStream.makeStream(of: Void.self)
        let (streamEnds, streamEnded) = AsyncStream.makeStream(of: Void.self)
        let clients = Task {
          try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, request) in requests.enumerated() {
              group.addTask {
                try await server.withConnection { inbound, outbound in
                  try await outbound.write(ByteBuffer(string: request))
                  var text = ""
                  if index < 2 || index == 3 { continuation.yield() }
                  do {
                    for try await part in inbound {
                      if text.isEmpty { continuation.yield() }
                      text += String(buffer: part)
                    }
                  } catch {}
                  if index > 3 { streamEnded.yield() }
                  return (index, text)
                }
              }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
          }
        }
        var waiting = ready.makeAsyncIterator()
        for _ in requests { _ = await waiting.next() }
        let grace = Task {
          var ends = streamEnds.makeAsyncIterator()
          for _ in 0..<2 { await ends.next() }
          while !Task.isCancelled {
            time.advance(by: .seconds(1))
            try? await Task.sleep(for: .milliseconds(10))
          }
        }
        return (clients, grace)
      }
      // The server has ended here, and with it each of the six connections.
      grace.cancel()
      await grace.value
      let texts = try await endings.value
      #expect(texts[2]?.contains("healthy") == true)
      #expect(texts[4]?.contains("text/event-stream") == true)
      #expect(texts[4]?.hasSuffix("0\r\n\r\n") == true, "a stream ends properly")
      #expect(texts[5]?.contains("line") == true)
    }
  }

  @Test func endsWhenCancelled() async throws {
    let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
    var configuration = FleetServerConfiguration()
    configuration.address = ListenAddress(port: 0)
    let server = try FleetServer(
      configuration: configuration, operations: FakeOperations(), store: FakeStoreOperations(), metrics: { "" },
      look: { await FakeOperations().board() }, time: SystemTime(),
      logger: TokenTests.silent, onListening: { continuation.yield($0) })
    let running = Task { try await server.run() }
    let address = try #require(await addresses.first { _ in true })
    let harness = ServerHarness(
      port: address.port, url: server.url(for: address), operations: FakeOperations(), store: FakeStoreOperations())
    #expect(try await harness.ask("GET", "/-/healthy").status == 200)
    try await harness.withConnection { inbound, outbound in
      try await outbound.write(ByteBuffer(string: "GET /fleet/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n"))
      var parts = inbound.makeAsyncIterator()
      _ = try await parts.next()
      running.cancel()
      do { while try await parts.next() != nil {} } catch {}
    }
    _ = await running.result
  }

  @Test func eventsReachTheirReaders() async throws {
    let operations = try FakeOperations.populated()
    try await ServerHarness.with(operations: operations) { server in
      let answer = try await server.withConnection { inbound, outbound in
        try await outbound.write(ByteBuffer(string: "GET /fleet/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n"))
        var text = ""
        for try await part in inbound {
          let isFirst = text.isEmpty
          text += String(buffer: part)
          if isFirst {
            operations.tell(
              .instance(.recovered(agentID: try AgentID("planner"), instance: "i", at: FakeOperations.start)))
            if let alert = operations.state.withLock({ $0.alerts.first }) {
              operations.tell(.alert(.init(kind: .firing, alert: alert)))
            }
          }
          if text.contains("event: alert"), text.hasSuffix("\n\n\r\n") { break }
        }
        return text
      }
      #expect(answer.contains("event: agent\ndata: {\"agent_id\":\"planner\",\"change\":\"recovered\""))
      #expect(answer.contains("event: alert\ndata: {\"alert\":{"))
    }
  }

  @Test func tooManyStreamsAreRefusedAndPlacesComeFree() async throws {
    try await ServerHarness.with(configuration: .with { $0.maximumStreams = 1 }) { server in
      let request = "GET /fleet/v1/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
      try await server.withConnection { inbound, outbound in
        try await outbound.write(ByteBuffer(string: request))
        var parts = inbound.makeAsyncIterator()
        _ = try await parts.next()
        #expect(try await server.raw(request).hasPrefix("HTTP/1.1 503 "))
      }
      // The first client has gone; its place is free as soon as the server notices.
      var status = 503
      while status == 503 {
        status = try await server.withConnection { inbound, outbound in
          try await outbound.write(ByteBuffer(string: request))
          var parts = inbound.makeAsyncIterator()
          return String(buffer: try await parts.next() ?? ByteBuffer()).hasPrefix("HTTP/1.1 503 ") ? 503 : 200
        }
      }
      #expect(status == 200)
    }
  }

  @Test func tokensAreReadAgainWhileServing() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/tokens"
      try writeFile("reader:0123456789abcdef\n", to: path)
      try await ServerHarness.with(configuration: .with { $0.security.tokenFile = path }) { server in
        let status = { (token: String) in
          try await server.ask("GET", "/fleet/v1/overview", headers: [("authorization", "Bearer \(token)")]).status
        }
        #expect(try await status("0123456789abcdef") == 200)
        try writeFile("reader:fedcba9876543210\n#\n", to: path)
        while try await status("fedcba9876543210") != 200 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try await status("0123456789abcdef") == 401)
      }
    }
  }
}

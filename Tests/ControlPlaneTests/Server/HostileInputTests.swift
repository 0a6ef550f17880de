import FleetModel
import NIOCore
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(10))) struct HostileInputTests {
  static let end = " HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"

  /// What is sent, and how the answer begins; an empty one is a closed connection.
  static let cases: [(name: String, request: [UInt8], expected: [String])] = [
    ("escaped bytes that are not UTF-8", Array("GET /fleet/v1/agents/%ff%fe\(end)".utf8), ["400"]),
    (
      "raw bytes that are not UTF-8", Array("GET /fleet/v1/agents/".utf8) + [0xFF, 0xFE] + Array(end.utf8),
      ["400", "404", ""]
    ),
    ("NUL in the path", Array("GET /fleet/v1/agents/%00\(end)".utf8), ["400"]),
    ("long path", Array("GET /\(String(repeating: "a", count: 12_000))\(end)".utf8), ["404"]),
    ("endless path", Array("GET /\(String(repeating: "a", count: 200_000))\(end)".utf8), ["400", ""]),
    ("deep path", Array("GET \(String(repeating: "/a", count: 5000))\(end)".utf8), ["404"]),
    (
      "many query items",
      Array("GET /fleet/v1/alerts?\(String(repeating: "a=b&", count: 3000))state=all\(end)".utf8), ["200"]
    ),
    ("separators alone", Array("GET /fleet/v1/alerts?\(String(repeating: "&=", count: 3000))\(end)".utf8), ["200"]),
    (
      "huge header",
      Array("GET /-/healthy HTTP/1.1\r\nhost: localhost\r\nx: \(String(repeating: "a", count: 300_000))\r\n\r\n".utf8),
      ["400", ""]
    ),
    (
      "many headers",
      Array(
        ("GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n" + String(repeating: "a: b\r\n", count: 5000) + "\r\n").utf8),
      ["400", ""]
    ),
    ("no HTTP at all", Array("\u{16}\u{3}\u{1}hello\r\n\r\n".utf8), ["400", ""]),
    ("absolute target", Array("GET http://localhost\(end)".utf8), ["200"]),
    ("absolute target of a route", Array("GET http://localhost/-/healthy\(end)".utf8), ["200"]),
    ("absolute target without host", Array("GET http://\(end)".utf8), ["400", "404", "200", ""]),
    ("asterisk", Array("OPTIONS *\(end)".utf8), ["400"]),
    ("connect", Array("CONNECT localhost:1\(end)".utf8), ["400", ""]),
    ("made-up method", Array("BREW /fleet/v1/overview\(end)".utf8), ["400", "405", ""]),
    (
      "two lengths",
      Array(
        "POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".utf8),
      ["400", ""]
    ),
    (
      "a length that is no number",
      Array("POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n{}".utf8), ["400", ""]
    ),
    (
      "a declared body over the limit",
      Array("POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\n{}".utf8), ["413"]
    ),
    (
      "a chunked body over the limit",
      Array("POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n".utf8)
        + Array("200000\r\n".utf8) + Array(repeating: 0x20, count: 0x20_0000) + Array("\r\n0\r\n\r\n".utf8),
      ["413"]
    ),
    (
      "a declared body over the limit, of a client that reads nothing before it has sent all",
      Array("POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n".utf8)
        + Array("content-length: 20000000\r\n\r\n".utf8) + Array(repeating: 0x20, count: 20_000_000),
      ["413"]
    ),
    (
      "broken chunks",
      Array(
        "POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nzz\r\n"
          .utf8), ["400", ""]
    ),
    (
      "deep JSON",
      Array(
        "POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n"
          .utf8)
        + Array("content-length: 100000\r\n\r\n".utf8) + Array(repeating: 0x5B, count: 100_000),
      ["400"]
    ),
  ]

  @Test(arguments: cases.indices) func isAnsweredOrClosed(_ index: Int) async throws {
    let test = Self.cases[index]
    try await ServerHarness.with(operations: try FakeOperations.populated()) { server in
      let answer = try await server.raw(test.request)
      let isExpected = test.expected.contains { $0.isEmpty ? answer.isEmpty : answer.hasPrefix("HTTP/1.1 \($0) ") }
      #expect(isExpected, "\(test.name): \(answer.prefix(300))")
      #expect(try await server.ask("GET", "/-/healthy").status == 200, "the server lives on after \(test.name)")
    }
  }

  @Test func slowClientsAreClosed() async throws {
    try await ServerHarness.with(
      configuration: .with {
        $0.idleTimeout = .milliseconds(100)
        $0.requestTimeout = .milliseconds(100)
      }
    ) { server in
      for start in [
        "GET /fleet", "POST /fleet/v1/rules HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{",
        "POST /nothing HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{",
      ] {
        // Comes back only if the server closes.
        _ = try await server.raw(start)
      }
    }
  }

  @Test func furtherConnectionsWait() async throws {
    try await ServerHarness.with(configuration: .with { $0.maximumConnections = 1 }) { server in
      let request = "GET /-/healthy\(Self.end)"
      async let second = server.withConnection { inbound, outbound in
        try await outbound.write(ByteBuffer(string: "GET /-/healthy HTTP/1.1\r\nhost: localhost\r\n\r\n"))
        var parts = inbound.makeAsyncIterator()
        return String(buffer: try await parts.next() ?? ByteBuffer())
      }
      let answers = [try await server.raw(request), try await second]
      #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200 ") })
    }
  }
}

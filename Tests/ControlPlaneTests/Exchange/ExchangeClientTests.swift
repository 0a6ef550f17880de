import ControlPlane
import Platform
import TestSupport
import Testing

@Suite("exchanges with agents, good and bad")
struct ExchangeClientTests {
  private static let good = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nup 1\n"

  private func answer(
    timeout: Duration = .seconds(300), limit: Int = 1 << 20,
    _ script: @escaping @Sendable (Int, Int) -> [ScriptedServer.Step]
  ) async throws -> Result<HTTPExchangeResponse, HTTPExchangeError> {
    let server = try await ScriptedServer(script)
    let client = try ExchangeClient()
    let result: Result<HTTPExchangeResponse, HTTPExchangeError>
    do {
      result = .success(
        try await client.exchange(
          HTTPExchangeRequest(url: server.url(), timeout: timeout, maximumResponseBytes: limit)))
    } catch let error as HTTPExchangeError {
      result = .failure(error)
    }
    await client.shutDown()
    try await server.stop()
    return result
  }

  @Test func anAnswerIsReadWhole() async throws {
    let response = try await answer { _, _ in [.text(Self.good)] }.get()
    #expect(response.status == 200)
    #expect(response.header("content-type") == "text/plain")
    #expect(response.body == Array("up 1\n".utf8))
  }

  @Test func oneConnectionServesManyExchanges() async throws {
    let server = try await ScriptedServer { connection, request in
      let body = "\(connection) \(request)"
      return [.text("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }
    let client = try ExchangeClient()
    for request in 0..<5 {
      let response = try await client.exchange(HTTPExchangeRequest(url: server.url(), timeout: .seconds(300)))
      #expect(String(decoding: response.body, as: UTF8.self) == "0 \(request)")
    }
    await client.shutDown()
    try await server.stop()
  }

  @Test func aConnectionThatWasClosedMeanwhileIsReplaced() async throws {
    let server = try await ScriptedServer { connection, request in
      request == 0 ? [.text(Self.good)] : [.close]
    }
    let client = try ExchangeClient()
    for _ in 0..<3 {
      let response = try await client.exchange(HTTPExchangeRequest(url: server.url(), timeout: .seconds(300)))
      #expect(response.status == 200)
    }
    await client.shutDown()
    try await server.stop()
  }

  @Test func aRedirectIsNotFollowed() async throws {
    let response = try await answer { _, _ in
      [.text("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")]
    }.get()
    #expect(response.status == 302)
  }

  @Test func anEndlessBodyStopsAtTheLimit() async throws {
    let result = try await answer(limit: 100_000) { _, _ in
      [
        .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        .repeatForever(Array("a\r\nup 1\nup 2\n\r\n".utf8)),
      ]
    }
    #expect(throws: HTTPExchangeError.bodyTooLarge(limit: 100_000)) { try result.get() }
  }

  @Test func aGzipBombStopsAtTheLimit() async throws {
    // 16 MiB of zeros in 16 kB: a stored-table deflate stream made by zlib at its best level.
    let bomb = try #require(GzipFixture.zeros(mebibytes: 16))
    let result = try await answer { _, _ in
      [
        .text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n"), .send(bomb),
      ]
    }
    #expect(throws: HTTPExchangeError.bodyTooLarge(limit: 1 << 20)) { try result.get() }
  }

  @Test func gzipIsUnpacked() async throws {
    let packed = try #require(GzipFixture.zeros(mebibytes: 1))
    let response = try await answer(limit: 2 << 20) { _, _ in
      [.text("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n"), .send(packed)]
    }.get()
    #expect(response.body.count == 1 << 20)
  }

  @Test(arguments: [
    ("garbage", "\u{1}\u{2}\u{3}garbage\r\n\r\n"),
    ("cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nup 1\n"),
    ("cut in the head", "HTTP/1.1 200 OK\r\nContent-Le"),
    ("nothing at all", ""),
    ("not gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nup 1\n"),
    ("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nup 1\n"),
  ])
  func whatIsNotAWholeAnswerIsAnError(name: String, text: String) async throws {
    let result = try await answer { _, _ in [.text(text), .close] }
    guard case .failure(.malformedResponse) = result else {
      Issue.record("\(name): \(result)")
      return
    }
  }

  @Test func halfClosingAfterAPartIsAnError() async throws {
    let result = try await answer { _, _ in
      [.text("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nup 1\n"), .closeOutput]
    }
    guard case .failure(.malformedResponse) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func aSilentPeerIsGivenUp() async throws {
    let result = try await answer(timeout: .milliseconds(50)) { _, _ in [] }
    #expect(throws: HTTPExchangeError.timeout(after: .milliseconds(50))) { try result.get() }
  }

  @Test func nobodyListeningIsSaidInWords() async throws {
    // Bound and not listening: nobody else can take the port meanwhile.
    let reserved = try ReservedPort()
    let client = try ExchangeClient()
    await #expect(throws: HTTPExchangeError.cannotConnect("127.0.0.1:\(reserved.port): connection refused")) {
      try await client.exchange(
        HTTPExchangeRequest(url: "http://127.0.0.1:\(reserved.port)/metrics", timeout: .seconds(300)))
    }
    await client.shutDown()
  }

  @Test func aRefusedAddressGetsNoRequest() async throws {
    let server = try await ScriptedServer { _, _ in [.text(Self.good)] }
    var configuration = ExchangeClient.Configuration()
    configuration.refusal = { $0 == "127.0.0.1" ? "not that one" : nil }
    let client = try ExchangeClient(configuration: configuration)
    await #expect(throws: HTTPExchangeError.cannotConnect("localhost is 127.0.0.1: not that one")) {
      try await client.exchange(
        HTTPExchangeRequest(url: "http://localhost:\(server.port)/", timeout: .seconds(300)))
    }
    await client.shutDown()
    try await server.stop()
  }

  @Test(arguments: ["", "/metrics", "ftp://host/", "http://", "http://user:pass@host/", "http://host:99999/"])
  func anythingButAnAbsoluteURLIsRefused(url: String) async throws {
    let client = try ExchangeClient()
    await #expect(throws: HTTPExchangeError.invalidURL(url)) {
      try await client.exchange(HTTPExchangeRequest(url: url, timeout: .seconds(300)))
    }
  }

  @Test func cancellingEndsTheExchange() async throws {
    let server = try await ScriptedServer { _, _ in [] }
    let client = try ExchangeClient()
    let exchange = Task {
      try await client.exchange(HTTPExchangeRequest(url: server.url(), timeout: .seconds(300)))
    }
    exchange.cancel()
    await #expect(throws: CancellationError.self) { try await exchange.value }
    await client.shutDown()
    try await server.stop()
  }
}

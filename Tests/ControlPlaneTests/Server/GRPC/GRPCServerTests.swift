import NIOCore
import NIOSSL
import Platform
import Synchronization
import Testing

@testable import ControlPlane

@Suite struct GRPCServerTests {
  static let path = "/test.Echo/Say"

  /// Answers with what it gets.
  static let echo = GRPCMethod(path: path, access: .agent) { message, _ throws(GRPCFailure) in message }

  static func zipped(_ bytes: [UInt8]) -> [UInt8] {
    var packed = [UInt8](repeating: 0, count: Gzip.bound(bytes.count))
    let count = packed.withUnsafeMutableBytes { target in bytes.withUnsafeBytes { Gzip.compress($0, to: target) } } ?? 0
    return Array(packed.prefix(count))
  }

  @Test func aMessageIsAnswered() async throws {
    try await GRPCHarness.with([Self.echo]) { server in
      let client = try await GRPCClient(port: server.port)
      for size in [0, 1, 5, 70_000, 3 << 20] {
        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let answer = try await client.call(Self.path, [GRPCClient.framed(message)])
        #expect(answer.isComplete && answer.status == 0 && answer.headers[":status"] == "200")
        #expect(answer.headers["content-type"] == "application/grpc" && answer.message == message)
      }
      await client.close()
    }
  }

  @Test func howTheMessageIsCutDoesNotMatter() async throws {
    try await GRPCHarness.with([Self.echo]) { server in
      let client = try await GRPCClient(port: server.port)
      let framed = GRPCClient.framed(Array("hello".utf8))
      for parts in [framed.map { [$0] }, [Array(framed.prefix(3)), Array(framed.dropFirst(3))]] {
        #expect(try await client.call(Self.path, parts).message == Array("hello".utf8))
      }
      await client.close()
    }
  }

  @Test func gzipIsTaken() async throws {
    try await GRPCHarness.with([Self.echo], configuration: .with { $0.maximumMessageBytes = 10_000 }) { server in
      let client = try await GRPCClient(port: server.port)
      let gzip = [("grpc-encoding", "gzip")]
      let message = Array(String(repeating: "skep ", count: 1000).utf8)
      let answer = try await client.call(Self.path, [GRPCClient.framed(Self.zipped(message), flag: 1)], headers: gzip)
      #expect(answer.message == message)
      // Whoever says gzip may leave a message as it is.
      #expect(try await client.call(Self.path, [GRPCClient.framed([7])], headers: gzip).message == [7])
      // What is small on the wire and large in memory.
      let bomb = GRPCClient.framed(Self.zipped([UInt8](repeating: 0, count: 5 << 20)), flag: 1)
      #expect(try await client.call(Self.path, [bomb], headers: gzip).status == 8)
      #expect(try await client.call(Self.path, [GRPCClient.framed([1, 2, 3], flag: 1)], headers: gzip).status == 3)
      #expect(server.server.heldBytes == 0)
      await client.close()
    }
  }

  /// Each refusal with its code, and the connection lives on.
  @Test(
    arguments: [
      ("an unknown method", "/test.Echo/Shout", [GRPCClient.framed([])], [], 12),
      ("an unknown encoding", path, [GRPCClient.framed([])], [("grpc-encoding", "snappy")], 12),
      ("no message", path, [], [], 13),
      ("half a message", path, [Array(GRPCClient.framed([1, 2, 3]).dropLast())], [], 13),
      ("half a prefix", path, [[0, 0]], [], 13),
      ("two messages", path, [GRPCClient.framed([1]) + GRPCClient.framed([2])], [], 13),
      ("a flag that is none", path, [GRPCClient.framed([1], flag: 2)], [], 13),
      ("compressed, nobody says how", path, [GRPCClient.framed([1], flag: 1)], [], 13),
      ("too large", path, [GRPCClient.framed([UInt8](repeating: 1, count: 1001))], [], 8),
      ("a length that is a lie", path, [[0, 0xff, 0xff, 0xff, 0xff, 1]], [], 8),
      ("a timeout that is none", path, [GRPCClient.framed([1])], [("grpc-timeout", "soon")], 13),
    ] as [(String, String, [[UInt8]], [(String, String)], Int)])
  func whatIsWrongIsRefused(
    what: String, path: String, parts: [[UInt8]], headers: [(String, String)], status: Int
  ) async throws {
    try await GRPCHarness.with([Self.echo], configuration: .with { $0.maximumMessageBytes = 1000 }) { server in
      let client = try await GRPCClient(port: server.port)
      let answer = try await client.call(path, parts, headers: headers)
      #expect(answer.isComplete && answer.status == status && !answer.words.isEmpty, "\(what): \(answer)")
      #expect(try await client.call(Self.path, [GRPCClient.framed([9])]).message == [9])
      #expect(server.server.heldBytes == 0)
      await client.close()
    }
  }

  @Test func aClientThatSendsOnIsAnsweredAtOnce() async throws {
    try await GRPCHarness.with([Self.echo], configuration: .with { $0.maximumMessageBytes = 1000 }) { server in
      let client = try await GRPCClient(port: server.port)
      let answer = try await client.call(Self.path, [[0, 0xff, 0xff, 0xff, 0xff, 1]], ends: false)
      #expect(answer.status == 8)
      #expect(try await client.call(Self.path, [GRPCClient.framed([9])]).message == [9])
      await client.close()
    }
  }

  @Test func whatIsNotGRPCGetsAnHTTPAnswer() async throws {
    try await GRPCHarness.with([Self.echo]) { server in
      let client = try await GRPCClient(port: server.port)
      #expect(try await client.call(Self.path, [[1]], contentType: "application/json").headers[":status"] == "415")
      #expect(try await client.call(Self.path, [], method: "GET").headers[":status"] == "405")
      await client.close()
    }
  }

  @Test func aCallEndsWithItsDeadline() async throws {
    let (blocked, release) = AsyncStream.makeStream(of: Void.self)
    let slow = GRPCMethod(path: "/test.Echo/Slow", access: .agent) { message, _ throws(GRPCFailure) in
      for await _ in blocked {}
      return message
    }
    try await GRPCHarness.with([Self.echo, slow]) { server in
      let client = try await GRPCClient(port: server.port)
      let answer = try await client.call(slow.path, [GRPCClient.framed([1])], headers: [("grpc-timeout", "1m")])
      #expect(answer.status == 4)
      #expect(try await client.call(Self.path, [GRPCClient.framed([9])]).message == [9])
      release.finish()
      await client.close()
    }
  }

  /// A call that its client gave up holds its bytes until it is done with, and is not worked on.
  @Test func callsThatAreGivenUpHoldWhatTheyHave() async throws {
    let (blocked, release) = AsyncStream.makeStream(of: Void.self)
    let (begins, begin) = AsyncStream.makeStream(of: Void.self)
    let slow = GRPCMethod(path: "/test.Echo/Slow", access: .agent) { message, _ throws(GRPCFailure) in
      begin.yield()
      for await _ in blocked {}
      return message
    }
    try await GRPCHarness.with([Self.echo, slow], configuration: .with { $0.maximumWorking = 1 }) { server in
      let client = try await GRPCClient(port: server.port)
      var begun = begins.makeAsyncIterator()
      async let first = client.call(slow.path, [GRPCClient.framed([1])])
      _ = await begun.next()
      let large = GRPCClient.framed([UInt8](repeating: 1, count: 5000))
      #expect(try await client.call(slow.path, [large], headers: [("grpc-timeout", "1S")]).status == 4)
      #expect(server.server.heldBytes > 5000)
      release.finish()
      #expect(try await first.message == [1])
      #expect(try await client.call(Self.path, [GRPCClient.framed([9])]).message == [9])
      #expect(server.server.heldBytes == 0)
      begin.finish()
      let again: Void? = await begun.next()
      #expect(again == nil)
      await client.close()
    }
  }

  /// A client that resets its streams gains no room for more: what it sent counts until it is thrown away, and is not worked on.
  @Test func callsThatAreResetHoldWhatTheyHave() async throws {
    let (blocked, release) = AsyncStream.makeStream(of: Void.self)
    let (begins, begin) = AsyncStream.makeStream(of: Void.self)
    let slow = GRPCMethod(path: "/test.Echo/Slow", access: .agent) { message, _ throws(GRPCFailure) in
      begin.yield()
      for await _ in blocked {}
      return message
    }
    let configuration = GRPCServerConfiguration.with {
      $0.maximumWorking = 1
      $0.maximumHeldBytes = 20_000
    }
    try await GRPCHarness.with([Self.echo, slow], configuration: configuration) { server in
      let client = try await GRPCClient(port: server.port)
      var begun = begins.makeAsyncIterator()
      async let first = client.call(slow.path, [GRPCClient.framed([1])])
      _ = await begun.next()
      let large = GRPCClient.framed([UInt8](repeating: 1, count: 8000))
      for count in 1...2 { try await client.giveUp(slow.path, large) { server.server.heldBytes > count * 8000 } }
      // Answered in its turn, by which the resets have come in.
      #expect(try await client.call("/test.Echo/None", [GRPCClient.framed([1])]).status == 12)
      #expect(server.server.heldBytes > 16_000)
      #expect(try await client.call(slow.path, [large]).status == 14)
      release.finish()
      #expect(try await first.message == [1])
      #expect(try await client.call(Self.path, [GRPCClient.framed([9])]).message == [9])
      #expect(server.server.heldBytes == 0)
      begin.finish()
      let again: Void? = await begun.next()
      #expect(again == nil)
      await client.close()
    }
  }

  @Test func whatCallsHoldTogetherIsBounded() async throws {
    try await GRPCHarness.with([Self.echo], configuration: .with { $0.maximumHeldBytes = 2000 }) { server in
      let client = try await GRPCClient(port: server.port)
      let large = GRPCClient.framed([UInt8](repeating: 1, count: 3000))
      #expect(try await client.call(Self.path, [large]).status == 14)
      #expect(try await client.call(Self.path, [GRPCClient.framed([9])]).message == [9])
      #expect(server.server.heldBytes == 0)
      await client.close()
    }
  }

  @Test func manyCallsShareAConnection() async throws {
    try await GRPCHarness.with([Self.echo]) { server in
      let client = try await GRPCClient(port: server.port)
      let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<90 {
          group.addTask {
            let message = [UInt8](repeating: UInt8(number), count: number * 997)
            return try await client.call(Self.path, [GRPCClient.framed(message)]).message == message
          }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(answers == 90)
      await client.close()
    }
  }

  @Test func whoMayNotWriteIsTold() async throws {
    try await withTemporaryDirectory { directory in
      let file = directory + "/tokens"
      try writeFile("agent:abcdefgh12345678\nreader:reader-reader-reader\n", to: file)
      var security = SecurityConfiguration()
      security.tokenFile = file
      try await GRPCHarness.with([Self.echo], security: security) { server in
        let client = try await GRPCClient(port: server.port)
        let message = [GRPCClient.framed([1])]
        for (token, status) in [("abcdefgh12345678", 0), ("reader-reader-reader", 7), ("nobody-nobody-nobody", 16)] {
          let answer = try await client.call(Self.path, message, headers: [("authorization", "Bearer \(token)")])
          #expect(answer.status == status)
        }
        #expect(try await client.call(Self.path, message).status == 16)
        await client.close()
      }
    }
  }

  @Test func anotherNameOfThisMachineIsRefused() async throws {
    try await GRPCHarness.with([Self.echo]) { server in
      let client = try await GRPCClient(port: server.port)
      let answer = try await client.call(
        Self.path, [GRPCClient.framed([1])], headers: [(":authority", "evil.example:4317")])
      #expect(answer.status == 7)
      await client.close()
    }
  }

  @Test(.enabled(if: Certificates.openssl != nil)) func tlsIsSpoken() async throws {
    try await withTemporaryDirectory { directory in
      let certificates = try await Certificates.make(in: directory)
      var security = SecurityConfiguration()
      security.tls = SecurityConfiguration.TLS(
        certificateFile: certificates.server, keyFile: certificates.serverKey, clientCAFile: certificates.ca)
      try await GRPCHarness.with([Self.echo], security: security) { server in
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(certificates.ca)
        tls.applicationProtocols = ["h2"]
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificates.client).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificates.clientKey, format: .pem))
        let client = try await GRPCClient(port: server.port, tls: tls)
        #expect(try await client.call(Self.path, [GRPCClient.framed([9])]).message == [9])
        await client.close()
      }
    }
  }

  /// The call in progress is answered, the connection ends by itself, and no further one is taken.
  @Test func aShutdownLetsCallsFinish() async throws {
    let (began, beginning) = AsyncStream.makeStream(of: Void.self)
    let (blocked, release) = AsyncStream.makeStream(of: Void.self)
    let slow = GRPCMethod(path: "/test.Echo/Slow", access: .agent) { message, _ throws(GRPCFailure) in
      beginning.yield()
      for await _ in blocked {}
      return message
    }
    try await GRPCHarness.with([Self.echo, slow], configuration: .with { $0.shutdownGrace = .seconds(60) }) { server in
      let client = try await GRPCClient(port: server.port)
      async let answer = client.call(slow.path, [GRPCClient.framed([5])])
      _ = await began.first { _ in true }
      await server.shutDown()
      release.finish()
      #expect(try await answer.message == [5])
      try await client.channel.closeFuture.get()
    }
  }

  @Test func whatDoesNotSpeakHTTP2IsClosed() async throws {
    try await GRPCHarness.with([Self.echo]) { server in
      let harness = ServerHarness(
        port: server.port, url: "", operations: FakeOperations(), store: FakeStoreOperations())
      _ = try await harness.raw("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
      _ = try await harness.raw([UInt8](repeating: 0x16, count: 4096))
      let client = try await GRPCClient(port: server.port)
      #expect(try await client.call(Self.path, [GRPCClient.framed([9])]).message == [9])
      await client.close()
    }
  }

  @Test(arguments: [("é", "%C3%A9"), ("100%", "100%25"), ("a\nb", "a%0Ab"), ("plain ~", "plain ~")])
  func messagesArePercentEncoded(text: String, encoded: String) {
    #expect(GRPCFailure(.internalError, text).encodedMessage == encoded)
  }

  @Test(
    arguments: [
      ("1H", .hours(1)), ("2M", .minutes(2)), ("3S", .seconds(3)), ("4m", .milliseconds(4)), ("5u", .microseconds(5)),
      ("6n", .nanoseconds(6)), ("99999999H", .seconds(99_999_999 * 3600)), ("", nil), ("S", nil), ("-1S", nil),
      ("123456789S", nil), ("1x", nil),
    ] as [(String, TimeAmount?)])
  func timeoutsAreRead(text: String, expected: TimeAmount?) { #expect(GRPCTimeout.parse(text) == expected) }
}

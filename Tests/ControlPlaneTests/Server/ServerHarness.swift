import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Platform
import ServiceLifecycle

@testable import ControlPlane

/// A server on a free port with a fake fleet behind it.
struct ServerHarness: Sendable {
  var port: Int
  var url: String
  var operations: FakeOperations
  var store: FakeStoreOperations

  /// Starts a server, hands it to `body`, and shuts it down gracefully whatever happens.
  static func with<Result: Sendable>(
    operations: FakeOperations = FakeOperations(), store: FakeStoreOperations = FakeStoreOperations(),
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    configuration: FleetServerConfiguration = .with { _ in }, routes: [APIRoute] = [],
    time: any TimeSource = SystemTime(),
    _ body: @escaping @Sendable (ServerHarness) async throws -> Result
  ) async throws -> Result {
    var configuration = configuration
    configuration.address = ListenAddress(port: 0)
    configuration.shutdownGrace = .milliseconds(200)
    let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
    let server = try FleetServer(
      configuration: configuration, operations: operations, store: store, metrics: { "skep_up 1\n" },
      look: { await operations.board() }, routes: routes,
      time: time, logger: logger, onListening: { continuation.yield($0) })
    let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { continuation.finish() }
        try await group.run()
      }
      guard let address = await addresses.first(where: { _ in true }) else {
        try await tasks.waitForAll()
        throw CancellationError()
      }
      let harness = ServerHarness(
        port: address.port, url: server.url(for: address), operations: operations, store: store)
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body(harness)) } catch { result = .failure(error) }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return try result.get()
    }
  }

  struct Answer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: String

    var json: JSONValue? { try? JSONParser.parse(Array(body.utf8)) }
  }

  func ask(
    _ method: String = "GET", _ path: String, headers: [(String, String)] = [], body: String? = nil,
    bytes: [UInt8]? = nil, client: HTTPClient = .patient
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: url + path)
    request.method = HTTPMethod(rawValue: method)
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    // This client refuses what compresses as well as a list of a thousand agents does.
    if client === HTTPClient.patient { request.headers.replaceOrAdd(name: "accept-encoding", value: "identity") }
    if let body {
      request.body = .bytes(ByteBuffer(string: body))
      if !request.headers.contains(name: "content-type") {
        request.headers.add(name: "content-type", value: "application/json")
      }
    }
    if let bytes { request.body = .bytes(bytes) }
    let response = try await client.execute(request, timeout: .seconds(300))
    let bytes = try await response.body.collect(upTo: 32 << 20)
    return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
  }

  /// Sends bytes as they are and reads until the server closes.
  func raw(_ bytes: String) async throws -> String { try await raw(Array(bytes.utf8)) }

  func raw(_ bytes: [UInt8]) async throws -> String {
    try await withConnection { inbound, outbound in
      var answer = ""
      // A server that has heard enough may reset the connection while we still send.
      do {
        try await outbound.write(ByteBuffer(bytes: bytes))
        for try await part in inbound { answer += String(buffer: part) }
      } catch {}
      return answer
    }
  }

  func withConnection<Result: Sendable>(
    _ body: (NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws -> Result
  ) async throws -> Result {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.minutes(5))
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connect(to: SocketAddress(ipAddress: "127.0.0.1", port: port)) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
    return try await channel.executeThenClose { try await body($0, $1) }
  }
}

extension FleetServerConfiguration {
  /// The defaults but for `change` and for the limits of time, which a busy machine must not reach.
  static func with(_ change: (inout Self) -> Void) -> Self {
    var configuration = Self()
    configuration.requestTimeout = .seconds(600)
    configuration.idleTimeout = .seconds(600)
    change(&configuration)
    return configuration
  }
}

/// A directory that is gone after `body`.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  var template = Array("/tmp/skep-test-XXXXXX".utf8CString)
  guard let path = mkdtemp(&template).map({ String(cString: $0) }) else { throw CancellationError() }
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}

func writeFile(_ text: String, to path: String, mode: mode_t = 0o600) throws {
  try Data(text.utf8).write(to: URL(filePath: path))
  chmod(path, mode)
}

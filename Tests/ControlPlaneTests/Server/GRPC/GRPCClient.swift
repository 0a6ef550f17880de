import Logging
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Platform
import ServiceLifecycle

@testable import ControlPlane

/// What came back on one stream.
struct GRPCAnswer: Sendable {
  var headers: [String: String] = [:]
  var body: [UInt8] = []
  /// Whether the server ended the stream as it should.
  var isComplete = false

  var status: Int? { headers["grpc-status"].flatMap { Int($0) } }
  var words: String { headers["grpc-message"] ?? "" }
  /// The message without its prefix.
  var message: [UInt8] { Array(body.dropFirst(5)) }
}

/// One HTTP/2 connection, and calls on it whose every frame a test can choose.
struct GRPCClient: Sendable {
  let channel: any Channel
  private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
  private let authority: String
  private let scheme: String

  init(port: Int, tls: TLSConfiguration? = nil) async throws {
    authority = "127.0.0.1:\(port)"
    scheme = tls == nil ? "http" : "https"
    let context = try tls.map { try NIOSSLContext(configuration: $0) }
    let (multiplexers, continuation) = AsyncStream.makeStream(of: NIOHTTP2Handler.StreamMultiplexer.self)
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.minutes(5))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(
              try NIOSSLClientHandler(context: context, serverHostname: nil))
          }
          continuation.yield(
            try channel.pipeline.syncOperations.configureHTTP2Pipeline(
              mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
            ) { $0.close() })
        }
      }
      .connect(to: SocketAddress(ipAddress: "127.0.0.1", port: port)).get()
    guard let multiplexer = await multiplexers.first(where: { _ in true }) else { throw CancellationError() }
    self.multiplexer = multiplexer
  }

  /// - Parameters:
  ///   - parts: the data frames; nothing is framed.
  ///   - ends: whether the client ends the stream after them.
  func call(
    _ path: String, _ parts: [[UInt8]], headers: [(String, String)] = [], ends: Bool = true, method: String = "POST",
    contentType: String = "application/grpc"
  ) async throws -> GRPCAnswer {
    let (answers, continuation) = AsyncStream.makeStream(of: GRPCAnswer.self)
    try await begin(path, parts, headers: headers, ends: ends, method: method, contentType: contentType) {
      continuation.yield($0)
    }
    guard let answer = await answers.first(where: { _ in true }) else { throw CancellationError() }
    return answer
  }

  /// Sends a whole call and resets its stream once the server has it.
  func giveUp(_ path: String, _ message: [UInt8], once hasArrived: () -> Bool) async throws {
    let stream = try await begin(path, [message]) { _ in }
    while !hasArrived() { try await Task.sleep(for: .milliseconds(5)) }
    try await stream.writeAndFlush(HTTP2Frame.FramePayload.rstStream(.cancel)).get()
  }

  @discardableResult
  private func begin(
    _ path: String, _ parts: [[UInt8]], headers: [(String, String)] = [], ends: Bool = true, method: String = "POST",
    contentType: String = "application/grpc", tell: @escaping @Sendable (GRPCAnswer) -> Void
  ) async throws -> any Channel {
    let stream = try await multiplexer.createStreamChannel { stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandler(AnswerCollector(tell))
      }
    }.get()
    // Pseudo-headers come before all others (RFC 9113, section 8.3).
    let named = headers.first { $0.0 == ":authority" }?.1 ?? authority
    var head: HPACKHeaders = [
      ":method": method, ":scheme": scheme, ":path": path, ":authority": named, "content-type": contentType,
      "te": "trailers",
    ]
    for (name, value) in headers where !name.hasPrefix(":") { head.replaceOrAdd(name: name, value: value) }
    stream.write(
      HTTP2Frame.FramePayload.headers(.init(headers: head, endStream: ends && parts.isEmpty)), promise: nil)
    for (index, part) in parts.enumerated() {
      let last = ends && index == parts.count - 1
      stream.write(
        HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer(bytes: part)), endStream: last)), promise: nil)
    }
    stream.flush()
    return stream
  }

  func close() async { try? await channel.close() }

  /// A message with its prefix.
  static func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    [flag] + (0..<4).map { UInt8(truncatingIfNeeded: message.count >> (24 - 8 * $0)) } + message
  }
}

private final class AnswerCollector: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload

  private var answer = GRPCAnswer()
  private var isTold = false
  private let tell: (GRPCAnswer) -> Void

  init(_ tell: @escaping (GRPCAnswer) -> Void) { self.tell = tell }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .headers(let headers):
      for header in headers.headers { answer.headers[header.name] = header.value }
      if headers.endStream { finish(complete: true) }
    case .data(let data):
      if case .byteBuffer(let bytes) = data.data { answer.body += Array(bytes.readableBytesView) }
      if data.endStream { finish(complete: true) }
    default: break
    }
  }

  func channelInactive(context: ChannelHandlerContext) { finish(complete: false) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(complete: false) }

  private func finish(complete: Bool) {
    if isTold { return }
    isTold = true
    answer.isComplete = complete
    tell(answer)
  }
}

/// A gRPC server on a free port.
struct GRPCHarness: Sendable {
  var port: Int
  var server: GRPCServer
  var shutDown: @Sendable () async -> Void

  static func with<Result: Sendable>(
    _ methods: [GRPCMethod], security: SecurityConfiguration = SecurityConfiguration(),
    configuration: GRPCServerConfiguration = .with { _ in },
    _ body: @escaping @Sendable (GRPCHarness) async throws -> Result
  ) async throws -> Result {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
    let server = try GRPCServer(
      configuration: configuration, security: try ServerSecurity(security, logger: logger), methods: methods,
      time: SystemTime(), logger: logger
    ) { continuation.yield($0) }
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
      let harness = GRPCHarness(port: address.port, server: server) { await group.triggerGracefulShutdown() }
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body(harness)) } catch { result = .failure(error) }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return try result.get()
    }
  }
}

extension GRPCServerConfiguration {
  /// A free port and the defaults but for `change` and for the limits of time, which a busy machine must not reach.
  static func with(_ change: (inout Self) -> Void) -> Self {
    var configuration = Self()
    configuration.address = ListenAddress(port: 0)
    configuration.callTimeout = .seconds(600)
    configuration.shutdownGrace = .milliseconds(500)
    change(&configuration)
    return configuration
  }
}

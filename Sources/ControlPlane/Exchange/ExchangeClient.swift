import FleetModel
import NIOCore
import NIOPosix
import NIOSSL
public import Platform
import Synchronization

/// The HTTP/1.1 client behind collections, health checks and webhooks.
///
/// It keeps one idle connection per origin alive between two exchanges, follows no redirect, and bounds every exchange in
/// time and bytes. Collections are a hot path (`docs/decisions/0004-exchange-client.md`): a kept connection remembers the
/// bytes of its last request, and holds no buffer while it waits.
public final class ExchangeClient: HTTPExchanger {
  /// What the client is allowed and how it proves who it is.
  public struct Configuration: Sendable {
    /// The largest decompressed body of any exchange, in bytes; a request may ask for less.
    public var maximumResponseBytes = 16 << 20
    /// How long an unused connection is kept.
    public var idleTimeout: Duration = .seconds(90)
    /// Whether a peer at this numeric address may be talked to; the reason if not. Asked after name resolution.
    public var refusal: @Sendable (_ address: String) -> String? = { _ in nil }
    /// A PEM file of certificate authorities to trust beside the system's.
    public var trustRootsFile: String?

    public init() {}
  }

  private let configuration: Configuration
  private let tls: NIOSSLContext
  private let idle = Mutex(IdlePool())
  private let parsed = Mutex<[String: Endpoint]>([:])
  private let closed = Atomic(false)
  private let exchanges = Atomic<UInt64>(0)

  private struct IdleConnection {
    let channel: any Channel
    let handler: NIOLoopBound<ExchangeHandler>
    var idleSince = NIODeadline.now()
    /// What was sent last, and its bytes.
    var lastRequest: HTTPExchangeRequest?
    var lastBytes = ByteBuffer()
  }

  private struct IdlePool {
    var connections: [Origin: [IdleConnection]] = [:]
    var lastSweep = NIODeadline.now()
  }

  /// - Throws: if the trust roots cannot be read.
  public init(configuration: Configuration = Configuration()) throws {
    self.configuration = configuration
    var tls = TLSConfiguration.makeClientConfiguration()
    if let file = configuration.trustRootsFile { tls.additionalTrustRoots = [.file(file)] }
    self.tls = try NIOSSLContext(configuration: tls)
  }

  public func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse {
    let endpoint = try endpoint(of: request.url)
    let deadline = NIODeadline.now() + .milliseconds(min(request.timeout.wholeMilliseconds, 86_400_000))
    if let connection = takeIdle(endpoint.origin) {
      do {
        return try await perform(request, on: connection, endpoint: endpoint, deadline: deadline)
      } catch is ClosedBeforeAnswer where request.method == .get {
        // The peer closed the idle connection while the request was under way: nothing was answered, so ask afresh.
      } catch let error as ClosedBeforeAnswer {
        throw error.asExchangeError
      }
    }
    do {
      let connection = try await connect(to: endpoint.origin, timeout: deadline - .now(), of: request)
      return try await perform(request, on: connection, endpoint: endpoint, deadline: deadline)
    } catch let error as ClosedBeforeAnswer {
      throw error.asExchangeError
    }
  }

  /// Closes the idle connections. Exchanges under way end by themselves; their connections are not kept.
  public func shutDown() async {
    closed.store(true, ordering: .releasing)
    let connections = idle.withLock { idle in
      defer { idle.connections = [:] }
      return idle.connections.values.flatMap { $0 }
    }
    for connection in connections { try? await connection.channel.close().get() }
  }

  // MARK: One exchange

  private func perform(
    _ request: HTTPExchangeRequest, on connection: IdleConnection, endpoint: Endpoint, deadline: NIODeadline
  ) async throws -> HTTPExchangeResponse {
    var connection = connection
    if connection.lastRequest != request {
      connection.lastBytes = Self.bytes(of: request, to: endpoint)
      connection.lastRequest = request
    }
    let outgoing = ExchangeHandler.Outgoing(
      id: exchanges.wrappingAdd(1, ordering: .relaxed).newValue, bytes: connection.lastBytes, deadline: deadline,
      timeout: request.timeout, maximumBytes: min(request.maximumResponseBytes, configuration.maximumResponseBytes))
    if request.method != .get {
      connection.lastRequest = nil
      connection.lastBytes = ByteBuffer()
    }
    let loop = connection.channel.eventLoop
    let handler = connection.handler
    let (response, reusable) = try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation {
        (continuation: UnsafeContinuation<ExchangeHandler.Answer, any Error>) in
        if loop.inEventLoop {
          handler.value.start(outgoing, continuation)
        } else {
          loop.execute { handler.value.start(outgoing, continuation) }
        }
      }
    } onCancel: {
      loop.execute { handler.value.cancel(outgoing.id) }
    }
    if reusable { keepIdle(connection, origin: endpoint.origin) }
    return response
  }

  private static func bytes(of request: HTTPExchangeRequest, to endpoint: Endpoint) -> ByteBuffer {
    var text = "\(request.method.rawValue) \(endpoint.target) HTTP/1.1\r\nHost: \(endpoint.hostHeader)\r\n"
    func add(_ name: String, _ value: String) {
      // Control characters in a name or value would begin another field, or another request.
      let isClean = { (text: String) in text.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 } }
      guard isClean(name), isClean(value) else { return }
      text += "\(name): \(value)\r\n"
    }
    if !request.headers.contains(where: { $0.name.lowercased() == "user-agent" }) { add("User-Agent", "skep") }
    // Over loopback compressing costs both ends more than the bytes do.
    if !endpoint.origin.isLoopback { add("Accept-Encoding", "gzip") }
    for field in request.headers { add(field.name, field.value) }
    if request.method == .post { add("Content-Length", String(request.body.count)) }
    text += "\r\n"
    var buffer = ByteBufferAllocator().buffer(capacity: text.utf8.count + request.body.count)
    buffer.writeString(text)
    buffer.writeBytes(request.body)
    return buffer
  }

  // MARK: Connections

  private func connect(to origin: Origin, timeout: TimeAmount, of request: HTTPExchangeRequest) async throws
    -> IdleConnection
  {
    guard timeout > .nanoseconds(0) else { throw HTTPExchangeError.timeout(after: request.timeout) }
    let tls = origin.secure ? self.tls : nil
    let bootstrap = ClientBootstrap(
      group: MultiThreadedEventLoopGroup.currentEventLoop ?? MultiThreadedEventLoopGroup.singleton
    )
    .connectTimeout(timeout)
    .channelOption(.socketOption(.tcp_nodelay), value: 1)
    .channelOption(.recvAllocator, value: SharedReceiveAllocator())
    .channelOption(.maxMessagesPerRead, value: 1)
    .channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
          let name = origin.isNumeric ? nil : origin.host
          try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
        }
        try pipeline.addHandler(ExchangeHandler())
      }
    }
    do {
      let channel = try await bootstrap.connect(host: origin.host, port: origin.port).get()
      if let address = channel.remoteAddress?.ipAddress, let reason = configuration.refusal(address) {
        try? await channel.close().get()
        throw HTTPExchangeError.cannotConnect("\(origin.host) is \(address): \(reason)")
      }
      let handler = try await channel.eventLoop.submit {
        NIOLoopBound(
          try channel.pipeline.syncOperations.handler(type: ExchangeHandler.self), eventLoop: channel.eventLoop)
      }.get()
      return IdleConnection(channel: channel, handler: handler)
    } catch let error as HTTPExchangeError {
      throw error
    } catch let error as ChannelError {
      if case .connectTimeout = error { throw HTTPExchangeError.timeout(after: request.timeout) }
      throw HTTPExchangeError.cannotConnect("\(origin.host):\(origin.port): \(error)")
    } catch {
      try Task.checkCancellation()
      throw HTTPExchangeError.cannotConnect("\(origin.host):\(origin.port): \(ConnectFailure.words(for: error))")
    }
  }

  private func takeIdle(_ origin: Origin) -> IdleConnection? {
    idle.withLock { idle in
      while let connection = idle.connections[origin]?.popLast() {
        if connection.channel.isActive { return connection }
      }
      return nil
    }
  }

  private func keepIdle(_ connection: IdleConnection, origin: Origin) {
    guard !closed.load(ordering: .acquiring) else {
      connection.channel.close(promise: nil)
      return
    }
    var connection = connection
    connection.idleSince = .now()
    let superfluous = idle.withLock { idle in
      var superfluous = sweep(&idle, now: connection.idleSince)
      // One collection and one health check at a time is all that an origin sees in steady state.
      if idle.connections[origin, default: []].count < 2 {
        idle.connections[origin, default: []].append(connection)
      } else {
        superfluous.append(connection)
      }
      return superfluous
    }
    for connection in superfluous { connection.channel.close(promise: nil) }
  }

  /// Takes out what nobody used for long, so that agents that left leave no open connection behind.
  private func sweep(_ idle: inout IdlePool, now: NIODeadline) -> [IdleConnection] {
    let timeout = TimeAmount.milliseconds(configuration.idleTimeout.wholeMilliseconds)
    guard now - idle.lastSweep >= timeout else { return [] }
    idle.lastSweep = now
    var expired: [IdleConnection] = []
    for (origin, connections) in idle.connections {
      let kept = connections.filter { now - $0.idleSince < timeout && $0.channel.isActive }
      expired += connections.filter { now - $0.idleSince >= timeout }
      idle.connections[origin] = kept.isEmpty ? nil : kept
    }
    return expired
  }

  private func endpoint(of url: String) throws(HTTPExchangeError) -> Endpoint {
    if let known = parsed.withLock({ $0[url] }) { return known }
    guard let endpoint = Endpoint(url) else { throw .invalidURL(url) }
    parsed.withLock { parsed in
      if parsed.count >= 10_000 { parsed.removeAll() }
      parsed[url] = endpoint
    }
    return endpoint
  }
}

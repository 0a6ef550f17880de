import FleetModel
import Logging
import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL
import Platform
import ServiceLifecycle
import Synchronization

/// How the gRPC server listens and what it puts up with.
struct GRPCServerConfiguration: Sendable {
  var address = ListenAddress(port: 4317)
  /// Bytes of one message, before and after decompression.
  var maximumMessageBytes = 16 << 20
  /// Bytes that the messages of all calls in progress have together.
  var maximumHeldBytes = 192 << 20
  var maximumConnections = 512
  /// Calls of one connection at one time; a client has its further ones wait.
  var maximumStreams = 100
  /// Calls that are worked on at one time; further ones wait.
  var maximumWorking = 16
  var callTimeout: Duration = .seconds(30)
  /// For a connection without a call.
  var idleTimeout: Duration = .seconds(600)
  /// After a request for a graceful shutdown, how long calls in progress may take before their connections are closed.
  var shutdownGrace: Duration = .seconds(4)
}

/// Unary gRPC over HTTP/2: with prior knowledge, or over TLS with ALPN `h2`.
///
/// Its life: 1. ``run()`` binds, reports the address and serves; 2. on a graceful shutdown it takes no new connection and tells
/// the clients so with GOAWAY, which lets calls in progress finish; 3. what is open after the grace is closed, and ``run()``
/// returns. Cancelling the task skips the grace. `docs/decisions/0013-grpc.md` says why the framing is our own.
final class GRPCServer: Service {
  private let configuration: GRPCServerConfiguration
  private let shared: GRPCStreamContext
  private let tls: NIOSSLContext?
  private let connections: GRPCConnections
  private let calls: AsyncStream<GRPCCall>
  private let continuation: AsyncStream<GRPCCall>.Continuation
  private let time: any TimeSource
  private let logger: Logger
  private let onListening: @Sendable (ListenAddress) async -> Void

  /// - Parameter onListening: is told the bound address before the first call is served.
  /// - Throws: where the certificates cannot be used.
  init(
    configuration: GRPCServerConfiguration, security: ServerSecurity, methods: [GRPCMethod], time: any TimeSource,
    logger: Logger, onListening: @escaping @Sendable (ListenAddress) async -> Void
  ) throws {
    self.configuration = configuration
    self.time = time
    self.logger = logger
    self.onListening = onListening
    connections = GRPCConnections(maximum: configuration.maximumConnections)
    let (calls, continuation) = AsyncStream.makeStream(of: GRPCCall.self)
    self.calls = calls
    self.continuation = continuation
    if var tls = security.tls {
      tls.applicationProtocols = ["h2"]
      self.tls = try NIOSSLContext(configuration: tls)
    } else {
      tls = nil
    }
    shared = GRPCStreamContext(
      methods: Dictionary(methods.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first }),
      policy: security.policy, looksForCertificates: security.looksForCertificates,
      maximumMessageBytes: configuration.maximumMessageBytes, callTimeout: TimeAmount(configuration.callTimeout),
      budget: GRPCBudget(limit: configuration.maximumHeldBytes), instruments: GRPCInstruments(), time: time
    ) { call in
      if case .enqueued = continuation.yield(call) { true } else { false }
    }
  }

  /// Bytes that the messages of calls in progress have.
  var heldBytes: Int { shared.budget.count }

  /// Serves until a graceful shutdown or cancellation. To be called once.
  ///
  /// - Throws: ``FleetServerError`` if it cannot listen.
  func run() async throws {
    let address = configuration.address
    let listener: any Channel
    do { listener = try await bind() } catch { throw FleetServerError(error, listeningOn: address) }
    await onListening(ListenAddress(host: address.host, port: listener.localAddress?.port ?? address.port))
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.drain(listener) }
        await withTaskGroup(of: Void.self) { work in
          var working = 0
          for await call in self.calls {
            if working < self.configuration.maximumWorking { working += 1 } else { _ = await work.next() }
            work.addTask { [shared = self.shared] in
              await call.run(limit: shared.maximumMessageBytes, budget: shared.budget)
            }
          }
        }
        group.cancelAll()
      }
    } onCancel: {
      listener.close(promise: nil)
      connections.closeAll()
      continuation.finish()
    }
    try? await listener.closeFuture.get()
  }

  /// Waits for the end, then lets calls in progress finish.
  private func drain(_ listener: any Channel) async {
    try? await gracefulShutdown()
    listener.close(promise: nil)
    connections.quiesce()
    let end = time.monotonic() + configuration.shutdownGrace
    while !connections.isEmpty, time.monotonic() < end {
      do { try await time.sleep(for: .milliseconds(10)) } catch { break }
    }
    connections.closeAll()
    continuation.finish()
  }

  private func bind() async throws -> any Channel {
    let (connections, tls, shared) = (connections, tls, shared)
    var http2 = NIOHTTP2Handler.Configuration()
    let window = 1 << 20
    http2.connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: configuration.maximumStreams),
      HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10),
      HTTP2Setting(parameter: .initialWindowSize, value: window),
    ]
    http2.connection.targetWindowSize = 4 * window
    http2.stream.targetWindowSize = window
    let life = NIOHTTP2ServerConnectionManagementHandler.Configuration(
      maxIdleTime: TimeAmount(configuration.idleTimeout), maxAge: nil,
      maxGraceTime: TimeAmount(configuration.shutdownGrace),
      keepalive: .init(pingInterval: .minutes(2), ackTimeout: .seconds(20)))
    return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { [http2] channel in
        channel.eventLoop.makeCompletedFuture {
          guard connections.opened(channel) else { return channel.close(promise: nil) }
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
          let life = NIOHTTP2ServerConnectionManagementHandler(eventLoop: channel.eventLoop, configuration: life)
          _ = try pipeline.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: http2.connection, streamConfiguration: http2.stream,
            streamDelegate: life.http2StreamDelegate
          ) { stream in
            stream.eventLoop.makeCompletedFuture {
              try stream.pipeline.syncOperations.addHandler(GRPCStreamHandler(shared))
            }
          }
          try pipeline.addHandler(life)
          try pipeline.addHandler(GRPCConnectionErrors())
        }
      }
      .bind(host: configuration.address.host, port: configuration.address.port).get()
  }
}

/// Closes a connection that breaks the protocol: what went wrong was said to the client in HTTP/2's own words.
private final class GRPCConnectionErrors: ChannelInboundHandler {
  typealias InboundIn = NIOAny

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// The connections that are open now.
private final class GRPCConnections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isClosing = false
  }

  private let maximum: Int
  private let state = Mutex(State())

  init(maximum: Int) { self.maximum = maximum }

  var isEmpty: Bool { state.withLock { $0.channels.isEmpty } }

  /// - Returns: `false` where there are too many, or the server shuts down.
  func opened(_ channel: any Channel) -> Bool {
    let key = ObjectIdentifier(channel)
    let isIn = state.withLock { state in
      guard !state.isClosing, state.channels.count < maximum else { return false }
      state.channels[key] = channel
      return true
    }
    if isIn {
      channel.closeFuture.whenComplete { [self] _ in state.withLock { _ = $0.channels.removeValue(forKey: key) } }
    }
    return isIn
  }

  /// Has every connection say that no further call is taken, and close when its last one has ended.
  func quiesce() {
    for channel in closing() { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
  }

  func closeAll() { for channel in closing() { channel.close(promise: nil) } }

  private func closing() -> [any Channel] {
    state.withLock { state in
      state.isClosing = true
      return Array(state.channels.values)
    }
  }
}

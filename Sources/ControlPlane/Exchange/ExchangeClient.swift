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
  private let routes = Mutex(Routes())
  private let closed = Atomic(false)
  private let exchanges = Atomic<UInt64>(0)

  fileprivate struct IdleConnection {
    let channel: any Channel
    let handler: NIOLoopBound<ExchangeHandler>
    var idleSince = NIODeadline.now()
  }

  /// The idle connections of one origin.
  fileprivate final class Pool: Sendable {
    struct State {
      var idle: [IdleConnection] = []
      /// Nobody will find the pool any more, so it takes no connection back.
      var isRetired = false
    }

    let state = Mutex(State())
  }

  fileprivate struct Route {
    let endpoint: Endpoint
    let pool: Pool
  }

  /// What exchanges of the same URL or origin share.
  private struct Routes {
    var byURL: [String: Route] = [:]
    var pools: [Origin: Pool] = [:]
    var lastSweep = NIODeadline.now()
  }

  /// - Throws: if the trust roots cannot be read.
  public init(configuration: Configuration = Configuration()) throws {
    self.configuration = configuration
    var tls = TLSConfiguration.makeClientConfiguration()
    if let file = configuration.trustRootsFile { tls.additionalTrustRoots = [.file(file)] }
    self.tls = try NIOSSLContext(configuration: tls)
  }

  public nonisolated(nonsending) func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse {
    let route = try route(of: request.url)
    let deadline = NIODeadline.now() + .milliseconds(min(request.timeout.wholeMilliseconds, 86_400_000))
    if let connection = Self.takeIdle(route) {
      do {
        return try await perform(request, on: connection, route, deadline: deadline)
      } catch is ClosedBeforeAnswer where request.method == .get {
        // The peer closed the idle connection while the request was under way: nothing was answered, so ask afresh.
      } catch let error as ClosedBeforeAnswer {
        throw error.asExchangeError
      }
    }
    do {
      let connection = try await connect(to: route.endpoint.origin, timeout: deadline - .now(), of: request)
      return try await perform(request, on: connection, route, deadline: deadline)
    } catch let error as ClosedBeforeAnswer {
      throw error.asExchangeError
    }
  }

  /// Closes the idle connections. Exchanges under way end by themselves; their connections are not kept.
  public func shutDown() async {
    closed.store(true, ordering: .releasing)
    let pools = routes.withLock { Array($0.pools.values) }
    for connection in pools.flatMap({ $0.takeAll() }) { try? await connection.channel.close().get() }
  }

  // MARK: One exchange

  private nonisolated(nonsending) func perform(
    _ request: HTTPExchangeRequest, on connection: IdleConnection, _ route: Route, deadline: NIODeadline
  ) async throws -> HTTPExchangeResponse {
    let outgoing = ExchangeHandler.Outgoing(
      id: exchanges.wrappingAdd(1, ordering: .relaxed).newValue, request: request, endpoint: route.endpoint,
      deadline: deadline, maximumBytes: min(request.maximumResponseBytes, configuration.maximumResponseBytes))
    let loop = connection.channel.eventLoop
    let handler = connection.handler
    let answer = try await withTaskCancellationHandler {
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
    if answer.reusable { keepIdle(connection, route) }
    return answer.response
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
      // Look-ups of one loop wait for each other: an address needs none, and must not wait for a name that nobody answers.
      let channel =
        if let address = try? SocketAddress(ipAddress: origin.host, port: origin.port) {
          try await bootstrap.connect(to: address).get()
        } else {
          try await bootstrap.connect(host: origin.host, port: origin.port).get()
        }
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

  private static func takeIdle(_ route: Route) -> IdleConnection? {
    route.pool.state.withLock { state in
      while let connection = state.idle.popLast() {
        if connection.channel.isActive { return connection }
      }
      return nil
    }
  }

  private func keepIdle(_ connection: IdleConnection, _ route: Route) {
    var connection = connection
    connection.idleSince = .now()
    let isKept = route.pool.state.withLock { state in
      // One collection and one health check at a time is all that an origin sees in steady state.
      guard !state.isRetired, state.idle.count < 2, !closed.load(ordering: .acquiring) else { return false }
      state.idle.append(connection)
      return true
    }
    if !isKept { connection.channel.close(promise: nil) }
    sweep(now: connection.idleSince)
  }

  /// Closes what nobody used for long, so that agents that left leave no open connection behind.
  private func sweep(now: NIODeadline) {
    let timeout = TimeAmount.milliseconds(configuration.idleTimeout.wholeMilliseconds)
    let expired = routes.withLock { routes -> [IdleConnection] in
      guard now - routes.lastSweep >= timeout else { return [] }
      routes.lastSweep = now
      var expired: [IdleConnection] = []
      for (origin, pool) in routes.pools {
        expired += pool.takeAll { now - $0.idleSince >= timeout }
        if pool.retireIfEmpty() { routes.pools[origin] = nil }
      }
      routes.byURL = routes.byURL.filter { routes.pools[$0.value.endpoint.origin] != nil }
      return expired
    }
    for connection in expired { connection.channel.close(promise: nil) }
  }

  private func route(of url: String) throws(HTTPExchangeError) -> Route {
    if let known = routes.withLock({ $0.byURL[url] }) { return known }
    guard let endpoint = Endpoint(url) else { throw .invalidURL(url) }
    return routes.withLock { routes in
      if routes.byURL.count >= 10_000 { routes.byURL.removeAll() }
      let pool = routes.pools[endpoint.origin] ?? Pool()
      routes.pools[endpoint.origin] = pool
      let route = Route(endpoint: endpoint, pool: pool)
      routes.byURL[url] = route
      return route
    }
  }
}

extension ExchangeClient.Pool {
  /// Takes out the idle connections that `isWanted`.
  fileprivate func takeAll(
    where isWanted: (ExchangeClient.IdleConnection) -> Bool = { _ in true }
  ) -> [ExchangeClient.IdleConnection] {
    state.withLock { state in
      let taken = state.idle.filter(isWanted)
      state.idle.removeAll(where: isWanted)
      return taken
    }
  }

  fileprivate func retireIfEmpty() -> Bool {
    state.withLock { state in
      state.isRetired = state.idle.isEmpty
      return state.isRetired
    }
  }
}

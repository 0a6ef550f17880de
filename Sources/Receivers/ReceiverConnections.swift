import AsyncHTTPClient
public import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The event loop and the HTTP clients that all receivers share.
///
/// Whoever makes it calls ``shutdown()`` once nothing sends any more.
public final class ReceiverConnections: Sendable {
  /// What an HTTP client cannot change from one request to the next.
  struct Shape: Sendable, Hashable {
    var proxy: HTTPClient.Configuration.Proxy?
    /// A name to connect to in place of another, which the certificate must show.
    var connectsInstead: [String: String] = [:]
    /// What the certificate must show; `nil` where there is none, and where an address or nothing is asked of it.
    var certificateName: String?
    var allowsHTTP2 = true
  }

  private enum State {
    case open([Shape: HTTPClient])
    case closed
  }

  let eventLoops: any EventLoopGroup
  private let ownsEventLoops: Bool
  private let connectTimeout: TimeAmount
  private let state = Mutex(State.open([:]))

  /// - Parameters:
  ///   - eventLoops: run the connections; without it there is one thread of its own for them.
  ///   - connectTimeout: until a connection is there, TLS included; a try ends earlier where its own time is shorter.
  public init(eventLoops: (any EventLoopGroup)? = nil, connectTimeout: Duration = .seconds(10)) {
    self.connectTimeout = TimeAmount(connectTimeout)
    ownsEventLoops = eventLoops == nil
    self.eventLoops = eventLoops ?? MultiThreadedEventLoopGroup(numberOfThreads: 1)
  }

  /// Closes all connections; what is under way fails. Further calls do nothing.
  public func shutdown() async {
    let clients = state.withLock { state -> [HTTPClient]? in
      defer { state = .closed }
      return if case .open(let clients) = state { Array(clients.values) } else { nil }
    }
    guard let clients else { return }
    // What a shutdown reports are the requests that it ended.
    for client in clients { try? await client.shutdown() }
    if ownsEventLoops { try? await eventLoops.shutdownGracefully() }
  }

  /// The client of that shape; `nil` after ``shutdown()``.
  func client(_ shape: Shape) -> HTTPClient? {
    state.withLock { state in
      guard case .open(var clients) = state else { return nil }
      if let known = clients[shape] { return known }
      let client = HTTPClient(eventLoopGroup: eventLoops, configuration: configuration(shape))
      clients[shape] = client
      state = .open(clients)
      return client
    }
  }

  private func configuration(_ shape: Shape) -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.timeout.connect = connectTimeout
    // Redirects are followed above, where the secrets of a request are known.
    configuration.redirectConfiguration = .disallow
    configuration.proxy = shape.proxy
    configuration.dnsOverride = shape.connectsInstead
    configuration.httpVersion = shape.allowsHTTP2 ? .automatic : .http1Only
    configuration.connectionPool.idleTimeout = .seconds(30)
    // All receivers of one host share them, and one that hangs must not keep up the others; whoever sends bounds how many
    // it has under way.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1_024
    // A failure is told at once: whoever sends waits and tries again.
    configuration.connectionPool.retryConnectionEstablishment = false
    if let name = shape.certificateName {
      // Requests get the connection once this has passed.
      let check: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
        channel.nioSSL_peerCertificate().flatMapThrowing {
          try CertificateName.check($0, shows: name)
        }.flatMapErrorThrowing { error in
          // Later, since the pool must hear first that it failed.
          channel.eventLoop.execute { channel.close(promise: nil) }
          throw error
        }
      }
      configuration.http1_1ConnectionDebugInitializer = check
      configuration.http2ConnectionDebugInitializer = check
    }
    return configuration
  }
}

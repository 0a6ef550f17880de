import FleetModel
import Logging
import Platform

/// Where a server of OTLP's own ports listens.
public enum OTLPListening: Sendable, Hashable {
  case off
  /// On this machine alone, at OTLP's port; where that is taken, by a collector say, Skep goes on without.
  case usual
  /// Port 0 picks one. It has to be possible.
  case address(ListenAddress)

  func address(usualPort: Int) -> ListenAddress? {
    switch self {
    case .off: nil
    case .usual: ListenAddress(port: usualPort)
    case .address(let address): address
    }
  }
}

/// Where a Skep can be reached.
public struct ListeningAddresses: Sendable, Hashable {
  public var main: ListenAddress
  /// `nil` where there is none.
  public var otlpGRPC: ListenAddress?
  /// Beside the main address, which takes OTLP/HTTP too. `nil` where there is none.
  public var otlpHTTP: ListenAddress?
}

/// A server of one of OTLP's own ports.
struct OTLPListener: Sendable {
  static let grpcPort = 4317
  static let httpPort = 4318

  enum Kind: String, Sendable, CaseIterable {
    case grpc = "OTLP/gRPC"
    case http = "OTLP/HTTP"

    /// The option that says where.
    var option: String {
      switch self {
      case .grpc: "--otlp-grpc-listen"
      case .http: "--otlp-http-listen"
      }
    }
  }

  let kind: Kind
  /// Whether its address was asked for.
  let isWanted: Bool
  let logger: Logger
  /// Where it listens, once that is known; `nil` where it does not.
  let bound: Arrival<ListenAddress?>
  private let serve: @Sendable () async throws -> Void

  /// - Throws: ``SecurityError`` where anyone on the network could write.
  init?(
    _ kind: Kind, _ listening: OTLPListening, configuration: FleetServerConfiguration, security: ServerSecurity,
    reception: OTLPReception, logger: Logger
  ) throws {
    guard let address = listening.address(usualPort: kind == .grpc ? Self.grpcPort : Self.httpPort) else { return nil }
    try configuration.security.check(listeningOn: address)
    self.kind = kind
    isWanted = listening != .usual
    self.logger = logger
    let bound = Arrival<ListenAddress?>()
    self.bound = bound
    switch kind {
    case .grpc:
      var grpc = GRPCServerConfiguration()
      grpc.address = address
      grpc.maximumMessageBytes = reception.maximumBytes
      let server = try GRPCServer(
        configuration: grpc, security: security, methods: reception.methods, time: SystemTime(), logger: logger
      ) { bound.arrive($0) }
      serve = { try await server.run() }
    case .http:
      var http = configuration
      http.address = address
      let server = FleetServer(
        configuration: http, security: security, table: RouteTable(OTLPRoutes(reception: reception).own),
        time: SystemTime(), logger: logger
      ) { bound.arrive($0) }
      serve = { try await server.run() }
    }
  }

  /// Serves until a graceful shutdown or cancellation.
  ///
  /// - Throws: ``OTLPListenError`` where an address that was asked for cannot be had.
  func run() async throws {
    do { try await serve() } catch let error as FleetServerError {
      guard !isWanted, case .addressInUse(let address) = error else {
        throw OTLPListenError(kind: kind, reason: error)
      }
      logger.warning(
        "\(address) is in use by another process: going on without \(kind.rawValue) there; give \(kind.option) an address, or off"
      )
      bound.arrive(nil)
    }
  }
}

/// Why a server of one of OTLP's own ports does not listen.
struct OTLPListenError: Error, Sendable, CustomStringConvertible {
  var kind: OTLPListener.Kind
  var reason: FleetServerError

  var description: String { "\(kind.rawValue): \(reason)".replacing("--listen", with: kind.option) }
}

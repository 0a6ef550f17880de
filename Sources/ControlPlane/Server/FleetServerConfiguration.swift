import Glibc
import NIOCore

/// How the HTTP server listens and what it puts up with.
public struct FleetServerConfiguration: Sendable {
  public var address = ListenAddress()
  public var security = SecurityConfiguration()
  /// Longer request bodies are refused.
  public var maximumBodyBytes = 1 << 20
  /// For reading a request's body, answering it and sending the answer; for streams, for sending each part. The connection is
  /// closed when it is over.
  public var requestTimeout: Duration = .seconds(30)
  /// For a connection that sends no complete request head.
  public var idleTimeout: Duration = .seconds(60)
  /// Further ones wait until another is closed.
  public var maximumConnections = 512
  /// Event streams and followed logs at one time; further ones are refused.
  public var maximumStreams = 64
  /// After a request for a graceful shutdown, how long answers in progress may take before their connections are closed.
  public var shutdownGrace: Duration = .seconds(4)

  public init() {}
}

/// Why the server does not listen.
public enum FleetServerError: Error, Sendable, Hashable, CustomStringConvertible {
  case addressInUse(ListenAddress)
  case noRight(ListenAddress)
  case notAnAddressOfThisMachine(ListenAddress)
  case cannotListen(ListenAddress, reason: String)

  public var description: String {
    switch self {
    case .addressInUse(let address):
      "\(address) is in use by another process; choose another address with --listen, or port 0 for a free one"
    case .noRight(let address):
      "no right to listen on \(address); choose a port above 1023 with --listen"
    case .notAnAddressOfThisMachine(let address):
      "\(address.host) is not an address of this machine; choose another with --listen"
    case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
    }
  }
}

extension FleetServerError {
  /// What the system said when an address was to be bound.
  init(_ error: any Error, listeningOn address: ListenAddress) {
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE: self = .addressInUse(address)
    case EACCES, EPERM: self = .noRight(address)
    case EADDRNOTAVAIL: self = .notAnAddressOfThisMachine(address)
    default: self = .cannotListen(address, reason: "\(error)")
    }
  }
}

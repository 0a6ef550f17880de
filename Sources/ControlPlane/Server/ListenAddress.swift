/// Where a server listens: `127.0.0.1:7540`, `[::1]:7540`, `0.0.0.0:0` (port 0 lets the system pick).
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  public static let defaultPort = 7540

  /// A name or address, without brackets.
  public let host: String
  public let port: Int

  public init(host: String = "127.0.0.1", port: Int = defaultPort) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT` or `HOST`, whose port is 7540 or the one given.
  ///
  /// - Throws: ``InvalidText``.
  public init(_ text: String, defaultPort: Int = defaultPort) throws(InvalidText) {
    guard let parts = HostAndPort(text) else { throw InvalidText(text: text) }
    self.init(host: parts.host, port: parts.port ?? defaultPort)
  }

  public var description: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

  /// Whether only this machine can reach it.
  public var isLoopback: Bool { LoopbackName.matches(host) }

  public struct InvalidText: Error, Sendable, Hashable, CustomStringConvertible {
    public let text: String

    public var description: String {
      "\"\(text)\" is not an address to listen on; write HOST:PORT such as 127.0.0.1:7540 or [::1]:7540"
    }
  }
}

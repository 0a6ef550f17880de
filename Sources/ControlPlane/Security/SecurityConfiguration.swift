/// Who may use the server and how they show it.
public struct SecurityConfiguration: Sendable {
  /// A file with one token a line: `ROLE:TOKEN` or `ROLE TOKEN`, where an agent's token may name its agent as
  /// `agent/AGENT_ID`. Read again whenever it changes.
  public var tokenFile: String?
  public var tls: TLS?
  /// What a client with a certificate of the client CA may do.
  public var clientCertificateRole = Role.operator
  /// Names under which browsers may reach a server that asks for no proof of identity, besides loopback ones; and whose
  /// pages may change something on any server.
  public var allowedHosts: [String] = []

  public init() {}

  public struct TLS: Sendable, Hashable {
    /// PEM, the whole chain.
    public var certificateFile: String
    /// PEM.
    public var keyFile: String
    /// PEM; clients must show a certificate of these, unless they may show a token instead.
    public var clientCAFile: String?

    public init(certificateFile: String, keyFile: String, clientCAFile: String? = nil) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
      self.clientCAFile = clientCAFile
    }
  }

  /// Whether a client has to show who it is.
  var asksForProof: Bool { tokenFile != nil || tls?.clientCAFile != nil }

  /// - Throws: ``SecurityError/publicWithoutProof(_:)`` if anyone on the network could do anything.
  func check(listeningOn address: ListenAddress) throws(SecurityError) {
    if !address.isLoopback && !asksForProof { throw .publicWithoutProof(address.description) }
  }
}

/// Why the server does not start, or keeps its old tokens.
public enum SecurityError: Error, Sendable, Hashable, CustomStringConvertible {
  case publicWithoutProof(String)
  case unreadable(file: String, reason: String)
  case invalidToken(file: String, line: Int, problem: String)
  case noTokens(file: String)
  case invalidTLS(file: String, reason: String)

  public var description: String {
    switch self {
    case .publicWithoutProof(let address):
      """
      refusing to listen on \(address) for everyone: set a token file or a TLS client CA, or listen on loopback such as \
      127.0.0.1:7540
      """
    case .unreadable(let file, let reason): "cannot read \(file): \(reason)"
    case .invalidToken(let file, let line, let problem): "\(file):\(line): \(problem)"
    case .noTokens(let file): "\(file) holds no token; add a line such as \"operator:TOKEN\""
    case .invalidTLS(let file, let reason): "\(file) cannot be used for TLS: \(reason)"
    }
  }
}

import FleetModel

/// Which API server to talk to, and as whom.
public struct ClusterConnection: Sendable {
  /// Whose certificates a server may show.
  enum Trust: Sendable {
    /// Those of the operating system.
    case system
    /// Certificate authorities as PEM.
    case authorities([UInt8])
    /// Anything: `insecure-skip-tls-verify`.
    case anything
  }

  /// `https://host:port`, maybe with a path, without a slash at its end.
  public internal(set) var server: String
  var trust = Trust.system
  /// What the certificate must show in place of the server's host.
  var tlsServerName: String?
  /// `http://host:port`.
  var proxy: ProxyAddress?
  var wantsCompression = true
  var proof = Proof.nothing
  var impersonation = Impersonation()
  /// Of the context; `default` where it names none.
  public internal(set) var namespace = "default"
  /// The name of the context; empty in a cluster.
  public internal(set) var context = ""
  /// The name that the kubeconfig file gives the user: what the server takes them for is asked by
  /// ``ClusterClient/selfSubject()``.
  public internal(set) var user = ""

  /// Without any proof of who asks, or with a bearer token.
  public init(server: String, token: String? = nil) {
    self.server = server
    if let token { proof = .token(SecretText(token)) }
  }

  /// How one proves who one is.
  enum Proof: Sendable {
    case nothing
    case token(SecretText)
    /// A file that another process writes anew before its token runs out.
    case tokenFile(path: String)
    case password(user: String, SecretText)
    case certificate(ClientCertificate)
    case plugin(ExecPlugin)
    /// A certificate for the connection and one of the others on top.
    indirect case both(ClientCertificate, Proof)
  }

  /// Whom to act as (`as`, `as-uid`, `as-groups`, `as-user-extra`).
  struct Impersonation: Sendable {
    var user: String?
    var uid: String?
    var groups: [String] = []
    var extra: [(key: String, values: [String])] = []

    var headers: [(name: String, value: String)] {
      var headers: [(name: String, value: String)] = []
      if let user { headers.append(("Impersonate-User", user)) }
      if let uid { headers.append(("Impersonate-Uid", uid)) }
      headers += groups.map { ("Impersonate-Group", $0) }
      for (key, values) in extra {
        headers += values.map { ("Impersonate-Extra-\(RequestPath.segment(key))", $0) }
      }
      return headers
    }
  }
}

/// A proxy that carries the connection to the server (`CONNECT`).
struct ProxyAddress: Sendable, Hashable {
  var host: String
  var port: Int
}

/// A client's certificate and key, both as PEM.
struct ClientCertificate: Sendable, Hashable {
  var chain: [UInt8]
  var key: SecretText
}

/// How an HTTP request proves who it is and whom it trusts (`http_config`,
/// <https://prometheus.io/docs/alerting/latest/configuration/#http_config>).
public struct HTTPClientOptions: Sendable, Hashable {
  public var bearerToken: SecretText?
  public var bearerTokenFile: String?
  public var authorization: Authorization?
  public var basicAuth: BasicAuth?
  public var tls = TLSClientOptions()
  public var followRedirects = true
  /// Whether HTTP/2 may be spoken where the other side offers it.
  public var enableHTTP2 = true
  public var proxyURL: String?
  /// By name.
  public var headers: [String: HeaderValues] = [:]

  public init() {}

  public struct Authorization: Sendable, Hashable {
    public var type = "Bearer"
    public var credentials: SecretText?
    public var credentialsFile: String?

    public init() {}
  }

  public struct BasicAuth: Sendable, Hashable {
    public var username = ""
    public var password: SecretText?
    public var passwordFile: String?

    public init() {}
  }

  /// A header is sent once with each of them.
  public struct HeaderValues: Sendable, Hashable {
    public var values: [String] = []
    public var secrets: [SecretText] = []
    /// Files that hold one value each.
    public var files: [String] = []

    public init() {}
  }
}

/// Whom a TLS connection trusts (`tls_config`).
public struct TLSClientOptions: Sendable, Hashable {
  public var caFile: String?
  public var certFile: String?
  public var keyFile: String?
  public var serverName: String?
  public var insecureSkipVerify = false
  /// 1.2 where it is not given.
  public var minVersion: Version?
  public var maxVersion: Version?

  public init() {}

  public enum Version: String, Sendable, Hashable, CaseIterable {
    case tls10 = "TLS10"
    case tls11 = "TLS11"
    case tls12 = "TLS12"
    case tls13 = "TLS13"
  }
}

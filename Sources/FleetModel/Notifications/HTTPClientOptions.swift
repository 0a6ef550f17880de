/// How an HTTP request proves who it is and whom it trusts (`http_config`).
public struct HTTPClientOptions: Sendable, Hashable {
  public var bearerToken: SecretText?
  public var bearerTokenFile: String?
  public var authorization: Authorization?
  public var basicAuth: BasicAuth?
  public var tls = TLSClientOptions()
  public var followRedirects = true
  public var proxyURL: String?

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
}

/// Whom a TLS connection trusts (`tls_config`).
public struct TLSClientOptions: Sendable, Hashable {
  public var caFile: String?
  public var certFile: String?
  public var keyFile: String?
  public var serverName: String?
  public var insecureSkipVerify = false

  public init() {}
}

extension Receiver {
  /// E-mail by SMTP (<https://prometheus.io/docs/alerting/latest/configuration/#email_config>).
  public struct Email: Sendable, Hashable {
    public var sendResolved = false
    /// Addresses, separated by commas; a template.
    public var to = ""
    /// An address; a template.
    public var from: String?
    /// `HOST:PORT`
    public var smarthost: String?
    /// The name that is said to the server.
    public var hello: String?
    public var authUsername: String?
    public var authPassword: SecretText?
    public var authPasswordFile: String?
    /// For CRAM-MD5.
    public var authSecret: SecretText?
    /// For PLAIN.
    public var authIdentity: String?
    /// Whether an unencrypted server is refused.
    public var requireTLS: Bool?
    /// Values are templates. They take the place of those that Skep sets.
    public var headers: [String: String] = [:]
    public var text: String?
    public var html: String?
    public var timeout: Duration = .seconds(10)
    /// Messages per second at most.
    public var rateLimit: Double?
    public var tls: TLSClientOptions?

    public init() {}

    public static let defaultHello = "localhost"
  }
}

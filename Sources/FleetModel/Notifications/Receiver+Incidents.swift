extension Receiver {
  /// <https://prometheus.io/docs/alerting/latest/configuration/#pagerduty_config>
  ///
  /// With a routing key the Events API v2 is spoken, with a service key (an integration of the type `Prometheus`) v1.
  public struct PagerDuty: Sendable, Hashable {
    public var sendResolved = true
    /// A template.
    public var routingKey: SecretText?
    public var routingKeyFile: String?
    /// A template.
    public var serviceKey: SecretText?
    public var serviceKeyFile: String?
    /// Of the Events API v2.
    public var url: String?
    public var client: String?
    public var clientURL: String?
    public var description: String?
    /// `critical`, `error`, `warning` or `info`; without it that of the gravest alert.
    public var severity: String?
    /// Without it the client.
    public var source: String?
    public var `class`: String?
    public var component: String?
    public var group: String?
    /// Beside the default ones, or in the place of one of the same name.
    public var details: [String: String] = [:]
    public var images: [Image] = []
    public var links: [Link] = []
    public var timeout: Duration = .seconds(10)
    /// Messages per second at most.
    public var rateLimit: Double?
    public var http: HTTPClientOptions?

    public init() {}

    public struct Image: Sendable, Hashable {
      public var src = ""
      public var alt = ""
      public var href = ""

      public init() {}
    }

    public struct Link: Sendable, Hashable {
      public var href = ""
      public var text = ""

      public init() {}
    }

    public static let defaultURL = "https://events.pagerduty.com/v2/enqueue"
    public static let serviceURL = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
  }

  /// <https://prometheus.io/docs/alerting/latest/configuration/#opsgenie_config>
  public struct Opsgenie: Sendable, Hashable {
    public var sendResolved = true
    public var apiKey: SecretText?
    public var apiKeyFile: String?
    public var apiURL: String?
    public var message: String?
    public var description: String?
    public var source: String?
    /// Beside the common labels.
    public var details: [String: String] = [:]
    public var entity: String?
    public var responders: [Responder] = []
    /// Separated by commas.
    public var actions: String?
    /// Separated by commas.
    public var tags: String?
    public var note: String?
    public var priority: String?
    /// Whether message and description of an alert that is already there are changed too.
    public var updateAlerts = false
    public var timeout: Duration = .seconds(10)
    /// Messages per second at most.
    public var rateLimit: Double?
    public var http: HTTPClientOptions?

    public init() {}

    /// One of `id`, `name` and `username` is given.
    public struct Responder: Sendable, Hashable {
      public var id = ""
      public var name = ""
      public var username = ""
      /// `team`, `teams` (with names separated by commas), `user`, `escalation` or `schedule`; or a template.
      public var type = ""

      public init() {}
    }

    public static let defaultURL = "https://api.opsgenie.com/"
    public static let responderTypes = ["team", "teams", "user", "escalation", "schedule"]
  }
}

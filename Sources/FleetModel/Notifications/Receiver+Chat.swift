extension Receiver {
  /// An attachment by an incoming webhook, or by `chat.postMessage`
  /// (<https://prometheus.io/docs/alerting/latest/configuration/#slack_config>).
  public struct Slack: Sendable, Hashable {
    public var sendResolved = false
    public var apiURL: SecretText?
    public var apiURLFile: String?
    public var channel: String?
    public var username: String?
    public var color: String?
    public var title: String?
    public var titleLink: String?
    public var pretext: String?
    public var text: String?
    public var fields: [Field] = []
    /// What counts for fields that do not say whether they are short.
    public var shortFields = false
    public var footer: String?
    public var fallback: String?
    public var callbackID: String?
    public var iconEmoji: String?
    public var iconURL: String?
    public var imageURL: String?
    public var thumbURL: String?
    public var linkNames = false
    /// Parts of the attachment in which Slack reads its mark-up.
    public var markdownIn: [String]?
    public var actions: [Action] = []
    public var timeout: Duration = .seconds(10)
    /// Messages per second at most.
    public var rateLimit: Double?
    public var http: HTTPClientOptions?

    public init() {}

    public struct Field: Sendable, Hashable {
      public var title = ""
      public var value = ""
      /// Whether it may stand beside another.
      public var short: Bool?

      public init() {}
    }

    /// A button: a link where it has a URL.
    public struct Action: Sendable, Hashable {
      public var type = ""
      public var text = ""
      public var url = ""
      public var style = ""
      public var name = ""
      public var value = ""
      public var confirm: Confirmation?

      public init() {}
    }

    public struct Confirmation: Sendable, Hashable {
      public var text = ""
      public var title = ""
      public var okText = ""
      public var dismissText = ""

      public init() {}
    }

    public static let defaultMarkdownIn = ["fallback", "pretext", "text"]
  }

  /// A `MessageCard` by an incoming webhook of Microsoft Teams.
  public struct MSTeams: Sendable, Hashable {
    public var sendResolved = true
    public var webhookURL: SecretText?
    public var webhookURLFile: String?
    public var title: String?
    public var summary: String?
    public var text: String?
    public var timeout: Duration = .seconds(10)
    /// Messages per second at most.
    public var rateLimit: Double?
    public var http: HTTPClientOptions?

    public init() {}
  }

  /// An adaptive card by a workflow of Microsoft Teams.
  public struct MSTeamsV2: Sendable, Hashable {
    public var sendResolved = true
    public var webhookURL: SecretText?
    public var webhookURLFile: String?
    public var title: String?
    public var text: String?
    public var timeout: Duration = .seconds(10)
    /// Messages per second at most.
    public var rateLimit: Double?
    public var http: HTTPClientOptions?

    public init() {}
  }
}

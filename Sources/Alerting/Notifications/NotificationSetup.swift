public import AlertLogic
public import FleetModel

/// What a ``NotificationService`` works by.
public struct NotificationSetup: Sendable {
  public var policy: NotificationPolicy
  /// The ways out, by the name of their receiver, ready to send.
  public var integrations: [String: [NotificationIntegration]]
  /// Where people find this Skep.
  public var externalURL: String

  public init(
    policy: NotificationPolicy, integrations: [String: [NotificationIntegration]], externalURL: String = ""
  ) {
    self.policy = policy
    self.integrations = integrations
    self.externalURL = externalURL
  }

  var facts: [String: [IntegrationFacts]] {
    integrations.mapValues { list in
      list.map { IntegrationFacts(name: $0.name, sendResolved: $0.sendResolved) }
    }
  }
}

/// What may be set about a ``NotificationService``.
public struct NotificationOptions: Sendable {
  /// Tries through one integration at the same time.
  public var concurrency = 8
  /// The longest time between two looks at the wall clock, so that one that was set is seen.
  public var clockInterval: Duration = .seconds(5)
  /// How long ``NotificationService/run()`` goes on sending once it is cancelled.
  public var shutdownGrace: Duration = .seconds(3)

  public init() {}
}

/// What became of a test through one integration.
public struct ReceiverTestResult: Sendable, Hashable {
  /// `webhook[0]`
  public var integration: String
  /// `nil` if it was delivered.
  public var failure: String?

  public init(integration: String, failure: String?) {
    self.integration = integration
    self.failure = failure
  }
}

/// A receiver that is not there.
public struct UnknownReceiver: Error, Sendable, Hashable, CustomStringConvertible {
  public var name: String
  public var known: [String]

  public var description: String {
    known.isEmpty
      ? "there is no receiver \"\(name)\", nor any other"
      : "there is no receiver \"\(name)\"; there are \(known.joined(separator: ", "))"
  }
}

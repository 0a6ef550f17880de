public import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle

/// Watches samples as they arrive, raises and resolves alerts, and hands them to handlers.
public final class RuleEngine: SampleWatch, Service {
  /// - Parameters:
  ///   - state: where pending and firing alerts and the history outlive a restart; `nil` keeps them in memory.
  /// - Throws: ``RuleError``, or if the state file is there but cannot be read.
  public init(rules: [AlertRule], state: StateFile?, time: any TimeSource, logger: Logger) throws {
    fatalError("to be written")
  }

  public var rules: [AlertRule] { fatalError("to be written") }

  public func add(_ rule: AlertRule) throws(RuleError) { fatalError("to be written") }

  /// Removes a rule and resolves its alerts; `false` if there is none of that name.
  public func remove(named name: String) -> Bool { fatalError("to be written") }

  /// Adds a handler that is called for each alert that fires or resolves.
  public func addHandler(
    named name: String, policy: DeliveryPolicy = DeliveryPolicy(),
    _ body: @escaping @Sendable (AlertNotification) async throws -> Void
  ) { fatalError("to be written") }

  /// Raises and resolves the health alerts of agents.
  public func handle(_ event: InstanceEvent) { fatalError("to be written") }

  /// Sorted newest first.
  public func alerts(_ filter: AlertFilter) -> [Alert] { fatalError("to be written") }

  public var generation: UInt64 { fatalError("to be written") }
  public func interest(in labels: LabelSet) -> WatchToken? { fatalError("to be written") }
  public func observe(_ samples: [WatchedSample], at time: Timestamp) { fatalError("to be written") }

  /// Runs timers (`for`, `keep_firing_for`, absence) and delivery until cancelled, then flushes what is queued for at most 3 s.
  public func run() async throws { fatalError("to be written") }
}

public enum AlertFilter: String, Sendable, CaseIterable {
  case pending
  case active
  case resolved
  case all
}

/// What a handler gets.
public struct AlertNotification: Sendable, Hashable {
  public enum Kind: String, Sendable { case firing, resolved }

  public var kind: Kind
  public var alert: Alert

  public init(kind: Kind, alert: Alert) {
    self.kind = kind
    self.alert = alert
  }
}

/// How hard delivery tries.
public struct DeliveryPolicy: Sendable, Hashable {
  public var timeout: Duration = .seconds(10)
  public var attempts = 5
  public var firstBackOff: Duration = .seconds(1)
  public var longestBackOff: Duration = .seconds(60)
  public var queueLength = 10_000

  public init() {}
}

public enum RuleError: Error, Sendable, Hashable {
  case duplicateName(String)
  /// This version does not evaluate such rules.
  case unsupportedCondition(rule: String, type: String)
}

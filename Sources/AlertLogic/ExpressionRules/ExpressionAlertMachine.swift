public import FleetModel

/// One series of an alerting rule's result, its templates filled in.
public struct ExpressionAlertInstance: Sendable, Hashable {
  /// What tells this alert from the rule's others, `alertname` among them.
  public var labels: LabelSet
  public var annotations: [String: String]
  public var value: Double

  public init(labels: LabelSet, annotations: [String: String] = [:], value: Double) {
    self.labels = labels
    self.annotations = annotations
    self.value = value
  }
}

/// Why an alerting rule's result cannot be taken. The words are Prometheus'.
public enum ExpressionAlertProblem: Error, Sendable, Hashable, CustomStringConvertible {
  case sameLabels
  case overLimit(limit: Int, alerts: Int)

  public var description: String {
    switch self {
    case .sameLabels: "vector contains metrics with the same labelset after applying alert labels"
    case .overLimit(let limit, let alerts): "exceeded limit of \(limit) with \(alerts) alerts"
    }
  }
}

/// The alerts of one rule over its evaluations, as in Prometheus (`rules/alerting.go`, `AlertingRule.Eval`). Each label set
/// lives for itself:
///
/// 1. *pending*: its series is in the result, for less than `for`. Forgotten as soon as it is not.
/// 2. *firing*: it was in every result for `for`.
/// 3. *kept*: firing, though its series has left the result less than `keep_firing_for` ago.
/// 4. *resolved*: remembered for ``resolvedRetention``; begins anew at 1 if its series comes back.
public struct ExpressionAlertMachine: Sendable, Hashable {
  public struct Alert: Sendable, Hashable {
    public enum State: Sendable, Hashable {
      case pending
      case firing
      case resolved(at: Timestamp)
    }

    public var annotations: [String: String]
    public var value: Double
    public var state: State
    public var activeAt: Timestamp
    public var firedAt: Timestamp?
    /// Since when its series is missing while the alert is kept.
    public var keptSince: Timestamp?

    /// Pending or firing.
    public var isActive: Bool { if case .resolved = state { false } else { true } }
  }

  /// How long a resolved alert is remembered.
  public static let resolvedRetention: Duration = .seconds(15 * 60)

  /// By labels, resolved ones too.
  public private(set) var alerts: [LabelSet: Alert] = [:]

  public init() {}

  /// The pending and firing alerts, in the order of their labels.
  public var active: [(labels: LabelSet, alert: Alert)] {
    alerts.filter(\.value.isActive).map { (labels: $0.key, alert: $0.value) }
      .sorted { LabelSet.precedes($0.labels, $1.labels) }
  }

  /// Takes in the result of one evaluation. O(result + alerts).
  ///
  /// - Parameter limit: how many pending and firing alerts there may be; 0 is no limit.
  /// - Throws: ``ExpressionAlertProblem/sameLabels``, then nothing has changed; ``ExpressionAlertProblem/overLimit(limit:alerts:)``,
  ///   then all alerts are forgotten.
  public mutating func step(
    _ result: [ExpressionAlertInstance], _ terms: HoldTerms, limit: Int = 0, at now: Timestamp
  ) throws(ExpressionAlertProblem) {
    if result.isEmpty, alerts.isEmpty { return }
    var present: Set<LabelSet> = []
    present.reserveCapacity(result.count)
    for instance in result where !present.insert(instance.labels).inserted { throw .sameLabels }
    for instance in result { meet(instance, at: now) }
    var active = 0
    for labels in Array(alerts.keys) {
      if present.contains(labels) {
        alerts[labels]?.keptSince = nil
      } else {
        miss(labels, terms, at: now)
        guard case .firing = alerts[labels]?.state else { continue }
      }
      active += 1
      guard let alert = alerts[labels], alert.state == .pending, now - alert.activeAt >= terms.hold else { continue }
      alerts[labels]?.state = .firing
      alerts[labels]?.firedAt = now
    }
    if limit > 0, active > limit {
      alerts = [:]
      throw .overLimit(limit: limit, alerts: active)
    }
  }

  private mutating func meet(_ instance: ExpressionAlertInstance, at now: Timestamp) {
    if alerts[instance.labels]?.isActive == true {
      alerts[instance.labels]?.value = instance.value
      alerts[instance.labels]?.annotations = instance.annotations
    } else {
      alerts[instance.labels] = Alert(
        annotations: instance.annotations, value: instance.value, state: .pending, activeAt: now)
    }
  }

  /// The alert's series is not in the result.
  private mutating func miss(_ labels: LabelSet, _ terms: HoldTerms, at now: Timestamp) {
    guard var alert = alerts[labels] else { return }
    switch alert.state {
    case .pending: alerts[labels] = nil
    case .resolved(let time):
      if now - time > Self.resolvedRetention { alerts[labels] = nil }
    case .firing:
      if terms.keepFiringFor > .zero {
        let since = alert.keptSince ?? now
        alert.keptSince = since
        if now - since < terms.keepFiringFor {
          alerts[labels] = alert
          return
        }
      }
      alert.state = .resolved(at: now)
      alerts[labels] = alert
    }
  }

  // MARK: After a restart

  /// Lets a pending or firing alert have begun at another time; nothing if there is none of these labels.
  public mutating func setActiveAt(_ time: Timestamp, of labels: LabelSet) {
    guard alerts[labels]?.isActive == true else { return }
    alerts[labels]?.activeAt = time
  }

  /// Goes on with an alert that fired before a restart. One whose series is missing is taken up if `terms` would have kept
  /// it; it then counts as missing since `keptSince`, or since now.
  ///
  /// - Returns: whether the alert is firing now.
  @discardableResult
  public mutating func resumeFiring(
    _ instance: ExpressionAlertInstance, activeAt: Timestamp, firedAt: Timestamp, keptSince: Timestamp?,
    _ terms: HoldTerms, at now: Timestamp
  ) -> Bool {
    if alerts[instance.labels]?.isActive == true {
      alerts[instance.labels]?.state = .firing
      alerts[instance.labels]?.activeAt = min(activeAt, now)
      alerts[instance.labels]?.firedAt = min(firedAt, now)
      return true
    }
    let missing = min(keptSince ?? now, now)
    guard terms.keepFiringFor > .zero, now - missing < terms.keepFiringFor else { return false }
    alerts[instance.labels] = Alert(
      annotations: instance.annotations, value: instance.value, state: .firing, activeAt: min(activeAt, now),
      firedAt: min(firedAt, now), keptSince: missing)
    return true
  }
}

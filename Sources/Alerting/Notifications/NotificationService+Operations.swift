public import AlertLogic
public import FleetModel
import Platform
import Synchronization

/// What the API and the command line ask of the service.
extension NotificationService {
  // MARK: Alerts

  /// Takes alerts from outside. Those whose end is not known must have got one by ``resolveTimeout``. When this returns they
  /// outlive the process.
  ///
  /// - Throws: ``NotificationStateError`` if they cannot be written now; they are taken nevertheless.
  public func put(_ alerts: [NotifiedAlert]) async throws {
    change { core, now in
      metrics.count(received: alerts, at: now)
      core.machine.put(alerts.compactMap { core.engine.admit($0) }, at: now)
    }
    try await writer?.settle()
  }

  /// How the alerts stand now. Worked out of a copy of the state: whoever reads keeps no alert waiting.
  public func alerts(where chosen: (NotifiedAlert) -> Bool = { _ in true }) -> [AlertStanding] {
    let (machine, now) = core.withLock { ($0.machine, time.now()) }
    return machine.alerts(at: now, where: chosen)
  }

  /// How the groups stand now, as ``alerts(where:)``.
  public func groups(where chosen: (NotifiedAlert) -> Bool = { _ in true }) -> [GroupStanding] {
    let (machine, now) = core.withLock { ($0.machine, time.now()) }
    return machine.groups(at: now, where: chosen)
  }

  // MARK: Silences

  public func silences() -> [Silence] { core.withLock { $0.machine.silences } }

  public func silence(id: String) -> Silence? { core.withLock { $0.machine.silence(id: id) } }

  /// Sets a silence, or changes the one of its id. When this returns it outlives the process.
  ///
  /// - Returns: its id; another than that of `silence` where the change made a new one.
  /// - Throws: `SilenceError`, or ``NotificationStateError`` if it cannot be written now. A new one is taken back then, so that
  ///   trying again makes no others; a change holds nevertheless.
  public func set(_ silence: Silence) async throws -> String {
    let newID = UUIDText.make(random.next(), random.next())
    let id = try change { core, now throws(SilenceError) in try core.machine.set(silence, newID: newID, at: now) }
    do { try await writer?.settle() } catch {
      if silence.id.isEmpty { takeBack(silence: id) }
      throw error
    }
    return id
  }

  private func takeBack(silence id: String) {
    change { core, now in
      // It may have ended by itself.
      do throws(SilenceError) { try core.machine.expire(id, at: now) } catch { return }
    }
  }

  /// Ends a silence now. When this returns that outlives the process.
  ///
  /// - Throws: `SilenceError`, or ``NotificationStateError`` if it cannot be written now; it has ended nevertheless.
  public func expire(id: String) async throws {
    try change { core, now throws(SilenceError) in try core.machine.expire(id, at: now) }
    try await writer?.settle()
  }

  // MARK: Policy

  public var policy: NotificationPolicy { core.withLock { $0.policy.policy } }

  /// With its regular expressions and time intervals ready.
  public var compiledPolicy: CompiledPolicy { core.withLock { $0.policy } }

  public var externalURL: String { core.withLock { $0.externalURL } }

  /// For what is sent from now on.
  public func setExternalURL(_ url: String) { core.withLock { $0.externalURL = url } }

  /// After this long an alert that was put without an end counts as resolved.
  public var resolveTimeout: Duration { policy.resolveTimeout }

  /// The names of the receivers, in the order of the policy.
  public var receivers: [String] { policy.receivers.map(\.name) }

  /// Where an alert with these labels would go.
  public func routes(for labels: LabelSet) -> [RouteMatch] { compiledPolicy.routes(for: labels) }

  // MARK: Tests

  /// Makes one try through each integration of a receiver, all at once, with an alert that says that it is a test. It passes no
  /// route and no silence, and is not logged as told.
  ///
  /// - Throws: ``UnknownReceiver``.
  public func sendTest(to receiver: String) async throws -> [ReceiverTestResult] {
    let receivers = receivers
    guard receivers.contains(receiver) else { throw UnknownReceiver(name: receiver, known: receivers) }
    let integrations = integrations.withLock { $0[receiver] ?? [] }
    let notification = Self.test(for: receiver, externalURL: externalURL, at: time.now())
    return await withTaskGroup(of: (Int, ReceiverTestResult).self) { group in
      for (index, integration) in integrations.enumerated() {
        group.addTask { [time] in
          (index, await Self.result(of: integration, sending: notification, time: time))
        }
      }
      var results: [(Int, ReceiverTestResult)] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private static func result(
    of integration: NotificationIntegration, sending notification: GroupNotification, time: any TimeSource
  ) async -> ReceiverTestResult {
    let call = TimedCall { try await integration.send(notification) }
    let failure: String? =
      switch await call.outcome(by: time.monotonic() + integration.timeout, time: time) {
      case .done: nil
      case .failed(let error as DeliveryFailure): error.reason
      case .failed(is CancellationError), .hangs: "no answer within \(integration.timeout)"
      case .failed(let error): "\(error)"
      case .cancelled: "cancelled"
      }
    return ReceiverTestResult(integration: integration.name, failure: failure)
  }

  private static func test(for receiver: String, externalURL: String, at now: Timestamp) -> GroupNotification {
    let name = LabelSet([NotifiedAlert.nameLabel: "SkepTest"])
    let labels = name.setting("severity", to: Severity.info.rawValue)
    let alert = NotifiedAlert(
      labels: labels,
      annotations: LabelSet([
        "summary": "Test of receiver \(receiver)",
        "description": "Somebody asked Skep to try this receiver. Nothing is wrong.",
      ]), startsAt: now, updatedAt: now, generatorURL: externalURL)
    return GroupNotification(
      receiver: receiver, groupKey: CompiledPolicy.groupKey(routeKey: "{}", labels: name), groupLabels: name,
      alerts: [alert], externalURL: externalURL, at: now)
  }
}

/// Random UUIDs as text (RFC 9562, version 4).
enum UUIDText {
  static func make(_ high: UInt64, _ low: UInt64) -> String {
    let high = (high & ~0xF000) | 0x4000
    let low = (low & ~(0b11 << 62)) | (0b10 << 62)
    func digits(_ value: UInt64, _ count: Int) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: max(count - text.count, 0)) + text
    }
    let parts = [
      digits(high >> 32, 8), digits((high >> 16) & 0xFFFF, 4), digits(high & 0xFFFF, 4), digits(low >> 48, 4),
      digits(low & 0xFFFF_FFFF_FFFF, 12),
    ]
    return parts.joined(separator: "-")
  }
}

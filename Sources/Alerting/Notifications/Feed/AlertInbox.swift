import Synchronization

/// Where the rules leave what they have to say: taken note of at once, dealt with a moment later. Nothing is dropped; each entry
/// shares its memory with the alert that the rules keep.
final class AlertInbox: Sendable {
  private let arrived = Mutex<[AlertNotification]>([])

  func append(_ notification: AlertNotification) { arrived.withLock { $0.append(notification) } }

  /// All that came since the last call, in order.
  func take() -> [AlertNotification] {
    arrived.withLock { arrived in
      defer { arrived = [] }
      return arrived
    }
  }
}

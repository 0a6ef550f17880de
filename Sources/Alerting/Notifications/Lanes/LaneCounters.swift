import CoreMetrics

/// What is counted of one integration of one receiver, by Alertmanager's names where it has one.
struct LaneCounters: Sendable {
  /// Notifications that were to leave, whatever became of them.
  let notifications: Counter
  /// Those of them that were given up.
  let failed: Counter
  /// Those that were given up because their time was over, not because the receiver refused them.
  let dropped: Counter
  /// Tries.
  let requests: Counter
  let failedRequests: Counter
  /// Seconds of one try.
  let latency: Timer

  init(receiver: String, integration: String) {
    let dimensions = [("integration", integration), ("receiver", receiver)]
    notifications = Counter(label: "skep_notifications_total", dimensions: dimensions)
    failed = Counter(label: "skep_notifications_failed_total", dimensions: dimensions)
    dropped = Counter(label: "skep_notifications_dropped_total", dimensions: dimensions)
    requests = Counter(label: "skep_notification_requests_total", dimensions: dimensions)
    failedRequests = Counter(label: "skep_notification_requests_failed_total", dimensions: dimensions)
    latency = Timer(label: "skep_notification_latency_seconds", dimensions: dimensions)
  }

  func countGivenUp(isOverdue: Bool) {
    notifications.increment()
    failed.increment()
    if isOverdue { dropped.increment() }
  }
}

import FleetModel
import Platform
import Synchronization

/// Ends one try at its time, whatever the other side does.
enum TimeBound {
  /// Runs `body` for no longer than `timeout`; when the time is over, or the task is cancelled, `body` is cancelled, and must
  /// end at once.
  ///
  /// - Throws: ``DeliveryFailure`` when the time is over, `CancellationError` when the task is cancelled, else what `body` throws.
  static func run<Value: Sendable>(
    _ timeout: Duration, by time: any TimeSource, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    do {
      return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
          try await time.sleep(for: timeout)
          return nil
        }
        defer { group.cancelAll() }
        if let value = try await group.next() ?? nil { return value }
        throw DeliveryFailure("no whole answer within \(timeout.inWords)", .retry(after: nil))
      }
    } catch {
      throw Task.isCancelled ? CancellationError() : error
    }
  }
}

/// Says, beside what is under way, that the notification has arrived: whatever fails after that must not send it again.
final class Arrival: Sendable {
  private let hasArrived = Mutex(false)

  func confirm() { hasArrived.withLock { $0 = true } }

  var isConfirmed: Bool { hasArrived.withLock { $0 } }
}

extension Duration {
  /// `10s`, `1m30s`, `500ms`.
  var inWords: String { PrometheusDuration.format(self) }
}

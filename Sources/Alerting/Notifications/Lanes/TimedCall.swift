import FleetModel
import Platform
import Synchronization

/// One call that may hang.
///
/// It runs in a task of its own, since a task group could not be left while a call that ignores its cancellation runs on. Whoever
/// made it owns that task: ``outcome(by:time:)`` cancels it when the time is over, ``end()`` waits until it has returned.
final class TimedCall: Sendable {
  enum Outcome: Sendable {
    case done
    case failed(any Error)
    /// It has been cancelled, but had not returned a while later.
    case hangs
    /// The caller was cancelled, and the call with it.
    case cancelled
  }

  private let result = Mutex<Result<Void, any Error>?>(nil)
  private let returned = Wakeup()
  private let ended = Wakeup()
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// How long a call may take to honour its cancellation.
  static let patience: Duration = .seconds(1)

  init(_ body: @escaping @Sendable () async throws -> Void) {
    let running = Task(priority: .high) { [self] in
      do {
        try await body()
        result.withLock { $0 = .success(()) }
      } catch {
        result.withLock { $0 = .failure(error) }
      }
      returned.signal()
      ended.signal()
    }
    task.withLock { $0 = running }
  }

  /// Waits for the call, at most until `deadline`; then cancels it and waits ``patience`` longer.
  func outcome(by deadline: Duration, time: any TimeSource) async -> Outcome {
    switch await returned.wait(untilMonotonic: deadline, by: time) {
    case .signalled: return settled()
    case .cancelled:
      cancel()
      return .cancelled
    case .deadlinePassed: cancel()
    }
    switch await returned.wait(untilMonotonic: time.monotonic() + Self.patience, by: time) {
    // It may have finished well at the last moment: then it was delivered, and must not be again.
    case .signalled: return settled()
    case .deadlinePassed: return .hangs
    case .cancelled: return .cancelled
    }
  }

  /// Returns when the call has, or when the caller is cancelled.
  func end() async { try? await ended.wait() }

  private func cancel() { task.withLock { $0 }?.cancel() }

  private func settled() -> Outcome {
    switch result.withLock({ $0 }) {
    case .success, nil: .done
    case .failure(let error): .failed(error)
    }
  }
}

public import FleetModel

/// The only way to learn the time and to wait. Tests hand in a simulated one.
public protocol TimeSource: Sendable {
  /// The wall clock; may jump.
  func now() -> Timestamp

  /// Time since some fixed moment; never goes back.
  func monotonic() -> Duration

  /// Waits until ``monotonic()`` has reached `deadline`; returns at once if it has.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  nonisolated(nonsending) func sleep(untilMonotonic deadline: Duration) async throws
}

extension TimeSource {
  /// Waits for `duration`. Throws `CancellationError` as soon as the task is cancelled.
  public nonisolated(nonsending) func sleep(for duration: Duration) async throws {
    try await sleep(untilMonotonic: monotonic() + duration)
  }
}

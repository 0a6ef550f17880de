import Platform

/// Ends what takes too long.
enum TimeLimit {
  struct Passed: Error {}

  /// Runs `body` for no longer than `limit`; when the time is over, or the task is cancelled, `body` is cancelled and must end
  /// at once.
  ///
  /// - Throws: ``Passed``, `CancellationError` when the task is cancelled, else what `body` throws.
  static func run<Value: Sendable>(
    _ limit: Duration, by time: any TimeSource, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    do {
      return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
          try await time.sleep(for: limit)
          return nil
        }
        defer { group.cancelAll() }
        if let value = try await group.next() ?? nil { return value }
        throw Passed()
      }
    } catch {
      throw Task.isCancelled ? CancellationError() : error
    }
  }
}

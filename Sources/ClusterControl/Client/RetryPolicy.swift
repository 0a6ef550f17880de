import Platform

/// Whether a request that failed is sent again, and when.
struct RetryPolicy: Sendable {
  /// What sending a request twice does.
  enum Repetition: Sendable {
    /// The same as sending it once.
    case harmless
    /// Something else: it is sent again only if the server says that it did not carry it out.
    case harmful
  }

  var attempts: Int
  var firstPause: Duration
  var longestPause: Duration

  init(_ settings: ClusterClientSettings) {
    attempts = settings.attempts
    firstPause = settings.firstPause
    longestPause = settings.longestPause
  }

  /// - Parameters:
  ///   - attempt: how often it was sent, from 1.
  ///   - random: spreads the pauses of many clients.
  /// - Returns: how long to wait before it is sent again; `nil` if it is not.
  func pause(
    after error: ClusterError, attempt: Int, _ repetition: Repetition, random: some RandomSource
  ) -> Duration? {
    guard attempt < attempts, Self.isWorthRepeating(error, repetition) else { return nil }
    return max(pause(attempt: attempt, random: random), min(error.retryAfter ?? .zero, longestPause))
  }

  /// `firstPause · 2^(attempt-1)`, between half and all of it.
  func pause(attempt: Int, random: some RandomSource) -> Duration {
    let doublings = min(max(attempt - 1, 0), 20)
    let longest = min(firstPause * (1 << doublings), longestPause)
    return longest / 2 + longest / 2 * (Double(random.next() >> 11) / Double(1 << 53))
  }

  static func isWorthRepeating(_ error: ClusterError, _ repetition: Repetition) -> Bool {
    switch error.kind {
    // Priority and fairness refuses before anything is done.
    case .tooManyRequests: true
    case .unreachable, .timedOut, .serverFailure: repetition == .harmless
    default: false
    }
  }
}

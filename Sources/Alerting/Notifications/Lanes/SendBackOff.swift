/// How long to wait before the next try: as Alertmanager's, half a second at first and half as much again for each further
/// try, a minute at most, each moved by up to half of itself at random so that those who failed together do not come back
/// together (<https://pkg.go.dev/github.com/cenkalti/backoff/v4#ExponentialBackOff>).
enum SendBackOff {
  static let first: Duration = .milliseconds(500)
  static let longest: Duration = .seconds(60)

  /// - Parameters:
  ///   - attempts: tries so far, 1 or more.
  ///   - random: 64 random bits.
  static func wait(after attempts: Int, random: UInt64) -> Duration {
    var base = first
    // Sixteen steps reach the longest.
    for _ in 1..<min(max(attempts, 1), 16) { base = min(base * 1.5, longest) }
    let fraction = Double(random >> 11) * 0x1p-53
    return base * (0.5 + fraction)
  }
}

public import FleetModel
import Glibc

/// The machine's clocks.
public struct SystemTime: TimeSource {
  public init() {}

  public func now() -> Timestamp {
    let time = read(CLOCK_REALTIME)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  public func monotonic() -> Duration {
    let time = read(CLOCK_MONOTONIC)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  public func sleep(untilMonotonic deadline: Duration) async throws {
    let wait = deadline - monotonic()
    if wait > .zero {
      try await Task.sleep(for: wait)
    } else {
      try Task.checkCancellation()
    }
  }

  private func read(_ clock: clockid_t) -> timespec {
    var time = timespec()
    clock_gettime(clock, &time)
    return time
  }
}

import FleetModel
import Synchronization
import WireFormats

/// The memory that a round fills and empties. A round does not wait in between, so a few of these serve a thousand
/// instances.
struct RoundScratch: Sendable {
  var collection = ParsedCollection()
  var batch = SampleBatch()
  var timed: [TimedSample] = []
  var watched: [WatchedSample] = []

  /// One huge body should not hold its memory for ever.
  fileprivate var isWorthKeeping: Bool {
    max(collection.samples.capacity, batch.capacity, timed.capacity, watched.capacity) <= 65_536
  }
}

/// The scratch memory that no round is using.
final class ScratchPool: Sendable {
  /// As many as rounds may be between reading and storing at once, which is one for each thread.
  private static let maximumCount = 16

  private let free = Mutex<[RoundScratch]>([])

  func take() -> RoundScratch { free.withLock { $0.popLast() } ?? RoundScratch() }

  func giveBack(_ scratch: consuming RoundScratch) {
    guard scratch.isWorthKeeping else { return }
    let scratch = scratch
    free.withLock { if $0.count < Self.maximumCount { $0.append(scratch) } }
  }
}

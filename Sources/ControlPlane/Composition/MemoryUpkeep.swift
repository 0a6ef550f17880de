import Platform
import ServiceLifecycle

/// Keeps the process as small as what it does: starting takes code and memory that are never needed again, and so does a
/// fleet that registers.
struct MemoryUpkeep: Service {
  let time: any TimeSource

  /// After the start, then after the first collections of a usual interval.
  private static let waits: [Duration] = [.seconds(5), .seconds(55)]
  private static let interval: Duration = .seconds(600)

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var waits = Self.waits.makeIterator()
      while true {
        try await time.sleep(for: waits.next() ?? Self.interval)
        await BlockingWork.memory.run { ProcessMemory.giveBack() }
      }
    }
  }
}

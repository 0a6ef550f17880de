// Built and run by tools/tsan.sh before the tests: `probe locked` must pass under the thread sanitizer and `probe racing`
// must be reported. Without the first a report means nothing, without the second silence does not.

import Synchronization

final class Shared: Sendable {
  let locked = Mutex(0)
  nonisolated(unsafe) var unlocked = 0
}

@main
enum Probe {
  static func main() async {
    let racing = CommandLine.arguments.dropFirst().first == "racing"
    let shared = Shared()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<20_000 {
            if racing { shared.unlocked &+= 1 } else { shared.locked.withLock { $0 += 1 } }
            _ = shared.locked.withLockIfAvailable { $0 }
          }
        }
      }
    }
    precondition(racing || shared.locked.withLock { $0 } == 80_000, "the lock lost a count")
  }
}

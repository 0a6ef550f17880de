import Synchronization

/// What a listener saw, for a test to wait for.
final class ArrivalLog<Entry: Sendable>: Sendable {
  private struct State {
    var entries: [Entry] = []
    var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  func append(_ entry: Entry) {
    let ready = state.withLock { state in
      state.entries.append(entry)
      let count = state.entries.count
      defer { state.waiting.removeAll { $0.count <= count } }
      return state.waiting.filter { $0.count <= count }.map(\.continuation)
    }
    for continuation in ready { continuation.resume() }
  }

  var entries: [Entry] { state.withLock { $0.entries } }

  /// Returns when there are so many.
  func wait(for count: Int) async {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if state.entries.count >= count { return true }
        state.waiting.append((count, continuation))
        return false
      }
      if isReady { continuation.resume() }
    }
  }
}

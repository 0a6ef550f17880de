import FleetModel
import Platform
import Synchronization

/// Writing behind: exemplars are taken without waiting for a disk, and reach their file a little later.
extension ExemplarStore {
  /// Writes what is new each ``flushInterval`` until the task is cancelled, then the rest, synced. A store without a directory
  /// waits. After a failure all of them are to be written, so the next try comes later each time, up to ``longestPause``.
  public func run() async {
    var hasFailed = false
    var pause = Self.flushInterval
    do {
      while true {
        try await time.sleep(for: pause)
        hasFailed = await note { () throws(FileError) in try self.flush() } ?? hasFailed
        pause = hasFailed ? min(pause * 2, Self.longestPause) : Self.flushInterval
      }
    } catch {
      // Cancelled: the end.
      _ = await note { () throws(FileError) in
        try self.flush()
        try self.files?.sync()
      }
    }

    func note(_ step: @escaping @Sendable () throws(FileError) -> Void) async -> Bool? {
      do throws(FileError) {
        try await work.run(step)
        if hasFailed { onEvent(StoreEvent(.info, "exemplars are written again")) }
        return false
      } catch {
        if !hasFailed {
          onEvent(
            StoreEvent(.warning, "exemplars cannot be written and are kept in memory", ["error": "\(error)"]))
        }
        return true
      }
    }
  }

  /// Writes what is new. Blocks; one call at a time.
  func flush() throws(FileError) {
    guard let files else { return }
    let begins = files.isOvergrown
    let (image, pending): (ExemplarRing?, [UInt8]) = state.withLock { state in
      let pending = state.pending.bytes
      // Nothing to write down where nothing was ever taken.
      if (begins || state.needsImage) && (state.ring.count > 0) && (state.needsImage || !pending.isEmpty) {
        state.pending = FieldWriter()
        state.needsImage = false
        state.named = state.ring.series.map { $0.count > 0 }
        return (state.ring, [])
      }
      if state.needsImage { return (nil, []) }
      state.pending = FieldWriter()
      return (nil, pending)
    }
    do throws(FileError) {
      if let image { try files.begin(ExemplarRecords.image(of: image)) } else { try files.append(pending) }
    } catch {
      state.withLock { $0.needsImage = true }
      throw error
    }
  }
}

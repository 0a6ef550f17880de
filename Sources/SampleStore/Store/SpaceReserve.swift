import Platform
import Synchronization
import SystemPackage

extension StoreLayout {
  /// A file that stands for free space: given up when the manifest finds none, since removing blocks takes a little.
  var reserve: FilePath { directory.appending("reserve") }
}

extension DurableStore {
  static let reserveBytes = 1 << 20
  private static let reserveInterval: Duration = .seconds(600)

  /// Sees to it that the reserve is there, every ten minutes at most: where it was given up, the space is to go to the
  /// store first.
  ///
  /// To be called on ``blocks``.
  func keepReserve() {
    let now = time.monotonic()
    let isDue = progress.withLock { progress in
      if let last = progress.lastReserve, now - last < Self.reserveInterval { return false }
      progress.lastReserve = now
      return true
    }
    guard isDue, !isStopping.load(ordering: .relaxed), gate.failure == nil,
      (try? files.size(of: layout.reserve)) != UInt64(Self.reserveBytes)
    else { return }
    do throws(FileError) {
      try writeReserve()
    } catch {
      try? files.remove(layout.reserve)
      onEvent(StoreEvent(.debug, "no space could be set aside for a full disk", ["reason": error.description]))
    }
  }

  private func writeReserve() throws(FileError) {
    // One of another size was being written when a process ended.
    try? files.remove(layout.reserve)
    let file = try files.create(layout.reserve)
    // Zeros may take no space.
    var random = SystemRandomNumberGenerator()
    let words = (0..<Self.reserveBytes / 8).map { _ in random.next() as UInt64 }
    do throws(FileError) {
      let written = words.withUnsafeBytes { words in
        Result { () throws(FileError) in try file.write(words, at: 0) }
      }
      try written.get()
      try file.sync()
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }
}

extension FileError {
  var isFullDisk: Bool { errno == .noSpace || errno == .diskQuotaExceeded }
}

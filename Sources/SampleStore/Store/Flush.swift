import Platform
import Synchronization
import SystemPackage

extension DurableStore {
  /// What a flush is asked to move.
  enum FlushScope: Sendable {
    case everything
    /// Full chunks, and open ones of series without a sample since this time, if they are so many bytes together.
    case movable(idleBefore: Int64, atLeast: Int)
  }

  /// Moves samples from the head to a new block. They can be read throughout: from the head until the manifest names the
  /// block, from both for a moment, then from the block.
  ///
  /// To be called on ``blocks``.
  ///
  /// - Returns: whether there was something to move.
  func flushNow(_ scope: FlushScope) throws(StoreFailure) -> Bool {
    let (everything, idleBefore, least) =
      switch scope {
      case .everything: (true, Int64.max, 0)
      case .movable(let idleBefore, let least): (false, idleBefore, least)
      }
    try clearGarbage()
    guard let flush = head.beginFlush(everything: everything, idleBefore: idleBefore) else { return false }
    guard flush.seriesCount > 0, flush.byteCount >= least else {
      head.cancelFlush(flush)
      return false
    }
    do throws(StoreFailure) {
      try commitBlock(of: flush)
    } catch {
      head.cancelFlush(flush)
      throw error
    }
    head.finishFlush(flush)
    counters.flushes.increment()
    return true
  }

  private func commitBlock(of flush: borrowing HeadFlush) throws(StoreFailure) {
    let (number, path) = catalog.place()
    do throws(FileError) {
      var writer = try BlockWriter(files: files, path: path, sequence: number, hasHistograms: flush.hasHistograms)
      do throws(FileError) {
        try flush.forEachSeries { labels, times, values, histograms throws(FileError) in
          if isStopping.load(ordering: .relaxed) { throw .stopped(path) }
          try writer.beginSeries(encodedLabels: labels)
          try writer.append(times: times, values: values, histograms: histograms)
        }
      } catch {
        writer.abandon()
        throw error
      }
      _ = try writer.finish()
    } catch {
      throw error.isStop ? .stopped : .file(error)
    }
    let block = try open(path, number)
    do throws(FileError) { try catalog.commit(adding: [block]) } catch { throw .file(error) }
  }
}

extension FileError {
  /// Ends the writing of a file because the store is being closed.
  static func stopped(_ path: FilePath) -> FileError {
    FileError(path: path, operation: "finish", errno: .canceled, mend: "the store is being closed")
  }

  var isStop: Bool { errno == .canceled }
}

/// Why a step of upkeep came to nothing. Everything is as it was before; the step may be tried again.
enum StoreFailure: Error, Sendable, CustomStringConvertible {
  case file(FileError)
  /// A block that was there is damaged.
  case damaged(BlockError)
  /// A block that was just written cannot be read.
  case written(BlockError)
  /// The store is being closed.
  case stopped

  var description: String {
    switch self {
    case .file(let error): error.description
    case .damaged(let error): error.description
    case .written(let error): "\(error); it had just been written: check the disk and the memory"
    case .stopped: "the store is being closed"
    }
  }
}

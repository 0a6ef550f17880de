import FleetModel
import Platform
import SystemPackage

/// Finds out what a directory holds: segments as they are, logs as heads.
struct SpanStoreOpening {
  let layout: SpanLayout
  let files: any FileSystem
  let note: @Sendable (String) -> Void

  struct Opened {
    /// By sequence.
    var segments: [Segment] = []
    /// Segments that are there but could not be read this time, by sequence.
    var unread: [ClosedRange<UInt64>] = []
    /// Heads whose segments are still to be written, by sequence.
    var heads: [SealedHead] = []
    var nextSequence: UInt64 = 1
  }

  func open() throws(SpanStoreError) -> Opened {
    do throws(FileError) {
      try files.createDirectory(layout.directory)
      // Else a loss of power may take the directory, and with it every log and segment that was synced within.
      try files.syncDirectory(layout.directory.removingLastComponent())
      var opened = Opened()
      var logs: [UInt64] = []
      var ranges: [ClosedRange<UInt64>] = []
      for name in try files.names(in: layout.directory) {
        switch SpanLayout.entry(name) {
        case .unfinished: try files.remove(layout.directory.appending(name))
        case .log(let sequence): logs.append(sequence)
        case .segment(let range): ranges.append(range)
        case .other: break
        }
      }
      opened.nextSequence = max(logs.max() ?? 0, ranges.map(\.upperBound).max() ?? 0) + 1
      openSegments(ranges, &opened)
      try replay(logs.sorted(), &opened)
      return opened
    } catch {
      throw .storage(error.description)
    }
  }

  private func openSegments(_ ranges: [ClosedRange<UInt64>], _ opened: inout Opened) {
    // The widest first: those within a segment that can be read are its sources, left over.
    let ordered = ranges.sorted {
      ($0.upperBound - $0.lowerBound, $1.lowerBound) > ($1.upperBound - $1.lowerBound, $0.lowerBound)
    }
    for range in ordered {
      let path = layout.segment(range)
      if opened.segments.contains(where: { $0.footer.sequences.contains(range) }) {
        try? files.remove(path)
        continue
      }
      do throws(SegmentError) {
        opened.segments.append(try Segment(path, files, note: note))
      } catch {
        switch error {
        case .unreadable(let error):
          opened.unread.append(range)
          note("segment \(path) is left out: \(error)")
        case .damaged(let damage):
          note("segment \(path) is damaged (\(damage)): it is set aside as \(path)\(SpanLayout.damagedSuffix)")
          try? files.rename(path, to: SpanLayout.appending(SpanLayout.damagedSuffix, to: path))
        }
      }
    }
    opened.segments.sort { $0.footer.sequences.lowerBound < $1.footer.sequences.lowerBound }
  }

  private func replay(_ logs: [UInt64], _ opened: inout Opened) throws(FileError) {
    for sequence in logs {
      let path = layout.log(sequence)
      if opened.segments.contains(where: { $0.footer.sequences.contains(sequence) }) {
        try files.remove(path)
        continue
      }
      let bytes = try files.map(path)
      let head = Head()
      let replay = head.replay(bytes.bytes)
      if let flaw = replay.flaw {
        note(
          "log \(path): after \(replay.rows) spans, at byte \(flaw.offset) of \(bytes.bytes.count), \(flaw.reason);"
            + " what follows is left out")
      }
      head.seal()
      if replay.rows == 0, !replay.isDamaged {
        try files.remove(path)
      } else {
        opened.heads.append(SealedHead(sequence: sequence, head: head, log: path, isDamaged: replay.isDamaged))
      }
    }
  }
}

/// A head that takes no more and waits for its segment.
struct SealedHead: Sendable {
  var sequence: UInt64
  var head: Head
  /// Removed once the segment is there.
  var log: FilePath
  /// The log is not removed but set aside.
  var isDamaged = false
}

extension Head {
  func replay(_ bytes: UnsafeRawBufferPointer) -> LogFrame.Replay {
    var replay = LogFrame.Replay()
    edit { replay = LogFrame.replay(bytes, into: &$0) }
    show()
    return replay
  }
}

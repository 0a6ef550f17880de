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

  /// What is there, before anything is changed: a directory of a later version is left as it is.
  private struct Found {
    var logs: [(sequence: UInt64, file: MappedFile)] = []
    var unfinished: [FilePath] = []
    /// Segments and logs that are part of a segment that can be read.
    var leftOver: [FilePath] = []
    var damaged: [(path: FilePath, damage: SpanDamage)] = []
  }

  func open() throws(SpanStoreError) -> Opened {
    do throws(FileError) {
      try files.createDirectory(layout.directory)
      // Else a loss of power may take the directory, and with it every log and segment that was synced within.
      try files.syncDirectory(layout.directory.removingLastComponent())
    } catch {
      throw .storage(error.description)
    }
    var opened = Opened()
    let found = try look(&opened)
    do throws(FileError) {
      for path in found.unfinished { try files.remove(path) }
      for path in found.leftOver {
        // A log that stays would be taken for spans in flight; a segment that stays is left over the next time, too.
        if case .log = SpanLayout.entry(path.lastComponent?.string ?? "") {
          try files.remove(path)
        } else {
          try? files.remove(path)
        }
      }
      for (path, damage) in found.damaged {
        note("segment \(path) is damaged (\(damage)): it is set aside as \(path)\(SpanLayout.damagedSuffix)")
        try? files.rename(path, to: SpanLayout.appending(SpanLayout.damagedSuffix, to: path))
      }
      for (sequence, file) in found.logs { try replay(sequence, file, &opened) }
    } catch {
      throw .storage(error.description)
    }
    return opened
  }

  private func look(_ opened: inout Opened) throws(SpanStoreError) -> Found {
    var found = Found()
    var logs: [UInt64] = []
    var ranges: [ClosedRange<UInt64>] = []
    let names: [String]
    do throws(FileError) { names = try files.names(in: layout.directory) } catch { throw .storage(error.description) }
    for name in names {
      switch SpanLayout.entry(name) {
      case .unfinished: found.unfinished.append(layout.directory.appending(name))
      case .log(let sequence): logs.append(sequence)
      case .segment(let range): ranges.append(range)
      case .other: break
      }
    }
    opened.nextSequence = max(logs.max() ?? 0, ranges.map(\.upperBound).max() ?? 0) + 1
    try openSegments(ranges, &found, &opened)
    for sequence in logs.sorted() {
      let path = layout.log(sequence)
      if opened.segments.contains(where: { $0.footer.sequences.contains(sequence) }) {
        found.leftOver.append(path)
        continue
      }
      let file: MappedFile
      do throws(FileError) { file = try files.map(path) } catch { throw .storage(error.description) }
      if let version = LogFrame.laterVersion(of: file.bytes) {
        throw .format(path: path.string, version: version, known: LogFrame.version)
      }
      found.logs.append((sequence, file))
    }
    return found
  }

  private func openSegments(
    _ ranges: [ClosedRange<UInt64>], _ found: inout Found, _ opened: inout Opened
  ) throws(SpanStoreError) {
    // The widest first: those within a segment that can be read are its sources, left over.
    let ordered = ranges.sorted {
      ($0.upperBound - $0.lowerBound, $1.lowerBound) > ($1.upperBound - $1.lowerBound, $0.lowerBound)
    }
    for range in ordered {
      let path = layout.segment(range)
      if opened.segments.contains(where: { $0.footer.sequences.contains(range) }) {
        found.leftOver.append(path)
        continue
      }
      do throws(SegmentError) {
        opened.segments.append(try Segment(path, files, note: note))
      } catch {
        switch error {
        case .unreadable(let error):
          opened.unread.append(range)
          note("segment \(path) is left out: \(error)")
        case .damaged(let damage): found.damaged.append((path, damage))
        case .ofLaterVersion(let version):
          throw .format(path: path.string, version: version, known: SegmentFooter.version)
        }
      }
    }
    opened.segments.sort { $0.footer.sequences.lowerBound < $1.footer.sequences.lowerBound }
  }

  private func replay(_ sequence: UInt64, _ file: MappedFile, _ opened: inout Opened) throws(FileError) {
    let head = Head()
    let replay = head.replay(file.bytes)
    if let flaw = replay.flaw {
      note(
        "log \(file.path): after \(replay.rows) spans, at byte \(flaw.offset) of \(file.bytes.count), \(flaw.reason);"
          + " what follows is left out")
    }
    head.seal()
    if replay.rows == 0, !replay.isDamaged {
      try files.remove(file.path)
    } else {
      opened.heads.append(SealedHead(sequence: sequence, head: head, log: file.path, isDamaged: replay.isDamaged))
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

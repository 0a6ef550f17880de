import FleetModel
import Platform
import SystemPackage

/// The head as checkpoint and log give it back.
struct ReadLog {
  var head: HeadStore
  /// The checkpoint that it began with; 0 without one. What is older counts no more.
  var checkpoint: UInt64 = 0
  var checkpointBytes: UInt64 = 0
  /// Of the segments that were replayed.
  var bytes: UInt64 = 0
  var nextSegment: UInt64 = 1
  var hasReplayed = false
}

extension StoreOpening {
  /// Loads the newest checkpoint that is whole, and replays the log over it.
  func readLog(hashSeed: UInt64) throws(StoreError) -> ReadLog {
    let names: [String]
    let segments: [UInt64]
    do throws(FileError) {
      names = try files.names(in: layout.directory)
      segments = try WriteAheadLog.segments(in: layout.log, files)
    } catch {
      throw .file(error.description)
    }
    let checkpoints = names.compactMap(StoreLayout.checkpointNumber).sorted(by: >)
    var log = try readCheckpoint(checkpoints, hashSeed: hashSeed)
    log.nextSegment = max(segments.last ?? 0, checkpoints.first ?? 0) + 1
    let counted = segments.filter { $0 >= log.checkpoint }
    for segment in counted { try replay(segment, isNewest: segment == segments.last, into: &log) }
    log.hasReplayed = log.hasReplayed || counted.count > 1
    return log
  }

  private func readCheckpoint(_ numbers: [UInt64], hashSeed: UInt64) throws(StoreError) -> ReadLog {
    for number in numbers {
      let path = layout.checkpoint(number)
      let head = Self.makeHead(configuration, hashSeed: hashSeed)
      // Read, not mapped: a bad sector is an error then, not the end of the process.
      let bytes: [UInt8]
      do throws(FileError) { bytes = try files.read(path) } catch { throw .file(error.description) }
      guard let flaw = bytes.withUnsafeBytes({ CheckpointFile.read($0, into: head) }) else {
        return ReadLog(head: head, checkpoint: number, checkpointBytes: UInt64(bytes.count))
      }
      if let version = bytes.withUnsafeBytes({ FrameFile.laterVersion(inHeader: $0, CheckpointFile.kind) }) {
        throw .format(path: path, reason: "it is of version \(version); use a later Skep")
      }
      let target: FilePath
      do throws(FileError) { target = try StoreLayout.setAside(path, files) } catch { throw .file(error.description) }
      onEvent(
        StoreEvent(
          .error, "a checkpoint is damaged and is set aside; samples that only it held are lost",
          ["file": target.string, "reason": flaw]))
    }
    return ReadLog(head: Self.makeHead(configuration, hashSeed: hashSeed))
  }

  private func replay(_ segment: UInt64, isNewest: Bool, into log: inout ReadLog) throws(StoreError) {
    var consumer = log.head.replay()
    let end: ReplayEnd
    do throws(FileError) {
      end = try WriteAheadLog.replay(segment, in: layout.log, files, into: &consumer)
    } catch {
      throw .file(error.description)
    }
    let path = WriteAheadLog.path(of: segment, in: layout.log)
    if let version = end.laterVersion {
      throw .format(path: path, reason: "it is of version \(version); use a later Skep")
    }
    log.bytes += end.bytes
    log.hasReplayed = log.hasReplayed || end.records > 0
    if let flaw = end.flaw {
      onEvent(
        StoreEvent(
          isNewest ? .warning : .error,
          isNewest
            ? "the log ends in a torn record, as after a crash; all before it was read"
            : "the log is damaged; the rest of this segment was skipped",
          [
            "file": path.string, "position": "\(end.goodBytes)", "skipped_bytes": "\(end.bytes - end.goodBytes)",
            "reason": flaw,
          ]))
    }
    if consumer.unknownSamples > 0 || consumer.refusedSeries > 0 {
      onEvent(
        StoreEvent(
          .warning, "the log holds samples of series that are not known; they were skipped",
          ["file": path.string, "samples": "\(consumer.unknownSamples)", "series": "\(consumer.refusedSeries)"]))
    }
  }
}

import Dispatch
import Platform
import Synchronization
import SystemPackage

/// The head's image on disk, in the frames of one file.
enum CheckpointFile {
  static let kind = FrameFile.Kind(magic: "SKEPCKPT", version: 2)

  /// Bytes gathered before they are written.
  private static let bytesAtOnce = 1 << 20

  /// Writes the head as the checkpoint of `segment`, durably and all or nothing.
  ///
  /// - Parameter isStopped: asked now and then; `true` gives it up, and nothing is changed.
  /// - Returns: the file's size.
  static func write(
    _ head: HeadStore, of segment: UInt64, _ layout: StoreLayout, _ files: any FileSystem,
    isStopped: () -> Bool = { false }
  ) throws(FileError) -> UInt64 {
    var file = try FileReplacement(of: layout.checkpoint(segment), in: layout.directory, files)
    do throws(FileError) {
      var waiting = FrameFile.header(kind)
      try head.writeImage { payload throws(FileError) in
        if isStopped() { throw .stopped(layout.checkpoint(segment)) }
        FrameFile.append(payload, to: &waiting)
        guard waiting.count >= bytesAtOnce else { return }
        try file.write(waiting)
        waiting.removeAll(keepingCapacity: true)
      }
      try file.write(waiting)
    } catch {
      file.abandon()
      throw error
    }
    let bytes = file.bytes
    try file.commit()
    return bytes
  }

  /// Reads an image into a head that has taken nothing else.
  ///
  /// - Returns: why it is not whole; the head is then good for nothing. `nil` if it is.
  static func read(_ bytes: UnsafeRawBufferPointer, into head: HeadStore) -> String? {
    if let flaw = FrameFile.flaw(ofHeader: bytes, kind) { return flaw }
    var reader = FrameFile.Reader(bytes)
    while let payload = reader.next() {
      do throws(ImageError) { try head.readImage(payload) } catch { return error.description }
    }
    if let flaw = reader.flaw { return "at byte \(reader.position): \(flaw)" }
    return head.finishImage() ? nil : "it ends too early"
  }
}

extension DurableStore {
  /// Begins a new segment of the log, writes the head's image and drops the log before it. Where the store took no samples
  /// because its log had failed, it takes them again: whatever the failed file lacks is in the image.
  ///
  /// To be called on ``images``.
  ///
  /// - Parameter isStopped: gives it up, and the last checkpoint and the log since then stand; `nil`: when the store is
  ///   being closed.
  func checkpointNow(isStopped: (() -> Bool)? = nil) throws(FileError) {
    let segment = try gate.work.step { () throws(FileError) in try gate.rotate() }
    let bytes = try CheckpointFile.write(
      head, of: segment, layout, files, isStopped: isStopped ?? { self.isStopping.load(ordering: .relaxed) })
    progress.withLock { progress in
      progress.checkpointBytes = bytes
      progress.hasReplayed = false
    }
    counters.checkpoints.increment()
    if gate.reopen(behind: segment) {
      onEvent(StoreEvent(.info, "the store takes samples again; nothing that it had acknowledged was lost"))
    }
    removeCheckpoints(before: segment)
  }

  /// What a newer checkpoint has made needless. What cannot be removed now is removed by a later call.
  private func removeCheckpoints(before segment: UInt64) {
    for name in (try? files.names(in: layout.directory)) ?? [] {
      guard let number = StoreLayout.checkpointNumber(name), number < segment else { continue }
      try? files.remove(layout.directory.appending(name))
    }
    for number in (try? WriteAheadLog.segments(in: layout.log, files)) ?? [] where number < segment {
      try? files.remove(WriteAheadLog.path(of: number, in: layout.log))
    }
  }

  /// Whether the log has grown enough for a checkpoint, or was replayed since the last one.
  var isCheckpointDue: Bool {
    let (last, hasReplayed) = progress.withLock { ($0.checkpointBytes, $0.hasReplayed) }
    return hasReplayed || gate.bytes > max(tuning.checkpointBytes, last / 2)
  }
}

extension BlockingWork {
  /// Runs `body` on the queue while the caller's thread waits. Not for tasks.
  func step<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    let result: Result<Value, Failure> = queue.sync {
      do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return try result.get()
  }
}

import Platform
import Synchronization
import SystemPackage

/// The log of one head. Written by one thread; synced beside it.
final class SpanLog: Sendable {
  let sequence: UInt64
  let path: FilePath
  private let file: any OutputFile
  private struct State {
    var written: UInt64
    var synced: UInt64 = 0
    var failure: String?
  }
  private let state: Mutex<State>

  /// Makes the file, and its name durable.
  init(_ layout: SpanLayout, _ files: any FileSystem, sequence: UInt64) throws(FileError) {
    self.sequence = sequence
    path = layout.log(sequence)
    file = try files.create(path)
    let header = LogFrame.header
    state = Mutex(State(written: UInt64(header.count)))
    do throws(FileError) {
      try Self.write(header, file)
      try files.syncDirectory(layout.directory)
    } catch {
      try? file.close()
      try? files.remove(path)
      throw error
    }
  }

  private static func write(_ bytes: [UInt8], _ file: any OutputFile) throws(FileError) {
    try bytes.withUnsafeBytes { bytes in Result { () throws(FileError) in try file.write(bytes, at: 0) } }.get()
  }

  var byteCount: UInt64 { state.withLock { $0.written } }

  /// Why nothing is written any more; the next head's log goes on.
  var failure: String? { state.withLock { $0.failure } }

  /// Writes whole frames, or nothing: a part that was written is cut off again, and where that fails too the log is given up.
  ///
  /// - Parameter isSynced: returns once they outlive a loss of power.
  func write(_ frames: UnsafeRawBufferPointer, isSynced: Bool) throws(FileError) {
    let offset = state.withLock { $0.written }
    do throws(FileError) {
      try file.write(frames, at: offset)
    } catch {
      do throws(FileError) { try file.truncate(to: offset) } catch { giveUp(error) }
      throw error
    }
    state.withLock { $0.written = offset + UInt64(frames.count) }
    guard isSynced else { return }
    do throws(FileError) {
      try sync()
    } catch {
      // Whoever sent them is told that they were not taken: they are not to come back when the log is read.
      if (try? file.truncate(to: offset)) != nil { state.withLock { $0.written = offset } }
      throw error
    }
  }

  /// - Throws: nobody knows what is on disk then: the log is given up.
  func sync() throws(FileError) {
    let (written, isDirty) = state.withLock { ($0.written, $0.written > $0.synced && $0.failure == nil) }
    guard isDirty else { return }
    do throws(FileError) {
      try file.sync()
    } catch {
      giveUp(error)
      throw error
    }
    state.withLock { $0.synced = max($0.synced, written) }
  }

  /// Nothing more is to be written to it.
  func giveUp(_ error: FileError) { state.withLock { $0.failure = error.description } }

  func close() { try? file.close() }
}

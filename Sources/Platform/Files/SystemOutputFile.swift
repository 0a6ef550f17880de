import Glibc
import Synchronization
import SystemPackage

/// A file of this machine being written; one that is dropped is closed.
final class SystemOutputFile: OutputFile {
  let path: FilePath
  /// -1 once closed.
  private let descriptor: Atomic<Int32>

  init(path: FilePath, descriptor: Int32) {
    self.path = path
    self.descriptor = Atomic(descriptor)
  }

  deinit {
    let open = descriptor.load(ordering: .relaxed)
    if open >= 0 { Glibc.close(open) }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
    let descriptor = descriptor.load(ordering: .relaxed)
    guard let end = Int64(exactly: offset)?.addingReportingOverflow(Int64(bytes.count)), !end.overflow else {
      throw FileError(path: path, operation: "write", errno: .fileTooLarge)
    }
    var written = 0
    while written < bytes.count {
      let start = bytes.baseAddress.map { $0 + written }
      let count = pwrite(descriptor, start, bytes.count - written, off_t(offset) + off_t(written))
      if count > 0 {
        written += count
      } else if count == 0 || errno != EINTR {
        throw FileError(path: path, operation: "write", errno: count == 0 ? .ioError : Errno(rawValue: errno))
      }
    }
  }

  func sync() throws(FileError) {
    let descriptor = descriptor.load(ordering: .relaxed)
    while fdatasync(descriptor) != 0 {
      if errno != EINTR { throw error("sync") }
    }
  }

  func truncate(to size: UInt64) throws(FileError) {
    let descriptor = descriptor.load(ordering: .relaxed)
    guard let size = off_t(exactly: size) else {
      throw FileError(path: path, operation: "truncate", errno: .fileTooLarge)
    }
    while ftruncate(descriptor, size) != 0 {
      if errno != EINTR { throw error("truncate") }
    }
  }

  func close() throws(FileError) {
    let open = descriptor.exchange(-1, ordering: .relaxed)
    // After EINTR the descriptor is gone all the same (close(2)).
    if Glibc.close(open) != 0, errno != EINTR { throw error("close") }
  }

  private func error(_ operation: String) -> FileError {
    FileError(path: path, operation: operation, errno: Errno(rawValue: errno))
  }
}

import Glibc
import SystemPackage

/// Reads small files of the kernel into memory that is given back at once.
enum ProcFile {
  /// Calls `body` with the file's bytes, at most `capacity` of them; returns false if it cannot be read.
  @discardableResult
  static func read(_ path: FilePath, capacity: Int = 1_024, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
    guard let descriptor = try? Descriptor.open(path, O_RDONLY) else { return false }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { buffer in
      var filled = 0
      while filled < capacity {
        let count = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, capacity - filled)
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        if count == 0 { break }
        filled += count
      }
      body(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
      return true
    }
  }

  /// The text of a symbolic link such as `/proc/PID/ns/net`.
  static func link(_ path: FilePath) -> [UInt8]? {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
      guard let text = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
      let count = path.withPlatformString { readlink($0, text, buffer.count) }
      return count < 0 ? nil : Array(buffer[..<count])
    }
  }
}

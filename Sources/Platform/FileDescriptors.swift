import Glibc
import SystemPackage

/// The few system calls on files that the types of this module share, retried when a signal interrupts them.
enum Descriptor {
  static func open(_ path: FilePath, _ flags: Int32, mode: mode_t = 0o600) throws(Errno) -> Int32 {
    while true {
      let descriptor = path.withPlatformString { Glibc.open($0, flags | O_CLOEXEC, mode) }
      if descriptor >= 0 { return descriptor }
      if errno != EINTR { throw Errno(rawValue: errno) }
    }
  }

  static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(Errno) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw Errno(rawValue: errno)
      }
      offset += count
    }
  }

  static func readToEnd(_ descriptor: Int32) throws(Errno) -> [UInt8] {
    var status = stat()
    let expected = fstat(descriptor, &status) == 0 ? Int(clamping: status.st_size) : 0
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(max(expected, 0), 1 << 30) + 1)
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw Errno(rawValue: errno)
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  static func sync(_ descriptor: Int32) throws(Errno) {
    while fsync(descriptor) != 0 {
      if errno != EINTR { throw Errno(rawValue: errno) }
    }
  }

  /// Makes renames and creations within the directory outlive a power loss.
  static func syncDirectory(_ path: FilePath) throws(Errno) {
    let directory = path.isEmpty ? FilePath(".") : path
    let descriptor = try open(directory, O_RDONLY | O_DIRECTORY)
    defer { close(descriptor) }
    try sync(descriptor)
  }
}

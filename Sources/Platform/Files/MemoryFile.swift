import CPlatform
import Glibc
public import SystemPackage

/// A file that is only in memory: standard input for a process that may read it or not, without anybody waiting to write.
public enum MemoryFile {
  /// A descriptor of a file with that content, to be read from its beginning; closed on exec. Whoever asks closes it.
  public static func make(_ content: [UInt8]) throws(Errno) -> FileDescriptor {
    let number = skep_memory_file()
    guard number >= 0 else { throw Errno(rawValue: errno) }
    let descriptor = FileDescriptor(rawValue: number)
    do {
      try descriptor.writeAll(toAbsoluteOffset: 0, content)
      return descriptor
    } catch {
      try? descriptor.close()
      throw error as? Errno ?? .ioError
    }
  }
}

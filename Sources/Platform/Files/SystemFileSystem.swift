import CPlatform
import Glibc
public import SystemPackage

/// The files of this machine.
///
/// Files and directories that it makes are their owner's alone (mode 0600 and 0700). A mapped file must not be made shorter
/// while it is in use, and where the disk fails to give a page of it the process gets SIGBUS: that is how mapping works.
public struct SystemFileSystem: FileSystem {
  public init() {}

  public func createDirectory(_ path: FilePath) throws(FileError) { try DirectoryCreation.create(path) }

  public func names(in directory: FilePath) throws(FileError) -> [String] {
    guard let stream = directory.withPlatformString({ opendir($0) }) else { throw Self.error("list", directory) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw Self.error("list", directory) }
        break
      }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  public func create(_ path: FilePath) throws(FileError) -> any OutputFile {
    SystemOutputFile(path: path, descriptor: try Self.open(path, O_WRONLY | O_CREAT | O_EXCL, "create"))
  }

  public func read(_ path: FilePath) throws(FileError) -> [UInt8] {
    let descriptor = try Self.open(path, O_RDONLY, "read")
    defer { close(descriptor) }
    let size = try Self.size(of: descriptor, path, "read")
    var reason: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        if got > 0 { count += got }
        if got == 0 { break }
        if got < 0, errno != EINTR {
          reason = Errno(rawValue: errno)
          break
        }
      }
    }
    if let reason { throw FileError(path: path, operation: "read", errno: reason) }
    return bytes
  }

  public func map(_ path: FilePath) throws(FileError) -> MappedFile {
    let descriptor = try Self.open(path, O_RDONLY, "map")
    defer { close(descriptor) }
    let size = try Self.size(of: descriptor, path, "map")
    // Nothing cannot be mapped.
    guard size > 0 else { return MappedFile(path: path, bytes: UnsafeRawBufferPointer(start: nil, count: 0)) { _ in } }
    guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
      throw Self.error("map", path)
    }
    return MappedFile(
      path: path, bytes: UnsafeRawBufferPointer(start: start, count: size),
      forget: { skep_release_file_pages($0.baseAddress, $0.count) },
      release: { munmap(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count) })
  }

  public func size(of path: FilePath) throws(FileError) -> UInt64 {
    var status = stat()
    guard path.withPlatformString({ stat($0, &status) }) == 0 else { throw Self.error("find", path) }
    return UInt64(clamping: status.st_size)
  }

  public func rename(_ old: FilePath, to new: FilePath) throws(FileError) {
    let result = old.withPlatformString { old in new.withPlatformString { Glibc.rename(old, $0) } }
    if result != 0 { throw Self.error("rename", old) }
  }

  public func link(_ old: FilePath, to new: FilePath) throws(FileError) {
    let result = old.withPlatformString { old in new.withPlatformString { Glibc.link(old, $0) } }
    if result != 0 { throw Self.error("link", errno == EEXIST ? new : old) }
  }

  public func remove(_ path: FilePath) throws(FileError) {
    if path.withPlatformString({ unlink($0) }) != 0 { throw Self.error("remove", path) }
  }

  public func syncDirectory(_ path: FilePath) throws(FileError) {
    do throws(Errno) {
      try Descriptor.syncDirectory(path)
    } catch {
      throw FileError(path: path, operation: "sync", errno: error)
    }
  }

  private static func open(_ path: FilePath, _ flags: Int32, _ operation: String) throws(FileError) -> Int32 {
    do throws(Errno) {
      return try Descriptor.open(path, flags)
    } catch {
      throw FileError(path: path, operation: operation, errno: error)
    }
  }

  private static func size(of descriptor: Int32, _ path: FilePath, _ operation: String) throws(FileError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw error(operation, path) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw FileError(path: path, operation: operation, errno: .isDirectory)
    }
    return Int(clamping: max(0, status.st_size))
  }

  private static func error(_ operation: String, _ path: FilePath) -> FileError {
    FileError(path: path, operation: operation, errno: Errno(rawValue: errno))
  }
}

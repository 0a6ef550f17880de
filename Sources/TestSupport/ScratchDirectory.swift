import Glibc
public import SystemPackage

/// A directory of a test's own, removed with all that is in it when the value goes.
public final class ScratchDirectory: Sendable {
  public let path: FilePath

  public init() throws {
    var template = Array("/tmp/skep-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
    path = FilePath(platformString: made)
  }

  deinit { Self.remove(path) }

  /// Writes a file, and the folders above it.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> FilePath {
    let file = path.appending(FilePath(name).components)
    var folder = path
    for component in FilePath(name).removingLastComponent().components {
      folder.append(component)
      _ = folder.withPlatformString { mkdir($0, 0o700) }
    }
    let descriptor = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWriteExecute)
    defer { try? descriptor.close() }
    try descriptor.writeAll(text.utf8)
    return file
  }

  /// The content of a file as text; `nil` if there is none.
  public func read(_ name: String) -> String? {
    guard let descriptor = try? FileDescriptor.open(path.appending(FilePath(name).components), .readOnly) else {
      return nil
    }
    defer { try? descriptor.close() }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while let count = try? buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func remove(_ path: FilePath) {
    if path.withPlatformString({ unlink($0) }) == 0 { return }
    _ = path.withPlatformString { chmod($0, 0o700) }
    if let folder = path.withPlatformString({ opendir($0) }) {
      var names: [String] = []
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { $0.prefix { $0 != 0 }.map { $0 } }
        names.append(String(decoding: name, as: UTF8.self))
      }
      closedir(folder)
      for name in names where name != "." && name != ".." { remove(path.appending(name)) }
    }
    _ = path.withPlatformString { rmdir($0) }
  }
}

import Glibc
public import SystemPackage

/// Keeps a second Skep out of a data directory for as long as this value lives.
///
/// The kernel holds the lock (`flock(2)` on the file `skep.lock`) and releases it however the process ends; the file
/// itself stays, since removing it would let two processes lock two files of one name. Its text is the holder's process
/// id, for the message to whoever comes second.
public final class DirectoryLock: Sendable {
  public let directory: FilePath
  private let descriptor: Int32

  /// Creates the directory, with what is missing above it, for its owner alone (mode 0700), and locks it. Blocks only for
  /// as long as a few small file operations take.
  ///
  /// - Throws: ``DirectoryLockError``.
  public init(directory: FilePath) throws(DirectoryLockError) {
    do throws(FileError) {
      try DirectoryCreation.create(directory)
    } catch {
      if error.errno == .notDirectory && error.path == directory { throw .notDirectory(directory) }
      throw .unusable(error)
    }
    let file = directory.appending("skep.lock")
    let opened: Int32
    do throws(Errno) {
      opened = try Descriptor.open(file, O_RDWR | O_CREAT)
    } catch {
      throw .unusable(FileError(path: directory, operation: "write in data directory", errno: error, mend: Self.mend))
    }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let reason = Errno(rawValue: errno)
      let holder = (try? Descriptor.readToEnd(opened)).flatMap(Self.processID)
      close(opened)
      if reason == .wouldBlock { throw .inUse(directory: directory, processID: holder) }
      throw .unusable(FileError(path: file, operation: "lock", errno: reason, mend: Self.mend))
    }
    do throws(Errno) {
      guard ftruncate(opened, 0) == 0 else { throw Errno(rawValue: errno) }
      try Descriptor.write(opened, Array("\(getpid())\n".utf8))
    } catch {
      close(opened)
      throw .unusable(FileError(path: file, operation: "write", errno: error))
    }
    self.directory = directory
    descriptor = opened
  }

  deinit { close(descriptor) }

  private static let mend = "give this user the right to it or use another --data-dir"

  private static func processID(_ text: [UInt8]) -> Int32? {
    Int32(String(decoding: text.prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self))
  }
}

/// Why a data directory cannot be had.
public enum DirectoryLockError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `processID` is `nil` while its holder has not written it yet.
  case inUse(directory: FilePath, processID: Int32?)
  case notDirectory(FilePath)
  case unusable(FileError)

  public var description: String {
    switch self {
    case .inUse(let directory, let processID):
      "data directory \(directory) is in use by \(processID.map { "process \($0)" } ?? "another process"); stop it or use"
        + " another --data-dir"
    case .notDirectory(let path): "data directory \(path) is not a directory; move it away or use another --data-dir"
    case .unusable(let error): error.description
    }
  }
}

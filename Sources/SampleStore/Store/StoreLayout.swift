import Platform
import SystemPackage

/// Where a store's files lie, and what their names mean; drawn in `docs/storage.md`.
struct StoreLayout: Sendable {
  let directory: FilePath
  let manifest: FilePath
  let log: FilePath
  let blocks: FilePath

  init(directory: FilePath) {
    self.directory = directory
    manifest = directory.appending("manifest")
    log = directory.appending("log")
    blocks = directory.appending("blocks")
  }

  func checkpoint(_ segment: UInt64) -> FilePath { directory.appending("checkpoint-\(Self.padded(segment))") }
  func block(_ number: UInt64) -> FilePath { blocks.appending("\(Self.padded(number)).block") }

  /// The number in a checkpoint's name; `nil` for any other name.
  static func checkpointNumber(_ name: String) -> UInt64? {
    guard name.hasPrefix("checkpoint-") else { return nil }
    return number(name.dropFirst("checkpoint-".count))
  }

  static func blockNumber(_ name: String) -> UInt64? {
    guard name.hasSuffix(".block") else { return nil }
    return number(name.dropLast(".block".count))
  }

  /// A file that was being written when the process ended.
  static func isUnfinished(_ name: String) -> Bool { name.hasSuffix(".new") }

  static func isSetAside(_ name: String) -> Bool { name.contains(".corrupt-") }

  private static func number(_ text: Substring) -> UInt64? {
    guard text.utf8.count >= 10, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    // One name for each number, and room to count on.
    guard let number = UInt64(text), number < UInt64(Int64.max), padded(number) == text else { return nil }
    return number
  }

  /// Ten digits, so that names sort as numbers do.
  private static func padded(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }

  /// Renames a file that cannot be used to the first free `NAME.corrupt-N` and makes that durable.
  ///
  /// - Returns: its new name.
  static func setAside(_ path: FilePath, _ files: any FileSystem) throws(FileError) -> FilePath {
    let directory = path.removingLastComponent()
    let name = path.lastComponent?.string ?? "file"
    let taken = Set(try files.names(in: directory))
    for number in 1...9_999 where !taken.contains("\(name).corrupt-\(number)") {
      let target = directory.appending("\(name).corrupt-\(number)")
      try files.rename(path, to: target)
      try files.syncDirectory(directory)
      return target
    }
    throw FileError(
      path: path, operation: "set aside", errno: .fileExists, mend: "remove old \(path).corrupt-* files")
  }
}

/// A file that is always either its old or its new content: written beside, synced, renamed over, and the directory synced.
struct FileReplacement: ~Copyable {
  private let files: any FileSystem
  private let path: FilePath
  private let directory: FilePath
  private let beside: FilePath
  private let output: any OutputFile
  private(set) var bytes: UInt64 = 0

  /// Begins to write beside `path`, which lies in `directory`.
  init(of path: FilePath, in directory: FilePath, _ files: any FileSystem) throws(FileError) {
    self.files = files
    self.path = path
    self.directory = directory
    beside = FilePath(path.string + ".new")
    do throws(FileError) {
      output = try files.create(beside)
    } catch {
      guard error.errno == .fileExists else { throw error }
      try files.remove(beside)
      output = try files.create(beside)
    }
  }

  mutating func write(_ part: [UInt8]) throws(FileError) {
    let offset = bytes
    let result = part.withUnsafeBytes { part in
      Result { () throws(FileError) in try output.write(part, at: offset) }
    }
    try result.get()
    bytes += UInt64(part.count)
  }

  /// Puts the new content in place of the old. Where this throws, nobody knows which of the two outlives a power loss.
  consuming func commit() throws(FileError) {
    do throws(FileError) {
      try output.sync()
    } catch {
      abandon()
      throw error
    }
    do throws(FileError) {
      try output.close()
      try files.rename(beside, to: path)
    } catch {
      try? files.remove(beside)
      throw error
    }
    try files.syncDirectory(directory)
  }

  consuming func abandon() {
    try? output.close()
    try? files.remove(beside)
  }
}

import Platform
import SystemPackage

/// The file of a block in the making: what is appended to `bytes` goes to the disk a quarter of a megabyte at a time, and
/// each page of data gets its checksum on the way.
struct BlockOutput: ~Copyable {
  /// Whole pages.
  private static let writeBytes = 4 * BlockFormat.pageBytes

  private let files: any FileSystem
  private let path: FilePath
  private let file: any OutputFile
  /// Not yet written.
  var bytes: [UInt8] = []
  private var written = 0
  private var isData = true
  private(set) var pages: [UInt8] = []

  init(files: any FileSystem, path: FilePath) throws(FileError) {
    self.files = files
    self.path = path
    file = try files.create(path)
    bytes.reserveCapacity(Self.writeBytes + BlockFormat.pageBytes)
  }

  var position: Int { written + bytes.count }

  /// To be called after each append.
  @inline(__always)
  mutating func flushIfFull() throws(FileError) {
    if bytes.count >= Self.writeBytes { try flush(bytes.count / Self.writeBytes * Self.writeBytes) }
  }

  private mutating func flush(_ count: Int) throws(FileError) {
    if isData { checksumPages(count) }
    let (file, written) = (file, written)
    try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
      try file.write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]), at: UInt64(written))
    }
    self.written += count
    bytes.removeFirst(count)
  }

  private mutating func checksumPages(_ count: Int) {
    var start = 0
    while start < count {
      let end = min(count, start + BlockFormat.pageBytes)
      let checksum = bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
      BlockFormat.append(checksum, to: &pages)
      start = end
    }
  }

  /// Ends the data: what comes now is index.
  ///
  /// - Returns: where they end.
  mutating func endData() throws(FileError) -> Int {
    try flush(bytes.count)
    isData = false
    return position
  }

  /// Writes what is left and makes the file, and its name, outlive a power loss.
  mutating func finish() throws(FileError) {
    try flush(bytes.count)
    try file.sync()
    try file.close()
    try files.syncDirectory(path.removingLastComponent())
  }

  func tooLarge() -> FileError {
    FileError(
      path: path, operation: "write", errno: .fileTooLarge, mend: "an index section would pass 4 GiB; keep fewer series"
    )
  }

  /// Closes and removes what there is; that this fails helps nobody to know.
  mutating func abandon() {
    try? file.close()
    try? files.remove(path)
  }
}

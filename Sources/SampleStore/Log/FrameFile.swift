import Platform

/// The form that log, checkpoint and manifest share:
///
/// ```
/// file:  │ magic, 8 bytes │ version u32 │ CRC-32C of these 12 bytes u32 │ frame … │
/// frame: │ length u32, not 0 │ CRC-32C of the payload u32 │ payload, `length` bytes │
/// ```
/// All numbers little-endian. There is no empty frame: what a file system fills with zeros after a crash is no frame.
enum FrameFile {
  struct Kind: Sendable, Equatable {
    /// Eight ASCII characters.
    let magic: StaticString
    let version: UInt32

    static func == (left: Kind, right: Kind) -> Bool {
      left.version == right.version && "\(left.magic)" == "\(right.magic)"
    }
  }

  static let headerBytes = 16
  static let frameOverhead = 8

  static func header(_ kind: Kind) -> [UInt8] {
    precondition(kind.magic.utf8CodeUnitCount == 8, "BUG: the magic \(kind.magic) is not of eight bytes")
    var bytes = [UInt8](UnsafeBufferPointer(start: kind.magic.utf8Start, count: 8))
    append(kind.version, to: &bytes)
    append(bytes.withUnsafeBytes { CRC32C.checksum($0) }, to: &bytes)
    return bytes
  }

  /// Why a file's header is not that of `kind`; `nil` if it is.
  static func flaw(ofHeader bytes: UnsafeRawBufferPointer, _ kind: Kind) -> String? {
    guard bytes.count >= headerBytes else { return "the header is torn: \(bytes.count) of \(headerBytes) bytes" }
    let magic = UnsafeRawBufferPointer(start: kind.magic.utf8Start, count: 8)
    guard bytes[..<8].elementsEqual(magic) else { return "the file does not begin with \"\(kind.magic)\"" }
    guard number(bytes, 12) == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<12])) else {
      return "the header does not agree with its checksum"
    }
    let version = number(bytes, 8)
    // What earlier versions could say is part of what later ones say.
    if version > 0, version <= kind.version { return nil }
    return "the file is of version \(version), this program reads versions up to \(kind.version)"
  }

  /// The version of a file that is of this kind but later than this program knows; `nil` for any other.
  static func laterVersion(inHeader bytes: UnsafeRawBufferPointer, _ kind: Kind) -> UInt32? {
    guard bytes.count >= headerBytes else { return nil }
    let version = number(bytes, 8)
    guard version > kind.version else { return nil }
    return flaw(ofHeader: bytes, Kind(magic: kind.magic, version: version)) == nil ? version : nil
  }

  /// Appends a frame around `payload`, which is not empty.
  static func append(_ payload: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    precondition(payload.count > 0 && payload.count <= UInt32.max, "BUG: a frame of \(payload.count) bytes")
    append(UInt32(payload.count), to: &bytes)
    append(CRC32C.checksum(payload), to: &bytes)
    bytes.append(contentsOf: payload)
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Reads the frames behind the header one by one. The bytes must outlive it.
  struct Reader: ~Copyable {
    /// Of the next frame; after a flaw, of the frame that has it.
    private(set) var position = FrameFile.headerBytes
    /// Says what is wrong at `position` once ``next()`` has returned `nil` before the end.
    private(set) var flaw: String?
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next payload; `nil` at the end or at a flaw.
    mutating func next() -> UnsafeRawBufferPointer? {
      guard flaw == nil, position != bytes.count else { return nil }
      let rest = bytes.count - position
      guard rest >= FrameFile.frameOverhead else { return stop("the record is torn: \(max(rest, 0)) bytes are left") }
      let length = Int(FrameFile.number(bytes, position))
      guard length > 0 else { return stop("there are zeros where a record should be") }
      let start = position + FrameFile.frameOverhead
      guard length <= bytes.count - start else {
        return stop("the record is torn: \(bytes.count - start) of \(length) bytes are left")
      }
      let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
      guard CRC32C.checksum(payload) == FrameFile.number(bytes, position + 4) else {
        return stop("the record does not agree with its checksum")
      }
      position = start + length
      return payload
    }

    private mutating func stop(_ reason: String) -> UnsafeRawBufferPointer? {
      flaw = reason
      return nil
    }
  }
}

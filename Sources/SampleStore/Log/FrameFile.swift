import FleetModel
import Platform
import SystemPackage

/// The form that log, checkpoint and manifest share:
///
/// ```
/// file:  │ magic, 8 bytes │ version u32 │ header CRC-32C u32 │ frame … │
/// frame: │ length u32 │ CRC-32C of the payload u32 │ payload │
/// ```
/// All numbers little-endian. (To be drawn exactly in docs/storage.md.)
enum FrameFile {
  struct Kind: Sendable, Equatable {
    /// Eight ASCII characters.
    let magic: StaticString
    let version: UInt32

    static func == (left: Kind, right: Kind) -> Bool { left.version == right.version && "\(left.magic)" == "\(right.magic)" }
  }

  static let headerBytes = 16
  static let frameOverhead = 8

  static func header(_ kind: Kind) -> [UInt8] { fatalError("to be written") }

  /// Why a file's header is not that of `kind`; `nil` if it is.
  static func flaw(ofHeader bytes: UnsafeRawBufferPointer, _ kind: Kind) -> String? { fatalError("to be written") }

  /// Appends a frame around `payload`.
  static func append(_ payload: UnsafeRawBufferPointer, to bytes: inout [UInt8]) { fatalError("to be written") }

  /// Reads the frames behind the header one by one.
  struct Reader: ~Copyable {
    private(set) var position = FrameFile.headerBytes
    /// Says what is wrong at `position` once ``next()`` has returned `nil` before the end.
    private(set) var flaw: String?

    init(_ bytes: UnsafeRawBufferPointer) { fatalError("to be written") }

    /// The next payload; `nil` at the end or at a flaw.
    mutating func next() -> UnsafeRawBufferPointer? { fatalError("to be written") }
  }
}

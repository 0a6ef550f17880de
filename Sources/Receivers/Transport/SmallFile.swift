import FleetModel
import SystemPackage

/// A file that an operator names: a secret, or certificates. Calls block.
struct SmallFile: Sendable, Hashable {
  static let limit = 1 << 20

  var path: String

  /// - Throws: ``DeliveryFailure`` naming the file; the next try may find it mended.
  func read() throws -> [UInt8] {
    do {
      // A pipe that nobody writes to is empty, and does not hang.
      let descriptor = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
      defer { try? descriptor.close() }
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 16 << 10)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        if count == 0 { return bytes }
        bytes += buffer[..<count]
        guard bytes.count <= Self.limit else {
          throw DeliveryFailure("\(path) is larger than \(Self.limit) bytes", .retry(after: nil))
        }
      }
    } catch let error as Errno {
      throw DeliveryFailure("cannot read \(path): \(error)", .retry(after: nil))
    }
  }
}

/// A secret that stands in the configuration or in a file.
struct SecretSource: Sendable, Hashable {
  var text: SecretText?
  var file: String?

  /// `nil` if there is neither.
  init?(_ text: SecretText?, file: String?) {
    if text == nil, file == nil { return nil }
    self.text = text
    self.file = file
  }

  /// Without blanks and line ends around it. A file is read anew each time.
  ///
  /// - Throws: ``DeliveryFailure`` if the file cannot be read, is empty, or holds several lines.
  func read(by calls: BlockingCalls) async throws -> String {
    if let text { return Self.trimmed(text.reveal().utf8) }
    guard let file else { return "" }
    let secret = Self.trimmed(try await calls.run { try SmallFile(path: file).read() })
    guard !secret.isEmpty else { throw DeliveryFailure("\(file) is empty", .retry(after: nil)) }
    guard secret.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw DeliveryFailure("\(file) holds more than one line of text", .retry(after: nil))
    }
    return secret
  }

  private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> String {
    let isBlank = { (byte: UInt8) in byte <= 0x20 }
    let rest = bytes.drop(while: isBlank)
    guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(decoding: rest[...last], as: UTF8.self)
  }
}

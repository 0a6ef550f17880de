import Testing

@testable import Platform

@Suite("CRC-32C")
struct ChecksumTests {
  /// RFC 3720, appendix B.4; the last is the check value of the catalogue of parametrised CRCs.
  static let known: [(bytes: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0..<32), 0x46DD_794E),
    ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
    (
      [0x01, 0xC0, 0, 0] + [UInt8](repeating: 0, count: 12) + [0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18]
        + [0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0], 0xD996_3A56
    ),
    (Array("123456789".utf8), 0xE306_9283),
    ([], 0),
  ]

  @Test(arguments: known)
  func knownAnswers(bytes: [UInt8], checksum: UInt32) {
    bytes.withUnsafeBytes {
      #expect(CRC32C.checksum($0) == checksum)
      #expect(CRC32C.checksumByTables($0) == checksum)
    }
  }

  @Test(arguments: [1, 7, 8, 4095, 4096, 12_287, 12_288, 12_289, 24_576, 70_001])
  func instructionAndTablesAgreeOnWholeAndParts(count: Int) {
    var state = UInt64(count)
    let bytes = (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 40)
    }
    bytes.withUnsafeBytes { bytes in
      let whole = CRC32C.checksumByTables(bytes)
      #expect(CRC32C.checksum(bytes) == whole)
      for cut in [0, 1, count / 3, count - 1] {
        let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
        let rest = UnsafeRawBufferPointer(rebasing: bytes[cut...])
        #expect(CRC32C.checksum(rest, continuing: first) == whole)
        #expect(CRC32C.checksumByTables(rest, continuing: first) == whole)
      }
    }
  }
}

import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

/// A tiny block byte for byte, as docs/storage.md draws it: whoever changes the format notices here, gives it a new version
/// and keeps reading the old one.
@Suite("the format of blocks")
struct BlockFormatTests {
  private static let series: [LabelSet: [SampleColumns]] = [
    LabelSet(["__name__": "up", "agent": "a-1"]): [SampleColumns(timestamps: [1000, 2000, 3000], values: [1, 1, 0])],
    LabelSet(["__name__": "up", "agent": "a-2"]): [SampleColumns(timestamps: [1000, 2000, 3000], values: [1, 1, 1])],
    LabelSet(["__name__": "load", "agent": "a-1"]): [
      SampleColumns(timestamps: [1000, 2000, 3000], values: [0.5, 0.25, 0.75]),
      SampleColumns(timestamps: [4000], values: [8]),
    ],
  ]

  private static func bytes() throws -> [UInt8] {
    let fixture = try BlockFixture()
    _ = try fixture.write("1.block", sequence: 3, series)
    return try fixture.files.read(fixture.path("1.block"))
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  @Test func aTinyBlockByteForByte() throws {
    let bytes = try Self.bytes()
    let footer = try bytes.withUnsafeBytes { try BlockFooter(file: $0) }
    #expect(Self.hex(bytes[..<16]) == "73 6b 65 70 62 6c 63 6b 01 00 00 00 20 7f 70 80")
    #expect(
      Self.hex(bytes[16..<footer.dataEnd])
        == "00 e8 07 d0 0f c2 64 31 4b 00 01 02 00 00 c0 3e 00 10 40 02 01 00 01 01 00 02")
    let expected: [BlockFormat.Section: String] = [
      .pages: "a9 4a 7e 27", .times: "10 d0 0f d0 0f 03 05 07 f0 2e 00 01 04 00 00 00 00",
      .chunks: "10 00 05 05 07 04 02 03 02 06 00 02 00 00 00 00",
      // load{a-1}, up{a-1}, up{a-2}: pairs 0 2, 1 2, 1 3.
      .series: "02 00 01 02 00 00 11 00 00 00 00 00",
      .names: "08 5f 5f 6e 61 6d 65 5f 5f 00 05 61 67 65 6e 74 02 00 00 00 00 0a 00 00 00",
      .pairs: "00 04 6c 6f 61 64 00 00 02 75 70 07 00 03 61 2d 31 07 02 01 32 08 00 00 00 00",
      .postings: "08 01 00 08 00 00",
    ]
    for (section, hex) in expected {
      #expect(Self.hex(bytes[footer.range(of: section)]) == hex, "section \(section)")
    }
    let footerLines = [
      "03 00 00 00 00 00 00 00 e8 03 00 00 00 00 00 00 a0 0f 00 00 00 00 00 00 0a 00 00 00 00 00 00 00",
      "04 00 00 00 00 00 00 00 2a 00 00 00 00 00 00 00 03 00 00 00 02 00 00 00 02 00 00 00 04 00 00 00",
      "04 00 00 00 00 00 00 00 04 1f 4d e9 11 00 00 00 00 00 00 00 02 d1 d4 ae 10 00 00 00 00 00 00 00",
      "b8 37 23 7b 0c 00 00 00 00 00 00 00 de e7 78 40 19 00 00 00 00 00 00 00 53 38 47 3d 1a 00 00 00",
      "00 00 00 00 14 22 1d 71 06 00 00 00 00 00 00 00 fc 35 6c 37 13 53 a6 75 73 6b 65 70 62 65 6e 64",
    ]
    for (index, line) in footerLines.enumerated() {
      #expect(Self.hex(bytes.suffix(160).dropFirst(index * 32).prefix(32)) == line, "footer from byte \(index * 32)")
    }
  }
}

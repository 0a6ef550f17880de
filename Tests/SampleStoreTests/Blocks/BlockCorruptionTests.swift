import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

@Suite("broken blocks")
struct BlockCorruptionTests {
  private static func small() throws -> [UInt8] {
    let fixture = try BlockFixture()
    var random = SplitMix(state: 5)
    var series: PlainSeries = [:]
    for _ in 0..<70 { series[random.labels()] = random.samples(from: 1_000, atMost: 8) }
    _ = try fixture.write("1.block", series)
    return try fixture.files.read(fixture.path("1.block"))
  }

  @Test func everyChangedByteIsNoticed() throws {
    var bytes = try Self.small()
    #expect(try Block(mapped(bytes)).check() == [])
    var unnoticed: [Int] = []
    for index in bytes.indices {
      bytes[index] ^= UInt8(1 << (index % 8))
      if let block = try? Block(mapped(bytes)), block.check().isEmpty { unnoticed.append(index) }
      bytes[index] ^= UInt8(1 << (index % 8))
    }
    #expect(unnoticed == [])
  }

  @Test func everyMissingEndIsNoticed() throws {
    let bytes = try Self.small()
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: BlockError.self) { try Block(mapped(Array(bytes[..<count]))) }
    }
    #expect(throws: BlockError.self) { try Block(mapped(bytes + [0])) }
  }

  @Test func aLaterVersionIsLeftAlone() throws {
    var bytes = try Self.small()
    bytes[8] = 3
    let error = #expect(throws: BlockError.self) { try Block(mapped(resealed(bytes))) }
    #expect(error?.kind == .otherVersion)
    #expect(error?.reason == "written in version 3 of the format, and this program knows up to 2")
  }

  /// Checksums that fit do not make bytes trustworthy: whatever they say, reading ends, and within the file.
  @Test(arguments: 0..<8)
  func forgedBytesAreRefusedNotBelieved(seed: UInt64) throws {
    let good = try Self.small()
    var random = SplitMix(state: seed)
    var refused = 0
    for _ in 0..<150 {
      var bytes = good
      for _ in 0..<random.number(1...4) {
        let offset =
          random.number(0...3) == 0
          ? bytes.count - 1 - random.number(0...BlockFooter.bytes - 1) : random.number(0...bytes.count - 1)
        bytes[offset] =
          random.number(0...2) == 0 ? [0, 0x7f, 0x80, 0xff][random.number(0...3)] : UInt8(random.number(0...255))
      }
      do { try readEverything(try Block(mapped(resealed(bytes)))) } catch is BlockError { refused += 1 }
    }
    #expect(refused > 0)
  }

  @Test func randomBytesAreNoBlock() {
    var random = SplitMix(state: 77)
    for _ in 0..<300 {
      let bytes = (0..<random.number(0...2000)).map { _ in UInt8(random.number(0...255)) }
      #expect(throws: BlockError.self) { try Block(mapped(bytes)) }
    }
  }

  @Test func checkSaysWhere() throws {
    let fixture = try BlockFixture()
    var series: PlainSeries = [:]
    var random = SplitMix(state: 9)
    for index in 0..<40 { series[LabelSet(["i": "\(index)"])] = random.samples(from: 0, atMost: 2000) }
    _ = try fixture.write("1.block", series)
    var bytes = try fixture.files.read(fixture.path("1.block"))
    bytes[70_000] ^= 4
    let block = try Block(mapped(bytes))
    let problems = block.check()
    #expect(problems.first == "the checksum of the page at byte 65536 does not match")
    #expect(problems.contains { $0.hasPrefix("chunk 0 of series ") || $0.hasPrefix("chunk 1 of series ") })
    #expect(try block.find([]).count == 40)
  }
}

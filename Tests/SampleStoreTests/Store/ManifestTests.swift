import FleetModel
import Testing

@testable import SampleStore

@Suite struct ManifestTests {
  static func entry(
    _ number: UInt64, sequence: UInt64? = nil, _ times: ClosedRange<Int64>, bytes: UInt64 = 1000
  ) -> Manifest.Entry {
    var summary = BlockSummary()
    summary.sequence = sequence ?? number
    summary.minTime = times.lowerBound
    summary.maxTime = times.upperBound
    summary.series = 3
    summary.chunks = 4
    summary.samples = 500
    summary.bytes = bytes
    return Manifest.Entry(number: number, summary: summary)
  }

  static var full: Manifest {
    var manifest = Manifest(hashSeed: 0xfeed_beef_0123_4567)
    manifest.insert(entry(9, sequence: 2, -5...70))
    manifest.insert(entry(4, .min ... .max, bytes: .max))
    manifest.deletions = [
      Manifest.Deletion(
        matchers: [LabelMatcher("a", .matchesNot, "x|ü"), LabelMatcher("", .equal, "")], from: .min, through: 7,
        includesHead: true, blocks: [4, 9]),
      Manifest.Deletion(matchers: [], from: 1, through: 2, includesHead: false, blocks: []),
    ]
    return manifest
  }

  @Test func whatIsWrittenIsRead() throws {
    #expect(try Manifest(Self.full.encoded()) == Self.full)
    #expect(try Manifest(Manifest(hashSeed: 1).encoded()) == Manifest(hashSeed: 1))
    #expect(Self.full.blocks.map(\.number) == [9, 4])
    #expect(Self.full.nextNumber == 10)
  }

  @Test func noChangedBytePasses() {
    let bytes = Self.full.encoded()
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x10
      #expect(throws: ManifestError.self, "byte \(index)") { try Manifest(changed) }
    }
    for count in bytes.indices {
      #expect(throws: ManifestError.self, "\(count) bytes") { try Manifest(Array(bytes[..<count])) }
    }
  }

  /// Content that agrees with its checksum may still be nonsense.
  @Test func nonsenseIsSafe() {
    var random = SplitMix(state: 7)
    for _ in 0..<2000 {
      var payload = [UInt8](
        (0..<Int.random(in: 1...200, using: &random)).map { _ in UInt8.random(in: 0...3, using: &random) })
      if Bool.random(using: &random) { payload[0] = 255 }
      var bytes = FrameFile.header(Manifest.kind)
      payload.withUnsafeBytes { FrameFile.append($0, to: &bytes) }
      if let manifest = try? Manifest(bytes) { #expect(manifest.encoded() == bytes) }
    }
  }

  @Test func deletionsFollowWhatTakesTheirBlocksPlace() {
    var manifest = Self.full
    manifest.deletions[1].blocks = [9]
    manifest.passDeletions(of: [9], to: 10, fulfilling: manifest.deletions[1])
    manifest.remove([9])
    #expect(manifest.deletions.map(\.blocks) == [[4, 10], []])
    #expect(manifest.deletions.map(\.isDone) == [false, true])
    manifest.settle(manifest.deletions[0], 4)
    #expect(manifest.deletions[0].blocks == [10])
  }
}

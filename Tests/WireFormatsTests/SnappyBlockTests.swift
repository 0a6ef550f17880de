import TestSupport
import Testing

@testable import WireFormats

@Suite struct SnappyBlockTests {
  private static func decode(_ block: [UInt8], limit: Int = 1 << 24) throws(SnappyError) -> [UInt8] {
    var output: [UInt8] = []
    let result = block.withUnsafeBytes { bytes -> Result<Int, SnappyError> in
      do throws(SnappyError) { return .success(try SnappyBlock.decode(bytes, limit: limit, into: &output)) } catch {
        return .failure(error)
      }
    }
    return Array(output.prefix(try result.get()))
  }

  private static func encode(_ text: [UInt8]) -> [UInt8] { text.withUnsafeBytes { SnappyBlock.encode($0) } }

  /// By hand after the format description: each kind of element, at its bounds.
  static let blocks: [(block: [UInt8], text: String)] = [
    ([0], ""),
    ([3, 2 << 2] + Array("abc".utf8), "abc"),
    // Copies with one, two and four bytes of offset; the second overlaps itself.
    ([8, 3 << 2] + Array("abcd".utf8) + [0 << 2 | 1, 4], "abcdabcd"),
    ([10, 1 << 2] + Array("ab".utf8) + [7 << 2 | 2, 2, 0], "ababababab"),
    ([7, 0 << 2] + Array("x".utf8) + [5 << 2 | 3, 1, 0, 0, 0], "xxxxxxx"),
    // A literal whose length has a byte, two, three and four of its own.
    ([70, 60 << 2, 69] + [UInt8](repeating: 0x61, count: 70), String(repeating: "a", count: 70)),
    ([70, 61 << 2, 69, 0] + [UInt8](repeating: 0x61, count: 70), String(repeating: "a", count: 70)),
    ([70, 62 << 2, 69, 0, 0] + [UInt8](repeating: 0x61, count: 70), String(repeating: "a", count: 70)),
    ([70, 63 << 2, 69, 0, 0, 0] + [UInt8](repeating: 0x61, count: 70), String(repeating: "a", count: 70)),
  ]

  @Test(arguments: blocks) func decodes(block: [UInt8], text: String) throws {
    #expect(try Self.decode(block) == Array(text.utf8))
  }

  static let broken: [[UInt8]] = [
    [], [0x80], [0xff, 0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 0x7f],
    // Too little, too much, and nothing behind the announced element.
    [3, 1 << 2, 0x61, 0x62], [1, 1 << 2, 0x61, 0x62], [1, 0 << 2], [5, 60 << 2], [5, 63 << 2, 1, 0, 0],
    [5, 63 << 2, 0xff, 0xff, 0xff, 0xff],
    // Copies from before the beginning, with offset 0, longer than the text, cut off.
    [8, 3 << 2, 0x61, 0x62, 0x63, 0x64, 1, 5], [8, 3 << 2, 0x61, 0x62, 0x63, 0x64, 1, 0],
    [7, 3 << 2, 0x61, 0x62, 0x63, 0x64, 1, 4], [8, 3 << 2, 0x61, 0x62, 0x63, 0x64, 1],
    [8, 3 << 2, 0x61, 0x62, 0x63, 0x64, 3 << 2 | 2, 4], [8, 3 << 2, 0x61, 0x62, 0x63, 0x64, 3 << 2 | 3, 4, 0, 0],
    // A large text that so short a block cannot hold.
    [0xff, 0xff, 0xff, 0x07, 0 << 2, 0x61],
  ]

  @Test(arguments: broken) func refuses(block: [UInt8]) {
    #expect(throws: SnappyError.self) { try Self.decode(block) }
  }

  @Test func refusesMoreThanTheLimit() throws {
    let block = Self.encode([UInt8](repeating: 7, count: 1000))
    #expect(try Self.decode(block, limit: 1000).count == 1000)
    do {
      _ = try Self.decode(block, limit: 999)
      Issue.record("a text over the limit was decoded")
    } catch {
      #expect(error.isTooLong)
    }
  }

  /// Texts from noise to one repeated byte, of lengths around those where fragments and words end.
  @Test(arguments: 0..<64) func whatIsEncodedIsDecoded(seed: UInt64) throws {
    var random = RepeatableGenerator(SeededRandom(seed: seed))
    let lengths = [0, 1, 3, 4, 5, 15, 16, 17, 60, 61, 64, 65, 256, 257, 65_535, 65_536, 65_537, 200_000]
    var output: [UInt8] = []
    for length in lengths.shuffled(using: &random).prefix(8) {
      let alphabet = [1, 2, 4, 30, 256].randomElement(using: &random) ?? 1
      let run = Int.random(in: 1...40, using: &random)
      var text: [UInt8] = []
      while text.count < length {
        if text.count > run, Bool.random(using: &random) {
          let start = Int.random(in: 0..<text.count - run, using: &random)
          text += text[start..<start + run]
        } else {
          text.append(UInt8(Int.random(in: 0..<alphabet, using: &random)))
        }
      }
      text = Array(text.prefix(length))
      let block = Self.encode(text)
      #expect(try Self.decode(block) == text)
      // One output serves many inputs, longer and shorter ones.
      let count = try block.withUnsafeBytes { try SnappyBlock.decode($0, limit: 1 << 20, into: &output) }
      #expect(Array(output.prefix(count)) == text)
    }
  }

  /// A block with bytes changed or cut off is decoded to something or refused; nothing else.
  @Test(arguments: 0..<32) func hostileBlocksEndWell(seed: UInt64) {
    var random = RepeatableGenerator(SeededRandom(seed: seed))
    let text = (0..<2000).map { _ in UInt8.random(in: 0..<4, using: &random) }
    let good = Self.encode(text)
    for _ in 0..<200 {
      var bad = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bad[Int.random(in: 0..<bad.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bad.removeLast(Int.random(in: 1..<bad.count, using: &random)) }
      _ = try? Self.decode(bad, limit: 1 << 16)
    }
  }
}

/// The seeded source as the standard library asks for it.
struct RepeatableGenerator: RandomNumberGenerator {
  private let source: SeededRandom

  init(_ source: SeededRandom) { self.source = source }

  mutating func next() -> UInt64 { source.next() }
}

import FleetModel
import Testing

/// Bytes that are no chunk: an error or some samples, never a crash or a read beyond the end.
@Suite struct ChunkCorruptionTests {
  @Test func unknownCodecsAreNamed() {
    #expect(throws: ChunkError.unknownCodec(10)) { try EncodedChunk(serialized: [10, 1, 0, 0]) }
    #expect(throws: ChunkError.truncated(atSample: 0)) { try EncodedChunk(serialized: [0, 1]) }
  }

  @Test func aCountBeyondTheBytesIsRefused() {
    #expect(throws: ChunkError.self) { try EncodedChunk(serialized: [0, 0xff, 0xff, 1, 2, 3]) }
  }

  @Test func aCutChunkIsTruncated() throws {
    for codec in [ChunkCodec.xor, .scaled(exponent: 0)] {
      let whole = Self.chunk(codec)
      for length in 0..<whole.bytes.count {
        let cut = EncodedChunk(codec: codec, count: whole.count, bytes: Array(whole.bytes.prefix(length)))
        #expect(throws: ChunkError.self) { try cut.decoded() }
      }
    }
  }

  @Test(arguments: 0..<20)
  func randomBytesAreSafe(_ seed: Int) {
    var random = SplitMix(state: UInt64(seed) &* 977)
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
        // Ones make long prefixes, zeros long runs: weigh both.
        [0, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
      for codec in [ChunkCodec.xor, .scaled(exponent: 0), .scaled(exponent: 9)] {
        Self.check(EncodedChunk(codec: codec, count: Int.random(in: 0...300, using: &random), bytes: bytes))
      }
    }
  }

  @Test(arguments: 0..<20)
  func flippedBitsAreSafe(_ seed: Int) {
    var random = SplitMix(state: UInt64(seed) &* 31 &+ 5)
    for codec in [ChunkCodec.xor, .scaled(exponent: 0)] {
      let whole = Self.chunk(codec)
      for _ in 0..<200 {
        var bytes = whole.bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
        }
        Self.check(EncodedChunk(codec: codec, count: whole.count, bytes: bytes))
      }
    }
  }

  private static func chunk(_ codec: ChunkCodec) -> EncodedChunk {
    var builder = ChunkBuilder(codec: codec)
    for index in 0..<120 {
      _ = builder.append(
        index % 30 == 29 ? .nan : Double(index * index % 97), at: Int64(index) * 1000 + Int64(index % 3))
    }
    return builder.finish()
  }

  /// What decodes must at least be samples in rising order of time.
  private static func check(_ chunk: EncodedChunk) {
    guard let columns = try? chunk.decoded() else { return }
    #expect(columns.count == chunk.count)
    for (earlier, later) in zip(columns.timestamps, columns.timestamps.dropFirst()) { #expect(earlier < later) }
  }
}

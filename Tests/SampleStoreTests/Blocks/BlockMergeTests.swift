import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

@Suite("merging blocks")
struct BlockMergeTests {
  /// Blocks of the same few series whose times overlap in part.
  private static func sources(_ random: inout SplitMix, _ fixture: BlockFixture) throws -> [Block] {
    let labels = (0..<random.number(1...16)).map { _ in random.labels() }
    return try (0..<random.number(1...5)).map { number in
      var series: [LabelSet: [SampleColumns]] = [:]
      for one in labels where series.isEmpty || random.number(0...2) > 0 {
        var start = Int64(random.number(0...3)) * 400_000
        let parts = random.number(1...3)
        series[one] = (0..<parts).map { _ in
          let samples = random.samples(from: start, atMost: parts == 1 ? 1300 : 250)
          // The next one may overlap.
          start += 100_000
          return BlockFixture.columns(samples)
        }
      }
      return try fixture.write("\(number).block", sequence: UInt64(10 - number), series)
    }
  }

  @Test(arguments: 0..<30)
  func mergedBlocksHoldWhatTheirSourcesHeld(seed: UInt64) throws {
    var random = SplitMix(state: seed &+ 1000)
    let fixture = try BlockFixture()
    let blocks = try Self.sources(&random, fixture)
    let cutoff = random.number(0...1) == 0 ? Int64.min : Int64(random.number(0...1500)) * 1000
    let deletions = try (0..<random.number(0...2)).map { _ in
      let matchers = try [random.matcher()].compactMap { try CompiledMatcher.compile($0) }
      let from = Int64(random.number(0...1500)) * 1000
      return BlockMerge.Deletion(
        places: try blocks.map { try $0.find(matchers) }, from: from,
        through: from + Int64(random.number(0...900)) * 1000)
    }
    var expected: PlainSeries = [:]
    for index in blocks.indices.sorted(by: { blocks[$0].summary.sequence < blocks[$1].summary.sequence }) {
      for (place, series) in try BlockFixture.read(blocks[index]).sorted(by: { LabelSet.precedes($0.key, $1.key) })
        .enumerated()
      {
        for (time, value) in series.value where time >= cutoff {
          let isDeleted = deletions.contains {
            time >= $0.from && time <= $0.through && $0.places[index].contains(UInt32(place))
          }
          if !isDeleted { expected[series.key, default: [:]].merge([time: value]) { first, _ in first } }
        }
      }
    }
    let path = fixture.path("merged.block")
    let summary = try BlockMerge.run(blocks, deletions: deletions, cutoff: cutoff, files: fixture.files, into: path)
    guard let summary else {
      #expect(expected.isEmpty)
      #expect(throws: FileError.self) { try fixture.files.size(of: path) }
      return
    }
    let merged = try Block(files: fixture.files, path: path)
    #expect(merged.check() == [])
    #expect(merged.summary == summary)
    #expect(summary.sequence == blocks.map(\.summary.sequence).min())
    #expect(isSame(try BlockFixture.read(merged), expected))
    #expect(summary.samples == UInt64(expected.values.reduce(0) { $0 + $1.count }))
  }

  @Test(arguments: 0..<10)
  func queriesJoinBlocksAndWhatElseThereIs(seed: UInt64) throws {
    var random = SplitMix(state: seed &+ 2000)
    let fixture = try BlockFixture()
    let blocks = try Self.sources(&random, fixture).sorted { $0.summary.sequence < $1.summary.sequence }
    var joiner = SampleJoiner()
    for _ in 0..<20 {
      let extra = (0..<random.number(0...2)).map { _ in random.samples(from: 500_000, atMost: 300) }
      let from = Int64(random.number(0...1500)) * 1000
      let through = from + Int64(random.number(-1...900)) * 1000
      var expected: [Int64: Double] = [:]
      let chosen = try blocks.map { block in
        (block: block, place: UInt32(random.number(0...block.summary.series - 1)), all: try BlockFixture.read(block))
      }
      for one in chosen {
        let labels = LabelSet(canonicalEncoding: try one.block.encodedLabels(one.place))
        expected.merge(one.all[labels] ?? [:]) { first, _ in first }
      }
      for samples in extra { expected.merge(samples) { first, _ in first } }
      expected = expected.filter { $0.key >= from && $0.key <= through }
      let joined = try joiner.join(
        chosen.map { ($0.block, try $0.block.chunks($0.place)) }, extra.map { BlockFixture.columns($0) }, from: from,
        through: through)
      #expect(joined.timestamps == expected.keys.sorted())
      #expect(joined.values.map(\.bitPattern) == joined.timestamps.map { expected[$0]?.bitPattern })
    }
  }

  private static func run(_ start: Int, _ count: Int) -> [Int64: Double] {
    Dictionary(uniqueKeysWithValues: (start..<start + count).map { (Int64($0) * 1000, Double($0 % 7)) })
  }

  /// Chunks of one series in several blocks, and the chunks that the merge leaves.
  @Test(arguments: [
    ([240, 240, 240, 240], [960]), ([600, 500], [600, 500]), ([600, 100], [600, 100]), ([100, 600, 600], [700, 600]),
    ([300, 600], [300, 600]), ([10, 900, 900], [910, 900]), ([960, 50, 960], [960, 505, 505]),
  ])
  func smallChunksAreJoinedAndLargeOnesKept(sizes: [Int], result: [Int]) throws {
    let fixture = try BlockFixture()
    let labels = LabelSet(["__name__": "m"])
    var start = 0
    let blocks = try sizes.enumerated().map { number, count in
      defer { start += count }
      return try fixture.write("\(number).block", sequence: UInt64(number), [labels: Self.run(start, count)])
    }
    _ = try BlockMerge.run(blocks, files: fixture.files, into: fixture.path("m.block"))
    let merged = try Block(files: fixture.files, path: fixture.path("m.block"))
    #expect(try merged.chunks(0).map(\.count) == result)
    #expect(isSame(try BlockFixture.read(merged), [labels: Self.run(0, start)]))
  }

  @Test func aBrokenSourceIsNamedAndLeavesNothing() throws {
    let fixture = try BlockFixture()
    _ = try fixture.write("1.block", [LabelSet(["a": "b"]): Self.run(0, 700)])
    var bytes = try fixture.files.read(fixture.path("1.block"))
    bytes[BlockFormat.headerBytes + 5] ^= 1
    let broken = try Block(mapped(bytes))
    let error = #expect(throws: BlockWorkError.self) {
      try BlockMerge.run([broken], files: fixture.files, into: fixture.path("m.block"))
    }
    guard case .block(let block)? = error else { throw error ?? .block(BlockError(path: "", reason: "nothing thrown")) }
    #expect(block.path == "a.block")
    #expect(try fixture.files.names(in: fixture.scratch.path) == ["1.block"])
  }
}

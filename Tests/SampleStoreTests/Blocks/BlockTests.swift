import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

@Suite("blocks")
struct BlockTests {
  @Test(arguments: 0..<14)
  func readBackWhatWasWritten(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let fixture = try BlockFixture()
    var series: PlainSeries = [:]
    let shared = random.samples(from: 1_000_000, atMost: 1500)
    for _ in 0..<random.number(1...150) {
      series[random.labels()] =
        random.number(0...1) == 0 ? shared : random.samples(from: Int64(random.number(-5...5)) * 100_000, atMost: 50)
    }
    let block = try fixture.write("1.block", sequence: 7, series)
    #expect(block.check() == [])
    #expect(isSame(try BlockFixture.read(block), series))
    #expect(block.summary.sequence == 7)
    #expect(block.summary.series == series.count)
    #expect(block.summary.samples == UInt64(series.values.reduce(0) { $0 + $1.count }))
    #expect(block.summary.minTime == series.values.compactMap { $0.keys.min() }.min())
    #expect(block.summary.maxTime == series.values.compactMap { $0.keys.max() }.max())
    #expect(block.summary.bytes == (try fixture.files.size(of: block.path)))
    // Out of order, one by one.
    let sorted = series.keys.sorted(by: LabelSet.precedes)
    for _ in 0..<20 {
      let place = random.number(0...series.count - 1)
      #expect(try block.encodedLabels(UInt32(place)) == sorted[place].encoded)
      let count = try block.chunks(UInt32(place)).reduce(0) { $0 + $1.count }
      #expect(count == series[sorted[place]]?.count)
    }
  }

  @Test(arguments: 0..<12)
  func findAsMatchersSay(seed: UInt64) throws {
    var random = SplitMix(state: seed &+ 100)
    let fixture = try BlockFixture()
    var series: PlainSeries = [:]
    for _ in 0..<random.number(1...400) { series[random.labels()] = [Int64(random.number(1...9)): 1] }
    let block = try fixture.write("1.block", series)
    let sorted = series.keys.sorted(by: LabelSet.precedes)
    let model = PlainModel(series: series.mapValues { _ in PlainModel.Series(samples: [(1, 1)], last: 1) })
    for _ in 0..<40 {
      let matchers = (0..<random.number(0...4)).map { _ in random.matcher() }
      let places = try block.find(matchers.compactMap { try CompiledMatcher.compile($0) })
      let expected = Set(model.select(matchers, from: 0, through: 9).map(\.labels))
      #expect(places.map { sorted[Int($0)] } == sorted.filter { expected.contains($0) }, "\(matchers)")
      let names = Set(expected.flatMap { $0.map { Array($0.name.utf8) } })
      #expect(try block.labelNames(places) == names)
      let values = Set(expected.compactMap { $0["agent"].map { Array($0.utf8) } })
      #expect(try block.labelValues(of: Array("agent".utf8), places) == values)
    }
    var counts: [Label: Int] = [:]
    for labels in series.keys { for label in labels { counts[label, default: 0] += 1 } }
    var found: [Label: Int] = [:]
    try block.forEachLabel { name, value, count in
      found[Label(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))] = count
    }
    #expect(found == counts)
  }

  @Test func equalTimesAreStoredOnce() throws {
    let fixture = try BlockFixture()
    let samples = Dictionary(uniqueKeysWithValues: (0..<1200).map { (Int64($0) * 977, 1.0) })
    var series: PlainSeries = [:]
    for index in 0..<100 { series[LabelSet(["__name__": "m", "i": "\(index)"])] = samples }
    let block = try fixture.write("1.block", series)
    #expect(block.timeColumnCount == 2)
    #expect(try block.chunks(0).map(\.count) == [600, 600])
    #expect(try block.chunks(99).map(\.column) == [0, 1])
    #expect(block.check() == [])
  }

  @Test func seriesWithoutSamplesAreLeftOut() throws {
    let fixture = try BlockFixture()
    let labels = (0..<3).map { LabelSet(["__name__": "m\($0)"]) }
    let block = try fixture.write(
      "1.block", [labels[0]: [], labels[1]: [SampleColumns(timestamps: [5], values: [1])], labels[2]: []])
    #expect(block.summary.series == 1)
    #expect(try block.encodedLabels(0) == labels[1].encoded)
    #expect(try block.labelNames(try block.find([])) == [Array("__name__".utf8)])
  }

  @Test func anAbandonedBlockLeavesNothing() throws {
    let fixture = try BlockFixture()
    var writer = try BlockWriter(files: fixture.files, path: fixture.path("1.block"), sequence: 1)
    try LabelSet(["a": "b"]).encoded.withUnsafeBytes { try writer.beginSeries(encodedLabels: $0) }
    writer.abandon()
    #expect(try fixture.files.names(in: fixture.scratch.path) == [])
  }

  @Test func aFileThatIsNotThereIsNoBrokenBlock() throws {
    let fixture = try BlockFixture()
    let error = #expect(throws: BlockError.self) { try Block(files: fixture.files, path: fixture.path("1.block")) }
    #expect(error?.kind == .unreadable)
  }

  /// Sizes around the distance of skip entries, and densities for which each of the three forms is the smallest.
  @Test(arguments: [1, 2, 127, 128, 129, 257, 5000, 40_000], [1, 2, 3, 9, 300])
  func postingsNameTheirSeries(count: Int, gap: Int) throws {
    var random = SplitMix(state: UInt64(count * 31 + gap))
    var places: [UInt32] = []
    var next = random.number(0...gap * 10)
    while places.count < count {
      let run = gap == 3 ? random.number(1...40) : 1
      places += (next..<next + run).map { UInt32($0) }
      next += run + random.number(0...gap)
    }
    var bytes: [UInt8] = [1, 2, 3]
    places.withUnsafeBufferPointer { BlockPostings.append($0, to: &bytes) }
    try bytes.withUnsafeBytes { bytes in
      let whole = try PostingsCursor(.list(3..<bytes.count), in: bytes, seriesCount: next)
      var list = whole
      var found: [UInt32] = []
      try list.collect(into: &found)
      #expect(found == places)
      list = whole
      #expect(try list.flawOfSkips() == nil)
      var set = PlaceSet(count: next)
      try list.collect(into: &set)
      found = []
      set.visit { found.append($0) }
      #expect(found == places)
      let members = Set(places)
      for step in [1, 7, 1000] {
        list = whole
        var wrong = 0
        for place in stride(from: 0, to: next, by: step) {
          if try list.contains(place) != members.contains(UInt32(place)) { wrong += 1 }
        }
        #expect(wrong == 0, "asking for every \(step)th")
      }
    }
  }

  @Test(arguments: [
    ("agent-00.[13579]", "agent-00"), ("^a(b)c+", "ab"), ("(?i)abc", ""), ("a|ab", ""), ("a.*", "a"), ("x", "x"),
    ("é.+", "é"), ("\u{fffd}.*", ""), ("", ""),
  ])
  func patternsSayHowTheirTextsBegin(expression: String, prefix: String) throws {
    #expect(String(decoding: try LabelPattern(expression).literalPrefix, as: UTF8.self) == prefix)
  }
}

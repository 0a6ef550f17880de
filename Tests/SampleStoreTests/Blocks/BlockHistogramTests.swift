import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

@Suite("blocks with histograms")
struct BlockHistogramTests {
  private static let labels = (0..<40).map { LabelSet(["__name__": "h", "i": String(1000 + $0)]) }

  /// Writes series of numbers, of histograms, and of both; tells them by their tags.
  private static func write(
    _ fixture: BlockFixture, _ name: String, sequence: UInt64, seed: UInt64, from start: Int64, count: Int
  ) throws -> (block: Block, tags: PlainSeries) {
    var random = SplitMix(state: seed)
    var writer = try BlockWriter(
      files: fixture.files, path: fixture.path(name), sequence: sequence, hasHistograms: true)
    var tags: PlainSeries = [:]
    for (index, labels) in labels.enumerated() {
      var source = RandomHistograms(SplitMix(state: seed &+ UInt64(index)), disturbance: 40)
      var numbers = SampleColumns()
      var histograms = HistogramColumns()
      for place in 0..<count where Int.random(in: 0..<5, using: &random) > 0 {
        let time = start + Int64(place) * 1000
        if index % 3 == 0 || index % 3 == 1 && place / 50 % 2 == 0 {
          numbers.timestamps.append(time)
          numbers.values.append(Double(place))
          tags[labels, default: [:]][time] = Double(place)
        } else {
          histograms.append(source.next(), at: time)
          tags[labels, default: [:]][time] = TaggedHistogram.tag(histograms.values[histograms.count - 1])
        }
      }
      try labels.encoded.withUnsafeBytes { try writer.beginSeries(encodedLabels: $0) }
      try numbers.timestamps.withUnsafeBufferPointer { times in
        try numbers.values.withUnsafeBufferPointer {
          try writer.append(times: times, values: $0, histograms: histograms)
        }
      }
    }
    _ = try writer.finish()
    return (try Block(files: fixture.files, path: fixture.path(name)), tags)
  }

  private static func read(_ block: Block) throws -> PlainSeries {
    var numbers = try BlockFixture.read(block)
    for place in 0..<Block.Place(block.summary.series) {
      var columns = HistogramColumns()
      let chunks = try block.chunks(place).filter(\.isHistogram)
      for chunk in chunks { columns.join(try block.histograms(chunk)) }
      #expect(try block.hasHistograms(place) == !chunks.isEmpty)
      let labels = LabelSet(canonicalEncoding: try block.encodedLabels(place))
      let tagged = SelectedSeries(labels: labels, samples: SampleColumns(), histograms: columns).tagged.samples
      for (time, tag) in zip(tagged.timestamps, tagged.values) { numbers[labels, default: [:]][time] = tag }
    }
    return numbers
  }

  private static func isSame(_ a: PlainSeries, _ b: PlainSeries) -> Bool {
    a.count == b.count
      && a.allSatisfy { labels, samples in
        guard let others = b[labels], others.count == samples.count else { return false }
        return samples.allSatisfy { others[$0.key]?.bitPattern == $0.value.bitPattern }
      }
  }

  @Test(arguments: 0..<6) func comeBackAndMerge(seed: UInt64) throws {
    let fixture = try BlockFixture()
    let start: Int64 = 1_700_000_000_000
    let (a, first) = try Self.write(fixture, "1.block", sequence: 1, seed: seed, from: start, count: 700)
    // It overlaps the first at the same beat: whatever both have, the first one's counts, but a number before a histogram.
    let (b, second) = try Self.write(
      fixture, "2.block", sequence: 2, seed: seed + 100, from: start + 600_000, count: 300)
    #expect(a.check() == [] && b.check() == [])
    #expect(Self.isSame(try Self.read(a), first))
    #expect(Self.isSame(try Self.read(b), second))
    var expected = first
    for (labels, samples) in second {
      for (time, value) in samples {
        if let held = expected[labels]?[time], value.isNaN || !held.isNaN { continue }
        expected[labels, default: [:]][time] = value
      }
    }
    let path = fixture.path("3.block")
    let summary = try #require(try BlockMerge.run([b, a], files: fixture.files, into: path))
    let merged = try Block(files: fixture.files, path: path)
    #expect(merged.check() == [] && merged.summary == summary)
    #expect(Self.isSame(try Self.read(merged), expected))
    #expect(summary.samples == UInt64(expected.values.reduce(0) { $0 + $1.count }))
    // Without what is deleted.
    let places = (0..<Block.Place(40)).filter { $0 % 2 == 0 }
    let rest = try #require(
      try BlockMerge.run(
        [merged], deletions: [.init(places: [places], from: start + 100_500, through: start + 300_000)],
        cutoff: start + 50_000, files: fixture.files, into: fixture.path("4.block")))
    for (index, labels) in Self.labels.enumerated() {
      expected[labels] = expected[labels]?.filter { time, _ in
        time >= start + 50_000 && (index % 2 == 1 || time < start + 100_500 || time > start + 300_000)
      }
    }
    let last = try Block(files: fixture.files, path: fixture.path("4.block"))
    #expect(last.check() == [] && rest.samples == last.summary.samples)
    #expect(Self.isSame(try Self.read(last), expected))
  }

  @Test func earlierProgramsReadBlocksOfNumbers() throws {
    let fixture = try BlockFixture()
    let numbers = try fixture.write("1.block", [Self.labels[0]: [5: 1, 6: 2]])
    #expect(numbers.footer.version == 1)
    let (both, _) = try Self.write(fixture, "2.block", sequence: 2, seed: 1, from: 1000, count: 20)
    #expect(both.footer.version == 2)
    #expect(try BlockMerge.run([numbers], files: fixture.files, into: fixture.path("3.block")) != nil)
    #expect(try Block(files: fixture.files, path: fixture.path("3.block")).footer.version == 1)
  }

  /// Any byte changed is noticed, and nothing traps on the way.
  @Test func damageIsNoticed() throws {
    let fixture = try BlockFixture()
    let (block, _) = try Self.write(fixture, "1.block", sequence: 1, seed: 3, from: 1000, count: 40)
    let bytes = Array(block.fileBytes)
    for place in stride(from: 0, to: bytes.count, by: 37) {
      var damaged = bytes
      damaged[place] ^= 0x55
      guard let opened = try? Block(mapped(damaged)) else { continue }
      #expect(!opened.check().isEmpty, "byte \(place)")
      for number in 0..<Block.Place(opened.summary.series) {
        for chunk in (try? opened.chunks(number)) ?? [] where chunk.isHistogram { _ = try? opened.histograms(chunk) }
      }
    }
  }
}

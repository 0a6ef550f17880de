import FleetModel
import Platform
import Testing

@testable import SampleStore

@Suite struct HeadImageTests {
  private static let start: Int64 = 1_700_000_000_000

  private static func time(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: start + Int64(seconds) * 1000) }

  /// Full, open and short chunks, late samples, an empty series, dead series between live ones.
  private static func head(series: Int = 40) throws -> (HeadStore, [SeriesRef]) {
    let store = HeadStore(HeadConfiguration(retention: .seconds(5000), seriesLifetime: .seconds(10)))
    let gone = try (0..<300).map { try store.reference(for: LabelSet(["__name__": "gone", "i": "\($0)"])) }
    let labels = (0..<series).map { LabelSet(["__name__": "m\($0 % 3)", "i": "\($0)", "zone": "z\($0 % 4)"]) }
    let references = try labels.map { try store.reference(for: $0) }
    _ = try store.append(gone.map { Sample(series: $0, value: 1) }, at: time(-9000))
    for second in 0..<600 {
      let batch = references.enumerated().filter { index, _ in index > 0 && second % (index % 7 + 1) == 0 }
      _ = try store.append(
        batch.map { Sample(series: $1, value: $0 % 2 == 0 ? Double(second * $0) : Double(second).squareRoot()) },
        at: time(second * 2))
    }
    for second in stride(from: 701, to: 1190, by: 60) {
      _ = try store.append(references.dropFirst(7).map { Sample(series: $0, value: -1) }, at: time(second))
    }
    for _ in 0..<2 { store.expire(now: time(1200)) }
    _ = try store.reference(for: labels[0])
    return (store, references)
  }

  private static func image(_ store: HeadStore, renumbering: Bool = false) throws -> [[UInt8]] {
    var image: [[UInt8]] = []
    try store.writeImage(renumbering: renumbering) { (payload) throws(FileError) in image.append(Array(payload)) }
    return image
  }

  private static func read(_ image: [[UInt8]], into store: HeadStore) throws(ImageError) {
    for payload in image {
      // Exactly as long as the payload, so that the address sanitizer sees any byte read beyond.
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: payload.count, alignment: 1)
      defer { copy.deallocate() }
      copy.copyBytes(from: payload)
      try store.readImage(UnsafeRawBufferPointer(copy))
    }
  }

  private static func contents(_ store: HeadStore) async throws -> [LabelSet: [String]] {
    let found = try await store.select([], from: time(-20_000), through: time(20_000))
    return Dictionary(
      found.map { series in
        (series.labels, zip(series.samples.timestamps, series.samples.values).map { "\($0) \($1.bitPattern)" })
      }, uniquingKeysWith: { $0 + $1 })
  }

  @Test func anImageGivesTheSameHead() async throws {
    let (store, references) = try Self.head()
    let copy = HeadStore(store.configuration)
    try Self.read(try Self.image(store), into: copy)
    #expect(copy.finishImage())
    #expect(try await Self.contents(copy) == Self.contents(store))
    let (left, right) = (store.statistics(), copy.statistics())
    #expect(
      [left.series, left.chunks, left.lateSamples, Int(left.samples)] == [
        right.series, right.chunks, right.lateSamples, Int(right.samples),
      ])
    #expect(left.newest == right.newest)
    // References go on being valid, chunks go on where they were, old numbers stay unknown.
    for (store, second) in [(store, 1300), (copy, 1300), (store, 1302), (copy, 1302)] {
      #expect(
        try store.append(references.map { Sample(series: $0, value: 0.25) }, at: Self.time(second)).appended == 40)
    }
    #expect(
      try copy.append([Sample(series: SeriesRef(rawValue: 7), value: 1)], at: Self.time(1300)).unknownSeries == [0])
    #expect(try await Self.contents(copy) == Self.contents(store))
    #expect(
      try copy.reference(for: LabelSet(["__name__": "new"])) == store.reference(for: LabelSet(["__name__": "new"])))
    // And so does forgetting.
    for store in [store, copy] { for round in 0..<3 { store.expire(now: Self.time(90_000 + round * 20)) } }
    #expect(copy.statistics().series == 0)
    #expect(copy.statistics().labelBytes <= store.statistics().labelBytes)
  }

  @Test func anImageCanNumberAnew() async throws {
    let (store, _) = try Self.head()
    let copy = HeadStore()
    try Self.read(try Self.image(store, renumbering: true), into: copy)
    #expect(copy.finishImage())
    #expect(try await Self.contents(copy) == Self.contents(store))
    let labels = LabelSet(["__name__": "m2", "i": "5", "zone": "z1"])
    #expect(try copy.reference(for: labels).rawValue == 5)
    #expect(try copy.reference(for: LabelSet(["__name__": "new"])).rawValue == 40)
    #expect(!copy.needsRenumbering)
  }

  @Test(arguments: [
    (0, 0, false), (1000, 10, false), (1 << 24, 0, false), (1 << 24 + 1, 0, true), (1 << 30, 5_000_000, false),
    (1 << 30, 1000, true), (1 << 31 + 1, 1 << 30, true),
  ])
  func renumberingIsAskedForInTime(_ given: Int, _ live: Int, _ expected: Bool) {
    #expect(HeadStore.needsRenumbering(given: given, live: live) == expected)
  }

  @Test func aPartOfAnImageIsNotWhole() throws {
    let image = try Self.image(try Self.head().0)
    for missing in image.indices {
      let copy = HeadStore()
      var part = image
      part.remove(at: missing)
      let isRefused = (try? Self.read(part, into: copy)) == nil
      #expect(isRefused || !copy.finishImage(), "without payload \(missing)")
    }
    #expect(throws: ImageError.self) { try Self.read(image + [image[0]], into: HeadStore()) }
    #expect(throws: ImageError.self) { try Self.read([[]], into: HeadStore()) }
  }

  /// Whatever an image says: it is refused, or the head works with what is left.
  @Test(arguments: 0..<16)
  func aDamagedImageDoesNoHarm(_ seed: Int) async throws {
    var random = SplitMix(state: UInt64(seed))
    let image = try Self.image(try Self.head(series: 12).0)
    let large = image.indices.filter { image[$0].count > 64 }
    var readable = 0
    for _ in 0..<60 {
      var damaged = image
      let part = try #require(large.randomElement(using: &random))
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<damaged[part].count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: damaged[part][place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: damaged[part][place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
        case 2: damaged[part].removeLast(damaged[part].count - place)
        default: damaged[part].swapAt(place, Int.random(in: 0..<damaged[part].count, using: &random))
        }
        if damaged[part].isEmpty { break }
      }
      let store = HeadStore(HeadConfiguration(retention: .seconds(5000), seriesLifetime: .seconds(10)))
      do { try Self.read(damaged, into: store) } catch { continue }
      readable += 1
      try await exercise(store)
    }
    #expect(readable > 0)
  }

  private func exercise(_ store: HeadStore) async throws {
    for second in [1500, 1502, 1400, 900, 1503] {
      for number in 300..<312 {
        _ = try store.append(
          [Sample(series: SeriesRef(rawValue: UInt32(number)), value: 0.1)], at: Self.time(second + number % 3))
      }
    }
    let all = try await store.select([], from: Timestamp(milliseconds: .min), through: Timestamp(milliseconds: .max))
    for series in all {
      let times = series.samples.timestamps
      #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }
    _ = try await store.labelValues(of: "i", [], from: Self.time(500), through: Self.time(510))
    _ = try store.delete([LabelMatcher("zone", .equal, "z1")], from: Self.time(400).milliseconds, through: .max)
    if let flush = store.beginFlush(everything: true, idleBefore: .max) {
      var previous: LabelSet?
      try flush.forEachSeries { (encoded, times, _, _) throws(FileError) in
        let labels = LabelSet(canonicalEncoding: Array(encoded))
        if let previous { #expect(LabelSet.precedes(previous, labels)) }
        previous = labels
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
      }
      store.finishFlush(flush)
    }
    for _ in 0..<2 { store.expire(now: Self.time(100_000)) }
    _ = store.statistics()
  }
}

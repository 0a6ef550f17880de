import FleetModel
import TestSupport
import Testing

@testable import WireFormats

/// `io.prometheus.write.v2.Request`.
@Suite struct SymbolicRequestTests {
  typealias Series = SymbolicRequestBytes.Series
  typealias Sample = SymbolicRequestBytes.Sample
  typealias Form = SymbolicRequestBytes.Form

  private static func read(_ message: [UInt8], seed: UInt64 = 1) throws(WireFault) -> WriteRequest {
    var request = WriteRequest(seed: seed)
    let fault = message.withUnsafeBytes { bytes -> WireFault? in
      do throws(WireFault) { try request.read(bytes, as: .version2) } catch { return error }
      return nil
    }
    if let fault { throw fault }
    return request
  }

  private static func labels(_ message: [UInt8], _ index: Int = 0) throws -> LabelSet {
    let request = try read(message)
    return try message.withUnsafeBytes { try request.labels(of: request.series[index], in: $0) }
  }

  static let forms = [true, false].flatMap { packed in
    [true, false].map { Form(isPacked: packed, hasSymbolsLast: $0) }
  }

  @Test(arguments: forms) func readsWhatASenderWrites(form: Form) throws {
    let series = [
      Series(
        [("__name__", "up"), ("job", "a"), ("zone", "\u{e9}\"")], [Sample(1_790_000_000_000, 1.5)],
        metadata: (2, "Whether it is up.", "")),
      Series(
        [("__name__", "down"), ("empty", "")],
        [Sample(-5, -.infinity, start: -10), Sample(0, 0), Sample(.max, StaleMarker.value, start: 1)]),
      Series([("__name__", "none")], [], histograms: 2, exemplars: 3),
    ]
    let message = SymbolicRequestBytes.message(series, form)
    let request = try Self.read(message)
    #expect(request.kind == .version2)
    #expect(request.histograms.count == 2)
    #expect(request.exemplars.map(\.series) == [2, 2, 2])
    try #require(request.series.count == 3)
    for (index, one) in series.enumerated() {
      let read = request.series[index]
      let samples = request.samples[Int(read.firstSample)..<Int(read.firstSample + read.sampleCount)]
      #expect(samples.map(\.time) == one.samples.map(\.time))
      #expect(samples.map(\.value.bitPattern) == one.samples.map(\.value.bitPattern))
      #expect(try Self.labels(message, index) == LabelSet(one.labels.map { Label($0.0, $0.1) }))
    }
  }

  /// Requests of a seed, written by the straightforward encoder and read back: the same labels, samples and identities in
  /// whatever order the strings stand in the table.
  @Test(arguments: 0..<24) func anyRequestComesBack(seed: UInt64) throws {
    var random = RepeatableGenerator(SeededRandom(seed: seed))
    let series = (0..<Int.random(in: 0..<60, using: &random)).map { _ in Self.randomSeries(&random) }
    let form = Self.forms[Int(seed % 4)]
    let message = SymbolicRequestBytes.message(series, form)
    let request = try Self.read(message)
    try #require(request.series.count == series.count)
    #expect(request.samples.map(\.time) == series.flatMap(\.samples).map(\.time))
    #expect(request.samples.map(\.value.bitPattern) == series.flatMap(\.samples).map(\.value.bitPattern))
    var identities: [WrittenIdentity: LabelSet] = [:]
    for (index, one) in series.enumerated() {
      let labels = try Self.labels(message, index)
      #expect(labels == LabelSet(one.labels.map { Label($0.0, $0.1) }))
      let known = identities.updateValue(labels, forKey: request.series[index].identity)
      #expect(known == nil || known == labels, "two sets of labels with one identity")
    }
    let backwards = SymbolicRequestBytes.message(series.reversed(), form)
    #expect(try Self.read(backwards).series.map(\.identity) == request.series.map(\.identity).reversed())
    let other = try Self.read(message, seed: 2).series.map(\.identity)
    #expect(Set(other).isDisjoint(with: identities.keys))
  }

  private static func randomSeries(_ random: inout RepeatableGenerator) -> Series {
    var names: Set<String> = []
    for _ in 0..<Int.random(in: 0..<10, using: &random) { names.insert("l\(Int.random(in: 0..<30, using: &random))") }
    var labels = [("__name__", "m\(Int.random(in: 0..<20, using: &random))")]
    for name in names.sorted() { labels.append((name, "v\(Int.random(in: 0..<300, using: &random))")) }
    let samples = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
      Sample(
        Int64.random(in: .min ... .max, using: &random), Double(bitPattern: .random(in: 0 ... .max, using: &random)),
        start: Int64.random(in: 0..<2, using: &random))
    }
    return Series(labels, samples, metadata: Bool.random(using: &random) ? (1, "Help.", "seconds") : nil)
  }

  /// The bytes of the labels of one version are never taken for the symbols of the other.
  @Test func identitiesOfTheVersionsAreApart() throws {
    let labels = [("__name__", "m")]
    var one = WriteRequest(seed: 1)
    let message = WriteRequestBytes.message([WriteRequestBytes.Series(labels, [(1, 1)])])
    try message.withUnsafeBytes { try one.read($0, as: .version1) }
    #expect(one.kind == .version1)
    #expect(
      try Self.read(SymbolicRequestBytes.message([Series(labels, [Sample(1, 1)])])).series[0].identity
        != one.series[0].identity)
  }

  static let broken: [[UInt8]] = [
    // A first symbol that is not empty.
    [0x22, 1, 0x61], [0x22], [0x2a, 5, 1], [0x2a, 2, 0x0a, 9], [0x2a, 3, 0x0a, 1, 0x80], [0x2a, 2, 0x08, 0x80],
    // Labels behind a sample, packed and not.
    [0x2a, 4, 0x12, 0, 0x0a, 0], [0x2a, 4, 0x12, 0, 0x08, 0], [0x2a, 3, 0x12, 1, 0x09], [0x2a, 4, 0x2a, 2, 0x18, 0x80],
    [0x0b, 0], [0x80],
  ]

  @Test(arguments: broken) func refuses(message: [UInt8]) {
    #expect(throws: WireFault.self) { try Self.read(message) }
  }

  /// Symbols `""`, `__name__`, `m`, `a` and the numbers of one series.
  static let badReferences: [(numbers: [UInt64], problem: String)] = [
    ([1, 2, 3], "has no value"), ([1, 4], "symbol 4, and the request has 4"),
    ([1, .max], "symbol 4294967295"), ([3, 2], "no label __name__"), ([0, 2], "has no name"),
    ([1, 2, 1, 3], "given twice"), ([3, 2, 1, 2], "not sorted"), ([], "no label __name__"),
    ([1, 0], "no label __name__"),
  ]

  @Test(arguments: badReferences) func refusesLabels(numbers: [UInt64], problem: String) throws {
    var message: [UInt8] = []
    for text in ["", "__name__", "m", "a"] { WriteRequestBytes.field(0x22, Array(text.utf8), to: &message) }
    var packed: [UInt8] = []
    for number in numbers { WriteRequestBytes.varint(number, to: &packed) }
    var series: [UInt8] = []
    WriteRequestBytes.field(0x0a, packed, to: &series)
    WriteRequestBytes.field(0x2a, series, to: &message)
    do {
      _ = try Self.labels(message)
      Issue.record("\(numbers) were taken")
    } catch let error as WrittenLabelFlaw {
      #expect(error.problem.contains(problem), "\(error)")
    }
  }

  @Test func tellsMetadataOnce() throws {
    let series = [
      Series([("__name__", "a_seconds_bucket"), ("le", "1")], [Sample(1, 1)], metadata: (3, "Time.", "seconds")),
      Series([("__name__", "a_seconds_bucket"), ("le", "2")], [Sample(1, 1)], metadata: (3, "Time.", "seconds")),
      Series([("__name__", "b_total")], [Sample(1, 1)], metadata: (1, "", "")),
      Series([("__name__", "c")], [Sample(1, 1)], metadata: (99, "Other.", "")),
      Series([("__name__", "not_taken")], [Sample(1, 1)], metadata: (1, "", "")),
      Series([("__name__", "")], [Sample(1, 1)], metadata: (1, "Of nothing.", "")),
      Series([("__name__", "silent")], [Sample(1, 1)]), Series([("__name__", "zero")], [], metadata: (0, "", "")),
    ]
    let message = SymbolicRequestBytes.message(series)
    let request = try Self.read(message)
    var memory = MetadataMemory()
    let news = message.withUnsafeBytes { bytes in request.news(in: bytes, since: &memory) { $0 != 4 } }
    #expect(
      Set(news) == [
        WrittenMetadata(
          family: "a_seconds", metadata: MetricMetadata(type: .histogram, help: "Time.", unit: "seconds")),
        WrittenMetadata(family: "b_total", metadata: MetricMetadata(type: .counter)),
        WrittenMetadata(family: "c", metadata: MetricMetadata(type: .unknown, help: "Other.")),
      ])
    // Whether another bucket's series tells the family again, nothing is told a second time.
    let again = message.withUnsafeBytes { bytes in request.news(in: bytes, since: &memory) { $0 != 4 } }
    #expect(again.isEmpty)
    memory.forget()
    let anew = message.withUnsafeBytes { bytes in request.news(in: bytes, since: &memory) { _ in true } }
    #expect(anew.map(\.family).contains("not_taken"))
  }

  @Test func tellsTheMetadataOfVersionOne() throws {
    var entry: [UInt8] = [0x08, 5]
    for (tag, text) in [(0x12, "m"), (0x22, "Help."), (0x2a, "bytes")] as [(UInt8, String)] {
      WriteRequestBytes.field(tag, Array(text.utf8), to: &entry)
    }
    var message: [UInt8] = []
    WriteRequestBytes.field(0x1a, entry, to: &message)
    WriteRequestBytes.field(0x1a, [0x08], to: &message)
    WriteRequestBytes.field(0x1a, [0x08, 1], to: &message)
    var request = WriteRequest(seed: 1)
    try message.withUnsafeBytes { try request.read($0) }
    var memory = MetadataMemory()
    for round in 0..<2 {
      let news = message.withUnsafeBytes { bytes in request.news(in: bytes, since: &memory) { _ in true } }
      let told = WrittenMetadata(
        family: "m", metadata: MetricMetadata(type: .summary, help: "Help.", unit: "bytes"))
      #expect(news == (round == 0 ? [told] : []))
    }
  }

  @Test(arguments: 0..<32) func hostileMessagesEndWell(seed: UInt64) {
    var random = RepeatableGenerator(SeededRandom(seed: seed))
    let good = SymbolicRequestBytes.message(
      (0..<20).map {
        Series([("__name__", "m\($0)"), ("a", "b")], [Sample(Int64($0), Double($0))], metadata: (1, "h", "u"))
      }, Self.forms[Int(seed % 4)])
    for _ in 0..<200 {
      var bad = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bad[Int.random(in: 0..<bad.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let request = try? Self.read(bad) else { continue }
      bad.withUnsafeBytes { bytes in
        for series in request.series {
          let samples = Int(series.firstSample)..<Int(series.firstSample) + Int(series.sampleCount)
          #expect(request.samples.indices.contains(samples) || samples.isEmpty)
          _ = try? request.labels(of: series, in: bytes)
        }
        var memory = MetadataMemory()
        _ = request.news(in: bytes, since: &memory) { _ in true }
      }
    }
  }
}

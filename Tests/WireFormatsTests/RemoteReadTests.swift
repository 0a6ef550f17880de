import FleetModel
import TestSupport
import Testing

@testable import WireFormats

@Suite struct RemoteReadTests {
  typealias Query = ReadRequestBytes.Query

  private static func read(_ message: [UInt8]) throws -> ReadRequest {
    try message.withUnsafeBytes { try ReadRequest($0) }
  }

  @Test func readsQueries() throws {
    let message = ReadRequestBytes.message([
      Query(-5, 1_790_000_000_000, [(0, "__name__", "up"), (1, "a", ""), (2, "b", "x|\u{e9}"), (3, "c", ".*")]),
      Query(7, 8, []),
    ])
    let request = try Self.read(message)
    #expect(
      request.queries == [
        ReadRequest.Query(
          from: Timestamp(milliseconds: -5), through: Timestamp(milliseconds: 1_790_000_000_000),
          matchers: [
            LabelMatcher("__name__", .equal, "up"), LabelMatcher("a", .notEqual, ""),
            LabelMatcher("b", .matches, "x|\u{e9}"), LabelMatcher("c", .matchesNot, ".*"),
          ]),
        ReadRequest.Query(from: Timestamp(milliseconds: 7), through: Timestamp(milliseconds: 8), matchers: []),
      ])
    #expect(request.answerKind == .samples)
  }

  static let kinds: [(accepted: [UInt64], kind: ReadRequest.AnswerKind?)] = [
    ([], .samples), ([0], .samples), ([1, 0], .streamedChunks), ([0, 1], .samples), ([9, 1], .streamedChunks),
    ([9], nil),
  ]

  @Test(arguments: kinds, [true, false])
  func choosesTheAnswer(kind: (accepted: [UInt64], kind: ReadRequest.AnswerKind?), isPacked: Bool) throws {
    #expect(
      try Self.read(ReadRequestBytes.message([], accepted: kind.accepted, isPacked: isPacked)).answerKind == kind.kind)
  }

  @Test func refusesWhatIsNone() {
    let many = ReadRequestBytes.message((0...ReadRequest.maximumQueries).map { _ in Query(0, 0, []) })
    let matchers = ReadRequestBytes.message([Query(0, 0, (0...ReadRequest.maximumMatchers).map { (0, "l\($0)", "v") })])
    let bad: [[UInt8]] = [
      many, matchers, ReadRequestBytes.message([Query(0, 0, [(4, "a", "b")])]), [0x0a, 9], [0x0b], [0x12, 1, 0x80],
      [0x0a, 6, 0x1a, 4, 0x12, 2, 0xc0, 0x80],
    ]
    for message in bad { #expect(throws: WireFault.self) { try Self.read(message) } }
  }

  @Test(arguments: 0..<16) func hostileRequestsEndWell(seed: UInt64) {
    var random = RepeatableGenerator(SeededRandom(seed: seed))
    let good = ReadRequestBytes.message(
      (0..<5).map { Query(0, 1, [(UInt64($0 % 4), "__name__", "m\($0)")]) }, accepted: [1, 0])
    for _ in 0..<200 {
      var bad = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bad[Int.random(in: 0..<bad.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? Self.read(bad)
    }
  }

  /// Times and values of every kind, and steps of every size.
  private static func columns(_ seed: UInt64) -> SampleColumns {
    var random = RepeatableGenerator(SeededRandom(seed: seed))
    var columns = SampleColumns()
    var time = seed % 3 == 0 ? Int64.min / 2 : 1_790_000_000_000
    var value = 0.0
    let step = Int64.random(in: 1...60_000, using: &random)
    for _ in 0..<Int.random(in: 0...700, using: &random) {
      columns.timestamps.append(time)
      columns.values.append(value)
      switch Int.random(in: 0..<10, using: &random) {
      case 0: time += Int64.random(in: 1...10_000, using: &random)
      case 1: time += Int64.random(in: 1...1_000_000, using: &random)
      case 2: time += seed % 3 == 0 ? 1 << Int64.random(in: 0...50, using: &random) : 1
      default: time += step
      }
      switch Int.random(in: 0..<6, using: &random) {
      case 0: value = Double(bitPattern: .random(in: 0 ... .max, using: &random))
      case 1: value = [.nan, .infinity, -0.0, StaleMarker.value].randomElement(using: &random) ?? 0
      case 2: break
      default: value = (value.isFinite ? value.rounded() : 0) + Double(Int.random(in: 0...100, using: &random))
      }
    }
    return columns
  }

  @Test(arguments: 0..<32) func bothAnswersHoldTheSamplesOfTheRange(seed: UInt64) throws {
    let columns = Self.columns(seed)
    let labels = LabelSet([Label("__name__", "m"), Label("zone", String(repeating: "\u{e9}", count: 100))])
    let count = columns.count
    let bounds = count == 0 ? [(0, 1)] : [(0, count - 1), (count / 3, count / 2), (count - 1, count - 1)]
    for (first, last) in bounds {
      let range =
        count == 0
        ? Timestamp(milliseconds: 0)...Timestamp(milliseconds: 1)
        : Timestamp(milliseconds: columns.timestamps[first])...Timestamp(milliseconds: columns.timestamps[last])
      let wanted =
        count == 0
        ? []
        : [
          ReadAnswers.Series(
            labels: labels.dictionary, times: Array(columns.timestamps[first...last]),
            values: columns.values[first...last].map(\.bitPattern))
        ]
      var answer = SamplesAnswer()
      answer.add(labels, columns, in: range)
      #expect(answer.count > 0 || count == 0)
      answer.endQuery()
      answer.endQuery()
      #expect(ReadAnswers.samples(answer.message) == [wanted, []])

      let messages = ChunkedAnswer(query: 3, maximumBytes: 1000).messages(for: labels, columns, in: range)
      #expect(ReadAnswers.streamed(messages, query: 3) == wanted)
    }
  }

  @Test func aRangeBetweenSamplesHasNone() {
    let columns = SampleColumns(timestamps: [10, 20], values: [1, 2])
    let range = Timestamp(milliseconds: 11)...Timestamp(milliseconds: 19)
    var answer = SamplesAnswer()
    answer.add(LabelSet([Label("__name__", "m")]), columns, in: range)
    #expect(answer.count == 0)
    #expect(ChunkedAnswer(query: 0).messages(for: LabelSet(), columns, in: range).isEmpty)
  }

  /// A chunk's bytes as `tsdb/chunkenc` writes them: three samples a second apart, with the values 1, 1 and 2.
  @Test func chunksAreThoseOfPrometheus() {
    let chunk = XORChunk([1000, 2000, 3000], [1, 1, 2])
    // 3 samples; varint 1000 = d0 0f; 3ff0…; uvarint 1000 = e8 07; bit 0; then bit 0 of time; bits 11, 5 bits of leading zeros (1),
    // 6 bits of width (11), 11 bits of the change.
    #expect(
      chunk.bytes == [
        0, 3, 0xd0, 0x0f, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xe8, 0x07, 0b0011_0000, 0b1001_0111, 0b1111_1111, 0b1100_0000,
      ])
  }
}

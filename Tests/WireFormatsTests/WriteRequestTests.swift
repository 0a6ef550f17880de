import FleetModel
import TestSupport
import Testing

@testable import WireFormats

@Suite struct WriteRequestTests {
  typealias Series = WriteRequestBytes.Series

  private static func read(_ message: [UInt8], seed: UInt64 = 1) throws(WireFault) -> WriteRequest {
    var request = WriteRequest(seed: seed)
    let fault = message.withUnsafeBytes { bytes -> WireFault? in
      do throws(WireFault) { try request.read(bytes) } catch { return error }
      return nil
    }
    if let fault { throw fault }
    return request
  }

  private static func labels(_ message: [UInt8], _ index: Int = 0) throws -> LabelSet {
    let request = try read(message)
    return try message.withUnsafeBytes { try request.labels(of: request.series[index], in: $0) }
  }

  @Test func readsWhatASenderWrites() throws {
    let series = [
      Series([("__name__", "up"), ("job", "a"), ("zone", "\u{e9}\"")], [(1_790_000_000_000, 1.5)]),
      Series([("__name__", "down"), ("empty", "")], [(-5, -.infinity), (0, 0), (.max, StaleMarker.value)]),
      Series([("__name__", "none")], []),
    ]
    let message = WriteRequestBytes.message(series)
    let request = try Self.read(message)
    #expect(request.series.count == 3)
    for (index, one) in series.enumerated() {
      let read = request.series[index]
      let samples = request.samples[Int(read.firstSample)..<Int(read.firstSample + read.sampleCount)]
      #expect(samples.map(\.time) == one.samples.map(\.0))
      #expect(samples.map(\.value.bitPattern) == one.samples.map(\.1.bitPattern))
      #expect(try Self.labels(message, index) == LabelSet(one.labels.map { Label($0.0, $0.1) }))
    }
  }

  /// Fields that nobody asked for, of every wire type, and those that are left out.
  @Test func passesOverTheRest() throws {
    var message: [UInt8] = [0x1a, 2, 0xff, 0xff, 0x20, 0x96, 0x01, 0x2d, 1, 2, 3, 4, 0x31, 1, 2, 3, 4, 5, 6, 7, 8]
    var one: [UInt8] = []
    WriteRequestBytes.label("__name__", "m", to: &one)
    one += [0x12, 0]  // a sample with neither time nor value
    one += [0x1a, 2, 0x18, 5]  // an exemplar with nothing but a time
    one += [0x22, 2, 0x0a, 0]  // a native histogram
    WriteRequestBytes.field(0x0a, one, to: &message)
    let request = try Self.read(message)
    #expect(request.samples == [WriteRequest.Sample(time: 0, value: 0)])
    #expect(request.histograms.count == 1)
  }

  static let broken: [[UInt8]] = [
    [0x0a], [0x0a, 5, 1], [0x80], [0x0a, 2, 0x0a, 9], [0x0b, 0], [0x0c], [0x0f, 1], [0x31, 1, 2], [0x2d, 1],
    [0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
    [0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x0a, 3, 0x12, 1, 0x09], [0x0a, 4, 0x12, 2, 0x10, 0x80],
    // A label behind a sample.
    [0x0a, 6, 0x12, 0, 0x0a, 2, 0x0a, 0],
  ]

  @Test(arguments: broken) func refuses(message: [UInt8]) {
    #expect(throws: WireFault.self) { try Self.read(message) }
  }

  static let badLabels: [(labels: [(String, String)], problem: String)] = [
    ([("a", "1")], "no label __name__"), ([("__name__", "")], "no label __name__"), ([], "no label __name__"),
    ([("__name__", "m"), ("b", "1"), ("a", "1")], "not sorted"),
    ([("__name__", "m"), ("a", "1"), ("a", "2")], "given twice"), ([("", "1")], "has no name"),
  ]

  @Test(arguments: badLabels) func refusesLabels(labels: [(String, String)], problem: String) throws {
    let message = WriteRequestBytes.message([Series(labels, [(1, 1)])])
    do {
      _ = try Self.labels(message)
      Issue.record("\(labels) were taken")
    } catch let error as WrittenLabelFlaw {
      #expect(error.problem.contains(problem))
    }
  }

  @Test(arguments: [true, false]) func refusesWhatIsNotUTF8(inName: Bool) throws {
    var label: [UInt8] = []
    WriteRequestBytes.field(0x0a, inName ? [0xff] : Array("__name__".utf8), to: &label)
    WriteRequestBytes.field(0x12, inName ? [0x61] : [0xc0, 0x80], to: &label)
    var one: [UInt8] = []
    WriteRequestBytes.field(0x0a, label, to: &one)
    var message: [UInt8] = []
    WriteRequestBytes.field(0x0a, one, to: &message)
    #expect(throws: WrittenLabelFlaw.self) { try Self.labels(message) }
  }

  /// Equal bytes have one identity and others another, of whatever length; each seed and scope has its own.
  @Test func identitiesTellLabelsApart() throws {
    var series: [Series] = []
    for length in 0..<80 {
      for last in ["a", "b"] {
        series.append(Series([("__name__", String(repeating: "x", count: length) + last)], [(1, 1)]))
      }
    }
    let request = try Self.read(WriteRequestBytes.message(series + series))
    let identities = request.series.map(\.identity)
    #expect(Set(identities).count == series.count)
    #expect(identities.prefix(series.count) == identities.suffix(series.count))
    let other = try Self.read(WriteRequestBytes.message(series), seed: 2)
    #expect(Set(identities).isDisjoint(with: other.series.map(\.identity)))
    #expect(Set(identities).isDisjoint(with: identities.map { $0.within(7) }))
  }

  /// The words that would be zero under a hash with constants that are known do not make different labels the same.
  @Test func noWordWipesOutWhatIsBeforeIt() throws {
    let constants: [UInt64] = [
      0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3,
    ]
    var identities: Set<WrittenIdentity> = []
    let key = WrittenIdentity.Key(seed: 3)
    for first in 0..<4 as Range<UInt8> {
      for a in constants {
        for b in constants {
          var bytes = [UInt8](repeating: first, count: 16)
          for word in [a, b] { withUnsafeBytes(of: word.littleEndian) { bytes += $0 } }
          identities.insert(bytes.withUnsafeBytes { WrittenIdentity($0, key) })
        }
      }
    }
    #expect(identities.count == 64)
  }

  @Test(arguments: 0..<32) func hostileMessagesEndWell(seed: UInt64) {
    var random = RepeatableGenerator(SeededRandom(seed: seed))
    let good = WriteRequestBytes.message(
      (0..<20).map { Series([("__name__", "m\($0)"), ("a", "b")], [(Int64($0), Double($0))]) })
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
      }
    }
  }
}

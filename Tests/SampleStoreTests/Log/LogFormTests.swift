import FleetModel
import TestSupport
import Testing

@testable import SampleStore

@Suite("the log's form")
struct LogFormTests {
  /// What a value takes beside its tag.
  static let values: [(Double, Int)] = [
    (0, 0), (1, 1), (-1, 1), (63, 1), (-64, 1), (64, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (32_767, 2),
    (123_456, 3), (1e6, 3), (1_700_000_000, 4), (1e12, 6), (9_007_199_254_740_991, 7), (-9_007_199_254_740_991, 7),
    (9_007_199_254_740_992, 2), (-0.0, 2), (0.5, 1), (12.34, 2), (-12.34, 2), (0.001, 1), (1.234, 2), (0.004321, 2),
    (100_000_000_000.25, 6), (1e300, 8), (.infinity, 2), (-.infinity, 2), (.nan, 2), (StaleMarker.value, 0),
    (0.1234567890123, 8), (Double(Float(0.1)), 5), (.leastNonzeroMagnitude, 8), (.greatestFiniteMagnitude, 8),
    (Double(sign: .plus, exponent: 80, significand: 1), 2), (0.1 + 0.2, 8), (1e15 + 0.5, 8),
  ]

  @Test(arguments: values)
  func valuesComeBackBitByBit(value: Double, size: Int) throws {
    #expect(LogRecord.encode(value).byteCount == size)
    let entry = LogEntry.samples([.init(series: 4, bits: value.bitPattern)], at: -5)
    let segment = try LogSegment([entry])
    #expect(LogSegment.replay(segment.bytes).entries == [entry])
  }

  @Test func everyFormDecodes() {
    #expect(LogRecord.decode(4 << 3 | 1, 10) == 0.0005)
    #expect(LogRecord.decode(1 << 3 | 1, 5) == -0.3)
    #expect(LogRecord.decode(5 << 3 | 1, 200) == 0.001)
    #expect(LogRecord.decode(7 << 3 | 1, 0xFFF0) == -.infinity)
  }

  @Test(arguments: UInt64(1)...60)
  func anyRecordsComeBack(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    let entries = (0..<40).map { _ in LogEntry.random(random) }
    let segment = try LogSegment(entries)
    let (end, found) = LogSegment.replay(segment.bytes)
    #expect(found == entries)
    let samples = entries.reduce(0) { count, entry in
      switch entry {
      case .samples(let points, _), .lateSamples(let points, _): count + points.count
      case .histograms(let samples, _, _): count + samples.count
      case .series, .deletion: count
      }
    }
    let size = UInt64(segment.bytes.count)
    #expect(end == ReplayEnd(records: entries.count, samples: samples, goodBytes: size, bytes: size))
  }

  @Test func aJournalHandsOverOnce() {
    var journal = Journal(isEnabled: true)
    var buffer = JournalBytes()
    journal.beginSamples(at: 1)
    journal.endSamples()
    #expect(journal.byteCount == 0, "a record without samples leaves no trace")
    journal.beginSamples(at: 1)
    for number in 0..<100_000 { journal.sample(UInt32(number), 0.1234567890123) }
    journal.endSamples()
    let count = journal.byteCount
    #expect(count == 8 + 13 + 100_000 * 9)
    journal.exchange(&buffer)
    #expect(buffer.bytes.count == count && journal.byteCount == 0)
    journal.deletion(of: [1], from: 0, through: 1)
    journal.exchange(&buffer)
    #expect(buffer.bytes.count == 8 + 25 && journal.byteCount == 0)
  }

  @Test func aJournalWithoutALogKeepsNothing() {
    var journal = Journal(isEnabled: false)
    LogEntry.series(1, labels: []).write(to: &journal)
    LogEntry.samples([.init(series: 4, bits: 0)], at: 1).write(to: &journal)
    LogEntry.deletion([1], from: 0, through: 1).write(to: &journal)
    #expect(journal.byteCount == 0)
  }
}

import FleetModel
import TestSupport
import Testing

@testable import SampleStore

@Suite("flaws in the log")
struct LogFlawTests {
  static let entries: [LogEntry] = [
    .series(1, labels: LabelSet(["__name__": "up", "agent_id": "planner"]).encoded),
    .samples([.init(series: 1, bits: (12.5).bitPattern), .init(series: 9, bits: (3.0).bitPattern)], at: 1_700_000),
    .lateSamples([.init(series: 70_000, bits: (0.1234567890123).bitPattern)], at: -3),
    .deletion([1, 9], from: 0, through: 5),
    .samples([.init(series: 2, bits: StaleMarker.bitPattern)], at: 1_700_001),
  ]

  @Test func tornAtEveryByte() throws {
    let segment = try LogSegment(Self.entries)
    for count in 0...segment.bytes.count {
      let (end, found) = LogSegment.replay(Array(segment.bytes[..<count]))
      let whole = segment.ends.lastIndex { $0 <= count }
      #expect(found == Array(Self.entries.prefix(whole ?? 0)))
      #expect(end.records == found.count && end.bytes == UInt64(count))
      if let whole { #expect(end.goodBytes == UInt64(segment.ends[whole])) }
      let isWhole = whole.map { segment.ends[$0] } == count
      #expect((end.flaw == nil) == isWhole, "\(count) bytes: \(end.flaw ?? "nothing wrong")")
    }
  }

  @Test func everyFlippedBitIsFound() throws {
    let segment = try LogSegment(Self.entries)
    for bit in 0..<8 * segment.bytes.count {
      var bytes = segment.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let (end, found) = LogSegment.replay(bytes)
      #expect(end.flaw != nil, "bit \(bit)")
      let whole = segment.ends.lastIndex { $0 <= bit / 8 } ?? 0
      #expect(found == Array(Self.entries.prefix(whole)), "bit \(bit)")
    }
  }

  @Test func zerosBehindTheEndAreNoRecords() throws {
    let segment = try LogSegment(Self.entries)
    let (end, found) = LogSegment.replay(segment.bytes + [UInt8](repeating: 0, count: 512))
    #expect(found == Self.entries && end.goodBytes == UInt64(segment.bytes.count))
    #expect(end.flaw == "there are zeros where a record should be")
  }

  /// Payloads whose checksum is right and that are no records.
  static let malformed: [(payload: [UInt8], flaw: String)] = [
    ([0], "the record is of no known kind (0)"),
    ([8, 1], "the record is of no known kind (8)"),
    ([6, 1], "the histograms of the record do not decode"),
    ([7] + [UInt8](repeating: 0, count: 12), "the histograms of the record do not decode"),
    (
      [6] + [UInt8](repeating: 0, count: 8) + [1, 0, 0, 0] + [0, 0, 0, 0, 2, 0, 0, 0, 0],
      "the histograms of the record do not decode"
    ),
    ([1, 7, 0, 0, 0, 0, 0, 0, 0], "the record that begins a segment stands within one"),
    ([2, 1, 0, 0], "the record of a series is too short"),
    ([2, 1, 0, 0, 0, 1], "the labels of a series are malformed"),
    ([2, 1, 0, 0, 0, 1, 97, 0], "the labels of a series are malformed"),
    ([2, 1, 0, 0, 0, 1, 98, 1, 120, 1, 97, 1, 120], "the labels of a series are malformed"),
    ([2, 1, 0, 0, 0, 1, 97, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0], "the labels of a series are malformed"),
    ([3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], "the record of samples is too short"),
    (samples(count: 0, []), "the samples of the record do not decode"),
    (samples(count: 1, []), "the samples of the record do not decode"),
    (samples(count: 0xFFFF_FFFF, [0x40, 0x40]), "the samples of the record do not decode"),
    (samples(count: 1, [0x41]), "the samples of the record do not decode"),
    (samples(count: 1, [0x40, 0]), "the samples of the record do not decode"),
    (samples(count: 2, [0x41, 1]), "the samples of the record do not decode"),
    (samples(count: 1, [0x00]), "the samples of the record do not decode"),
    (samples(count: 1, [0x00, 0x01]), "the samples of the record do not decode"),
    (samples(count: 1, [0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 1]), "the samples of the record do not decode"),
    (samples(count: 1, [0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]), "the samples of the record do not decode"),
    (samples(count: 1, [0x7F, 1, 2, 3, 4, 5, 6, 7]), "the samples of the record do not decode"),
    ([5] + [UInt8](repeating: 0, count: 19), "the record of a deletion is too short"),
    (
      [5] + [UInt8](repeating: 0, count: 16) + [1, 0, 0, 0, 1, 0, 0],
      "the record of a deletion is not as long as its count says"
    ),
  ]

  private static func samples(count: UInt32, _ bytes: [UInt8]) -> [UInt8] {
    [3] + [UInt8](repeating: 0, count: 8) + (0..<4).map { UInt8(truncatingIfNeeded: count >> UInt32(8 * $0)) } + bytes
  }

  @Test(arguments: malformed)
  func recordsThatAreNone(payload: [UInt8], flaw: String) throws {
    let segment = try LogSegment(Self.entries)
    var bytes = segment.bytes
    payload.withUnsafeBytes { FrameFile.append($0, to: &bytes) }
    let (end, found) = LogSegment.replay(bytes)
    #expect(end.flaw == flaw)
    #expect(found == Self.entries && end.goodBytes == UInt64(segment.bytes.count))
  }

  @Test func headersThatAreNot() throws {
    let segment = try LogSegment([])
    var consumer = RecordingConsumer()
    let other = segment.bytes.withUnsafeBytes { LogSegmentReader.replay($0, segment: 8, into: &consumer) }
    #expect(other.flaw == "the file's first record does not name segment 8")
    #expect(LogSegment.replay([]).end.flaw == "the header is torn: 0 of 16 bytes")
    #expect(LogSegment.replay([UInt8](repeating: 0, count: 600)).end.flaw?.contains("does not begin with") == true)
    let only = LogSegment.replay(FrameFile.header(LogSegmentReader.kind)).end
    #expect(only.flaw == "the record that names the segment is missing" && only.goodBytes == 16)
    let later = LogSegment.replay(FrameFile.header(FrameFile.Kind(magic: LogSegmentReader.kind.magic, version: 3))).end
    #expect(later.flaw == "the file is of version 3, this program reads versions up to 2" && later.laterVersion == 3)
    let earlier = FrameFile.header(FrameFile.Kind(magic: LogSegmentReader.kind.magic, version: 1))
    let first = LogSegment.replay(earlier + segment.bytes[FrameFile.headerBytes...]).end
    #expect(first.flaw == nil, "segments of version 1 are read")
    let none = LogSegment.replay(FrameFile.header(FrameFile.Kind(magic: LogSegmentReader.kind.magic, version: 0))).end
    #expect(none.flaw == "the file is of version 0, this program reads versions up to 2" && none.laterVersion == nil)
    let foreign = LogSegment.replay(FrameFile.header(FrameFile.Kind(magic: "NOTSKEP\n", version: 2))).end
    #expect(foreign.laterVersion == nil)
  }

  /// Random payloads in good frames, and good records with random changes under good checksums: read or refused, never more.
  @Test(arguments: UInt64(1)...40)
  func anyBytesAreSafe(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    let start = try LogSegment([]).bytes
    var journal = Journal(isEnabled: true)
    var buffer = JournalBytes()
    for _ in 0..<200 {
      var payload: [UInt8]
      if random.next() % 2 == 0 {
        payload = (0..<1 + random.next() % 60).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        payload[0] = UInt8(random.next() % 7)
      } else {
        LogEntry.random(random).write(to: &journal)
        journal.exchange(&buffer)
        payload = Array(buffer.bytes.dropFirst(FrameFile.frameOverhead))
        for _ in 0..<1 + random.next() % 3 {
          payload[Int(random.next() % UInt64(payload.count))] = UInt8(truncatingIfNeeded: random.next())
        }
      }
      var bytes = start
      payload.withUnsafeBytes { FrameFile.append($0, to: &bytes) }
      let (end, found) = LogSegment.replay(bytes)
      #expect(found.count == end.records && (end.flaw == nil) == (found.count == 1))
    }
    let noise = (0..<500).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    #expect(LogSegment.replay(noise).end.flaw != nil)
    #expect(LogSegment.replay(start + noise).end.flaw != nil)
  }
}

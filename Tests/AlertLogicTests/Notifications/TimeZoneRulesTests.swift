import FleetModel
import Foundation
import TestSupport
import Testing

@testable import AlertLogic

@Suite("time zone files")
struct TimeZoneRulesTests {
  struct Case: Sendable, Decodable, CustomTestStringConvertible {
    var zone: String
    var file: Data
    /// Seconds since 1970, and the offset.
    var offsets: [[Int64]]
    var testDescription: String { zone }
  }

  static let cases: [Case] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Cases/zones.json")
    return (try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file))) ?? []
  }()

  @Test func thereAreCases() { #expect(Self.cases.count > 10) }

  @Test(arguments: cases)
  func offsetsArePythons(_ test: Case) throws {
    let rules = try TimeZoneRules(tzif: Array(test.file))
    for pair in test.offsets {
      #expect(rules.offset(at: Timestamp(milliseconds: pair[0] * 1000)) == .seconds(pair[1]), "at \(pair[0])")
    }
  }

  /// The first block, with times of 32 bits, says the same for the times that it knows.
  @Test(arguments: cases)
  func theFirstBlockIsReadFromFilesOfTheFirstVersion(_ test: Case) throws {
    var bytes = Array(test.file)
    let whole = try TimeZoneRules(tzif: bytes)
    let hasTransitions = bytes[32..<36].contains { $0 != 0 }
    guard hasTransitions else { return }
    bytes[4] = 0
    let first = try TimeZoneRules(tzif: bytes)
    for pair in test.offsets where (0..<2_000_000_000).contains(pair[0]) {
      let time = Timestamp(milliseconds: pair[0] * 1000)
      #expect(first.offset(at: time) == whole.offset(at: time), "at \(pair[0])")
    }
  }

  static let footers: [(text: String, day: String, offset: Double)] = [
    ("UTC0", "2026-07-01T00:00:00Z", 0),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", -5 * 3600),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -4 * 3600),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T05:59:59Z", -4 * 3600),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", -5 * 3600),
    ("<+0330>-3:30<+0430>,J79/24,J263/24", "2026-03-20T20:29:59Z", 3.5 * 3600),
    ("<+0330>-3:30<+0430>,J79/24,J263/24", "2026-03-20T20:30:00Z", 4.5 * 3600),
    // South of the equator summer holds over the turn of the year.
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-12-31T23:00:00Z", 11 * 3600),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", 11 * 3600),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-01T00:00:00Z", 10 * 3600),
    // Winter as the exception, before midnight of the day before (RFC 8536, section 3.3.1).
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0),
    ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -2 * 3600),
    ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -1 * 3600),
    // All the year.
    ("XXX3EDT4,0/0,J365/23", "2026-01-01T00:00:00Z", -4 * 3600),
    ("XXX3EDT4,0/0,J365/23", "2026-12-31T23:59:59Z", -4 * 3600),
    ("XXX3EDT4,0/0,J365/23", "1970-01-01T00:00:00Z", -4 * 3600),
    ("<-1245>12:45:30", "2026-01-01T00:00:00Z", -(12 * 3600 + 45 * 60 + 30)),
    ("AAA0BBB,59,J60", "2028-02-29T02:00:00Z", 3600),
  ]

  @Test(arguments: footers)
  func footersAreFollowed(text: String, day: String, offset: Double) throws {
    let zone = try #require(PosixTimeZone(text.utf8))
    #expect(Double(zone.offsetSeconds(at: try #require(RFC3339.parse(day)).wholeSeconds)) == offset)
  }

  @Test(arguments: [
    "", "UTC", "U0", "<>0", "<A0", "UTC0X", "UTC0XXX", "UTC0XXX,", "UTC0XXX,M3.2.0", "UTC0XXX,M13.2.0,M11.1.0",
    "UTC0XXX,M3.6.0,M11.1.0", "UTC0XXX,M3.2.7,M11.1.0", "UTC0XXX,J0,J5", "UTC0XXX,366,J5", "UTC168", "UTC0:60",
    "UTC0XXX,M3.2.0/,M11.1.0", "UTC0XXX,M3.2.0,M11.1.0,", "UTC99999999999999999999",
  ])
  func otherFootersAreRefused(_ text: String) { #expect(PosixTimeZone(text.utf8) == nil) }

  @Test func timesAtTheEndsOfTheRangeHaveAnOffset() throws {
    let test = try #require(Self.cases.first)
    let rules = try TimeZoneRules(tzif: Array(test.file))
    #expect(rules.offset(at: Timestamp(milliseconds: .max)) < .seconds(86_400))
    #expect(rules.offset(at: Timestamp(milliseconds: .min)) < .seconds(86_400))
    _ = LocalTime(Timestamp(milliseconds: .max), in: rules)
    _ = LocalTime(Timestamp(milliseconds: .min), in: rules)
  }

  @Test func bytesThatAreNoFileAreRefused() throws {
    #expect(throws: TimeZoneError.notATimeZoneFile) { try TimeZoneRules(tzif: []) }
    #expect(throws: TimeZoneError.notATimeZoneFile) { try TimeZoneRules(tzif: Array(repeating: 0, count: 100)) }
    let whole = Array(try #require(Self.cases.first).file)
    for length in 0..<whole.count {
      #expect(throws: TimeZoneError.self) { try TimeZoneRules(tzif: Array(whole[..<length])) }
    }
  }

  /// Whatever the bytes, there is an answer or an error.
  @Test(arguments: 0..<20) func damagedFilesDoNotCrash(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    for _ in 0..<50 {
      var bytes = Array(Self.cases[Int(random.next() % UInt64(Self.cases.count))].file)
      for _ in 0...(random.next() % 4) { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() & 0xff) }
      guard let rules = try? TimeZoneRules(tzif: bytes) else { continue }
      for year in 0..<50 { _ = rules.offset(at: Timestamp(milliseconds: Int64(year) * 31_556_952_000)) }
    }
  }
}

import FleetModel
import Platform
import Testing

@testable import SampleStore

@Suite struct HeadLateTests {
  private static let start: Int64 = 1_700_000_000_000

  private static func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: start + seconds * 1000) }

  private static func contents(_ store: HeadStore) async throws -> [(Int64, Double)] {
    let found = try await store.select([], from: time(-100_000), through: time(100_000))
    guard let samples = found.first?.samples else { return [] }
    return zip(samples.timestamps.map { ($0 - start) / 1000 }, samples.values).map { ($0, $1) }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Samples in order, one a second times `step`.
    var count: Int
    var step: Int64 = 2
    var value: Double = 7
    var late: Int64
    var verdict: String
  }

  static let cases = [
    Case(testDescription: "within the open chunk", count: 50, late: 51, verdict: "appended"),
    Case(testDescription: "one that the codec does not fit", count: 50, value: 0.1, late: 51, verdict: "appended"),
    Case(testDescription: "a staleness marker", count: 50, value: StaleMarker.value, late: 51, verdict: "appended"),
    Case(testDescription: "before the first", count: 50, late: -1, verdict: "appended"),
    Case(testDescription: "within a full open chunk", count: 240, late: 301, verdict: "appended"),
    Case(testDescription: "within a closed chunk", count: 300, late: 441, verdict: "appended"),
    Case(testDescription: "at the window's end", count: 400, late: 198, verdict: "duplicate"),
    Case(testDescription: "beyond the window", count: 400, late: 197, verdict: "outOfOrder"),
    Case(testDescription: "one of the same value", count: 50, value: 25, late: 50, verdict: "repeated"),
    Case(testDescription: "one of another value", count: 50, late: 50, verdict: "duplicate"),
    Case(testDescription: "one of the same value, closed", count: 300, value: 200, late: 400, verdict: "repeated"),
    Case(testDescription: "one of another value, closed", count: 300, late: 400, verdict: "duplicate"),
    Case(testDescription: "the last again", count: 50, value: 49, late: 98, verdict: "repeated"),
    Case(testDescription: "the last with another value", count: 50, late: 98, verdict: "duplicate"),
  ]

  @Test(arguments: cases)
  func aLateSampleFindsItsPlace(_ test: Case) async throws {
    let store = HeadStore()
    let reference = try store.reference(for: LabelSet(["__name__": "up"]))
    var expected: [(Int64, Double)] = []
    for index in 0..<test.count {
      let time = Int64(index) * test.step
      _ = try store.append([Sample(series: reference, value: Double(index))], at: Self.time(time))
      expected.append((time, Double(index)))
    }
    for attempt in 0..<2 {
      let outcome = try store.append([Sample(series: reference, value: test.value)], at: Self.time(test.late))
      var wanted = AppendOutcome()
      switch test.verdict {
      case "appended", "repeated": wanted.appended = 1
      case "duplicate": wanted.duplicateTimestamp = 1
      default: wanted.outOfOrder = 1
      }
      #expect(outcome == wanted, "attempt \(attempt)")
    }
    if test.verdict == "appended" {
      expected.append((test.late, test.value))
      expected.sort { $0.0 < $1.0 }
    }
    let found = try await Self.contents(store)
    #expect(found.map(\.0) == expected.map(\.0))
    #expect(found.map(\.1.bitPattern) == expected.map(\.1.bitPattern))
    #expect(store.statistics().samples == UInt64(expected.count))
  }

  /// More odd numbers than a scaled chunk takes.
  @Test func manyStalenessMarkersComeLate() async throws {
    let store = HeadStore()
    let reference = try store.reference(for: LabelSet(["__name__": "up"]))
    for second in 0..<100 {
      _ = try store.append([Sample(series: reference, value: Double(second))], at: Self.time(Int64(second) * 4))
    }
    for second in 0..<50 {
      let outcome = try store.append(
        [Sample(series: reference, value: StaleMarker.value)], at: Self.time(Int64(second) * 4 + 2))
      #expect(outcome.appended == 1)
    }
    let found = try await Self.contents(store)
    #expect(found.count == 150)
    #expect(found.filter { StaleMarker.isStale($0.1) }.map(\.0) == (0..<50).map { $0 * 4 + 2 })
  }

  @Test func lateSamplesExpireAndKeepTheirSeries() async throws {
    let store = HeadStore(HeadConfiguration(retention: .seconds(100), seriesLifetime: .seconds(10)))
    let reference = try store.reference(for: LabelSet(["__name__": "up"]))
    _ = try store.append([Sample(series: reference, value: 1)], at: Self.time(300))
    for second in [100, 50, 150, 120] {
      _ = try store.append([Sample(series: reference, value: Double(second))], at: Self.time(Int64(second)))
    }
    #expect(store.statistics().lateSamples == 4)
    #expect(store.statistics().oldest == Self.time(50))
    store.expire(now: Self.time(210))
    #expect(try await Self.contents(store).map(\.0) == [120, 150, 300])
    #expect(store.statistics().oldest == Self.time(120))
    store.expire(now: Self.time(500))
    store.expire(now: Self.time(500))
    #expect(store.statistics().samples == 0)
    #expect(store.statistics().lateSamples == 0)
    #expect(store.statistics().series == 0)
  }

  /// A sample that comes during a flush for the range that is flushed stays in the head.
  @Test func whatComesDuringAFlushStays() async throws {
    let store = HeadStore()
    let reference = try store.reference(for: LabelSet(["__name__": "up"]))
    for second in 0..<300 {
      _ = try store.append([Sample(series: reference, value: 1)], at: Self.time(Int64(second) * 2))
    }
    _ = try store.append([Sample(series: reference, value: 2)], at: Self.time(101))
    guard let flush = store.beginFlush(everything: true, idleBefore: .min) else {
      Issue.record("nothing to flush")
      return
    }
    if let second = store.beginFlush(everything: true, idleBefore: .min) {
      Issue.record("two flushes of \(second.seriesCount) series at once")
    }
    _ = try store.append([Sample(series: reference, value: 3)], at: Self.time(103))
    _ = try store.append([Sample(series: reference, value: 4)], at: Self.time(700))
    #expect(try store.append([Sample(series: reference, value: 5)], at: Self.time(101)).duplicateTimestamp == 1)
    var moved = 0
    try flush.forEachSeries { (_, times, _, _) throws(FileError) in moved += times.count }
    #expect(moved == 301)
    #expect(try await Self.contents(store).count == 303)
    store.finishFlush(flush)
    #expect(try await Self.contents(store).map(\.0) == [103, 700])
    #expect(store.statistics().samples == 2)
    guard let rest = store.beginFlush(everything: false, idleBefore: .min) else {
      Issue.record("the late sample is not to be flushed")
      return
    }
    #expect(rest.seriesCount == 1)
    store.cancelFlush(rest)
    #expect(try await Self.contents(store).map(\.0) == [103, 700])
    // The last time survives that its sample went.
    #expect(try store.append([Sample(series: reference, value: 9)], at: Self.time(99)).outOfOrder == 1)
  }
}

import FleetModel
import TestSupport
import Testing
import WireFormats

@testable import Ingest

@Suite struct WrittenSeriesCacheTests {
  static func identity(_ number: Int) -> WrittenIdentity {
    WrittenIdentity(high: 1, low: UInt64(truncatingIfNeeded: number) &* 0x9e37_79b9_7f4a_7c15)
  }

  static func entry(_ number: Int) -> WrittenSeriesCache.Entry {
    WrittenSeriesCache.Entry(reference: SeriesRef(rawValue: UInt32(number)), token: nil)
  }

  private let anySeries: WriteRequest.Series

  init() throws {
    var request = WriteRequest(seed: 1)
    let message = WriteRequestBytes.message([WriteRequestBytes.Series([("__name__", "m")], [])])
    let result = message.withUnsafeBytes { bytes in Result { try request.read(bytes) } }
    try result.get()
    anySeries = try #require(request.series.first)
  }

  private func find(_ number: Int, in cache: inout WrittenSeriesCache) -> UInt32? {
    var entries: [WrittenSeriesCache.Entry] = []
    var series = anySeries
    series.identity = Self.identity(number)
    cache.find([series], scope: nil, into: &entries)
    return entries.first.flatMap { $0.mark == WrittenSeriesCache.Entry.missing ? nil : $0.reference.rawValue }
  }

  /// However many come, two turns' worth are known, and what was met lately is among them.
  @Test(arguments: [-1, 0, 1, 2, 100, 1000]) func knowsNoMoreThanTwoTurns(limit: Int) {
    var cache = WrittenSeriesCache(turn: .seconds(900), limit: limit, now: .zero)
    cache.prepare(now: .zero, generation: 1)
    let turn = max(1, limit)
    for number in 0..<5000 {
      cache.set(Self.identity(number), Self.entry(number))
      #expect(find(number, in: &cache) == UInt32(number))
      guard cache.count <= 2 * turn else {
        Issue.record("\(cache.count) are known after \(number)")
        return
      }
    }
    for number in 5000 - turn..<5000 { #expect(find(number, in: &cache) == UInt32(number)) }
    #expect(find(0, in: &cache) == nil)
    #expect(cache.count <= 2 * turn)
  }

  /// As many series as the limit are never forgotten while they are written.
  @Test func theLimitItselfFits() {
    var cache = WrittenSeriesCache(turn: .seconds(900), limit: 100, now: .zero)
    cache.prepare(now: .zero, generation: 1)
    for number in 0..<100 { cache.set(Self.identity(number), Self.entry(number)) }
    for round in 1...50 {
      cache.prepare(now: .seconds(60 * round), generation: 1)
      for number in 0..<100 { #expect(find(number, in: &cache) == UInt32(number)) }
    }
  }
}

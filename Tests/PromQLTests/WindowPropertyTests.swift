import FleetModel
import Testing

@testable import PromQL

/// Windows advance over the samples; each must come out as if it had been looked at alone.
@Suite("windows, from a seed")
struct WindowPropertyTests {
  struct Source: SeriesSource {
    let samples: SampleColumns

    func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
      [SelectedSeries(labels: LabelSet(["__name__": "a_total"]), samples: samples)]
    }
    func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }
    func labelValues(
      of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
    ) async throws -> [String] { [] }
  }

  /// Irregular times, resets, gaps and staleness markers.
  private func samples(_ random: inout SplitMix) -> SampleColumns {
    var columns = SampleColumns()
    var time: Int64 = 0
    var value = 0.0
    for _ in 0..<300 {
      time += Int64(random.next() % 30_000) + 1
      if random.next() % 20 == 0 { time += 200_000 }
      value = random.next() % 15 == 0 ? Double(random.next() % 5) : value + Double(random.next() % 100)
      columns.timestamps.append(time)
      columns.values.append(random.next() % 25 == 0 ? StaleMarker.value : value)
    }
    return columns
  }

  @Test(arguments: [
    "rate(a_total[2m])", "increase(a_total[5m] offset 1m)", "delta(a_total[3m])", "irate(a_total[2m])", "a_total",
    "changes(a_total[10m])", "resets(a_total[10m])", "sum_over_time(a_total[4m])", "avg_over_time(a_total[4m])",
    "min_over_time(a_total[4m])", "max_over_time(a_total[4m])", "count_over_time(a_total[4m])",
    "quantile_over_time(0.3, a_total[4m])", "deriv(a_total[6m])", "predict_linear(a_total[6m], 60)",
    "stddev_over_time(a_total[6m])", "timestamp(a_total)", "max_over_time(rate(a_total[2m])[10m:1m])",
    "sum(rate(a_total[2m]))", "absent_over_time(a_total[1m])", "absent(a_total offset 3m)",
  ])
  func eachStepIsAsIfAlone(_ text: String) async throws {
    let engine = QueryEngine()
    let query = try engine.parse(text)
    var random = SplitMix(state: 11)
    for _ in 0..<3 {
      let source = Source(samples: samples(&random))
      let outcome = try await engine.range(
        query, from: Timestamp(milliseconds: 100_000), through: Timestamp(milliseconds: 4_000_000),
        step: .milliseconds(37_000), source: source)
      guard case .matrix(let series) = outcome.value else {
        Issue.record("no matrix")
        return
      }
      var together: [Int64: Double] = [:]
      if let one = series.first {
        together = Dictionary(uniqueKeysWithValues: zip(one.samples.timestamps, one.samples.values))
      }
      for time in stride(from: Int64(100_000), through: 4_000_000, by: 37_000) {
        let alone = try await engine.instant(query, at: Timestamp(milliseconds: time), source: source)
        guard case .vector(let samples) = alone.value else { return }
        #expect(samples.first?.value.bitPattern == together[time]?.bitPattern, "at \(time)")
      }
    }
  }
}

/// Numbers from a seed (G. Steele and others, OOPSLA 2014).
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

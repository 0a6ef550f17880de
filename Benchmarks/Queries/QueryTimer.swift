import FleetModel
import Glibc
import PromQL

/// Times queries; not on the main actor, as a server would not either.
struct QueryTimer<Source: SeriesSource>: Sendable {
  let engine: QueryEngine
  let source: Source
  let seriesCount: Int
  let end: Timestamp
  let repetitions: Int

  /// - Parameter queries: name, query, and for a range query its step in seconds.
  func run(_ queries: [(name: String, query: String, step: Int64?)]) async throws {
    var sum = 0.0
    var logarithms = 0.0
    for (name, query, step) in queries {
      let parsed = try engine.parse(query)
      let cold = Clock.cpuMilliseconds()
      let outcome = try await evaluate(parsed, step)
      let first = Clock.cpuMilliseconds() - cold
      let begin = Clock.cpuMilliseconds()
      for _ in 0..<repetitions { _ = try await evaluate(parsed, step) }
      let each = (Clock.cpuMilliseconds() - begin) / Double(repetitions)
      sum += each
      logarithms += log(each)
      let pad = String(repeating: " ", count: max(1, 18 - name.count))
      let read = outcome.statistics
      print(
        "\(name)\(pad)\(Clock.text(each)) ms, first \(Clock.text(first))  (\(read.seriesRead) series, \(read.samplesRead) samples)"
      )
    }
    let mean = exp(logarithms / Double(max(1, queries.count)))
    print("sum \(Clock.text(sum)) ms, geometric mean \(Clock.text(mean)) ms, \(seriesCount) series")
  }

  private func evaluate(_ query: ParsedQuery, _ step: Int64?) async throws -> QueryOutcome {
    guard let step else { return try await engine.instant(query, at: end, source: source) }
    return try await engine.range(
      query, from: Timestamp(milliseconds: end.milliseconds - 3_600_000), through: end, step: .seconds(step),
      source: source)
  }
}

enum Clock {
  static func cpuMilliseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }

  static func text(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}

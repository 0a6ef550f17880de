/// What changed between two windows, by agent and operation, and what is but noise.
///
/// Three questions are asked of each operation: did its rate change (conditional binomial test), its share of errors (Fisher's
/// exact test), its latency (Mann-Whitney test, and Fisher's test on the share of spans above the common 95th percentile).
/// Spans of one trace are not independent, so counts are first divided by the design effect: how much more the sums by trace
/// scatter than single spans would. All questions together are wrong once in a hundred comparisons of equal
/// windows at most (Holm's correction at 0.01). Rate and latency count as changed only where the change is
/// also at least ``Options/minimumEffect``. Where there is no trace before, there is nothing to compare with, and no change.
public struct TrafficComparison: Sendable, Hashable {
  public struct Options: Sendable, Hashable {
    /// How often all of it together may call noise a change.
    public var level = 0.01
    /// The smallest change of rate and latency worth naming, as a share of what was before.
    public var minimumEffect = 0.1

    public init() {}
  }

  /// One operation in one window.
  public struct Figures: Sendable, Hashable {
    public var count: Int
    public var errors: Int
    /// A second.
    public var rate: Double
    /// Of all spans, 0 to 1.
    public var errorShare: Double
    /// Nanoseconds; `nil` where there is no span.
    public var mean: Double?
    public var p50: Int64?
    public var p95: Int64?
    public var p99: Int64?
  }

  /// What is said of one question.
  public struct Verdict: Sendable, Hashable {
    /// The chance of a difference like this one without a change.
    public var probability: Double
    /// Whether it counts as a change, with all questions asked at once.
    public var isChange = false
  }

  public struct Row: Sendable, Hashable {
    public var key: OperationName
    public var before: Figures
    public var after: Figures
    public var rate: Verdict
    public var errors: Verdict
    public var latency: Verdict

    public var isChanged: Bool { rate.isChange || errors.isChange || latency.isChange }
  }

  /// Those that changed first, each part by name.
  public var rows: [Row]

  /// - Parameters:
  ///   - lengths: of the two windows, in nanoseconds.
  public init(
    before: TrafficProfile, after: TrafficProfile, lengths: (before: Int64, after: Int64), options: Options = Options()
  ) {
    let first = before.byOperation
    let second = after.byOperation
    let seconds = (before: Double(lengths.before) / 1e9, after: Double(lengths.after) / 1e9)
    var rows: [Row] = []
    for key in Set(first.keys).union(second.keys).sorted() {
      let old = first[key] ?? TrafficProfile.Entry()
      let new = second[key] ?? TrafficProfile.Entry()
      rows.append(
        Row(
          key: key, before: Figures(old, seconds: seconds.before), after: Figures(new, seconds: seconds.after),
          rate: Verdict(probability: Self.rateProbability(old, new, seconds)),
          errors: Verdict(probability: Self.errorProbability(old, new)),
          latency: Verdict(probability: Self.latencyProbability(old, new))))
    }
    guard before.traces > 0 else {
      self.rows = rows
      return
    }
    let kept = Significance.holm(
      rows.flatMap { [$0.rate.probability, $0.errors.probability, $0.latency.probability] }, level: options.level)
    for position in rows.indices {
      let row = rows[position]
      let isLarge = { (old: Double, new: Double) in abs(new - old) >= options.minimumEffect * old }
      rows[position].rate.isChange = kept[position * 3] && isLarge(row.before.rate, row.after.rate)
      rows[position].errors.isChange = kept[position * 3 + 1]
      let moved = [(row.before.p50, row.after.p50), (row.before.p95, row.after.p95)].contains { old, new in
        if let old, let new { isLarge(Double(old), Double(new)) } else { false }
      }
      rows[position].latency.isChange = kept[position * 3 + 2] && moved
    }
    self.rows = rows.filter(\.isChanged) + rows.filter { !$0.isChanged }
  }

  private static func rateProbability(
    _ old: TrafficProfile.Entry, _ new: TrafficProfile.Entry, _ seconds: (before: Double, after: Double)
  ) -> Double {
    let count = Double(old.count + new.count)
    guard count > 0 else { return 1 }
    let effect = max(1, (old.squaredCount + new.squaredCount) / count)
    return Significance.ofRates(
      effective(old.count, effect), over: seconds.before, effective(new.count, effect), over: seconds.after)
  }

  private static func errorProbability(_ old: TrafficProfile.Entry, _ new: TrafficProfile.Entry) -> Double {
    let count = Double(old.count + new.count)
    let errors = Double(old.errors + new.errors)
    guard errors > 0, errors < count else { return 1 }
    let share = errors / count
    // How the errors of traces scatter about their expected number, against how single errors would.
    let scatter =
      old.squaredErrors + new.squaredErrors - 2 * share * (old.countByErrors + new.countByErrors)
      + share * share * (old.squaredCount + new.squaredCount)
    let effect = max(1, scatter / (count * share * (1 - share)))
    return Significance.ofShares(
      effective(old.errors, effect), of: effective(old.count, effect), effective(new.errors, effect),
      of: effective(new.count, effect))
  }

  private static func latencyProbability(_ old: TrafficProfile.Entry, _ new: TrafficProfile.Entry) -> Double {
    guard old.count > 0, new.count > 0 else { return 1 }
    let effects = (
      old: max(1, old.squaredCount / Double(old.count)), new: max(1, new.squaredCount / Double(new.count))
    )
    let location = Significance.ofLocation(
      old.latency, new.latency,
      independent: (Double(old.count) / effects.old, Double(new.count) / effects.new))
    var both = old.latency
    both.merge(new.latency)
    guard let bound = both.quantile(0.95) else { return location }
    let inBuckets = !both.isExact
    let above = { (entry: TrafficProfile.Entry) in
      entry.latency.ascending(inBuckets: inBuckets).reduce(0) { $1.value > bound ? $0 + $1.count : $0 }
    }
    let tail = Significance.ofShares(
      effective(above(old), effects.old), of: effective(old.count, effects.old), effective(above(new), effects.new),
      of: effective(new.count, effects.new))
    // Two questions in one: the smaller chance counts twice.
    return min(1, 2 * min(location, tail))
  }

  private static func effective(_ count: Int, _ effect: Double) -> Int { Int((Double(count) / effect).rounded(.down)) }
}

extension TrafficComparison.Figures {
  init(_ entry: TrafficProfile.Entry, seconds: Double) {
    self.init(
      count: entry.count, errors: entry.errors, rate: seconds > 0 ? Double(entry.count) / seconds : 0,
      errorShare: entry.count > 0 ? Double(entry.errors) / Double(entry.count) : 0,
      mean: entry.latency.mean, p50: entry.latency.quantile(0.5), p95: entry.latency.quantile(0.95),
      p99: entry.latency.quantile(0.99))
  }
}

import FleetModel

/// The buckets of one classic histogram, by rising upper bound.
struct ClassicHistogram {
  struct Bucket {
    var bound: Double
    var count: Double
  }

  /// Differences below this share come from rounding.
  private static let tolerance = 1e-12

  var buckets: [Bucket]

  /// Buckets of the same bound become one.
  init(sorted buckets: [Bucket]) {
    self.buckets = []
    self.buckets.reserveCapacity(buckets.count)
    for bucket in buckets {
      if let last = self.buckets.indices.last, self.buckets[last].bound == bucket.bound {
        self.buckets[last].count += bucket.count
      } else {
        self.buckets.append(bucket)
      }
    }
  }

  private var isComplete: Bool { buckets.last?.bound == .infinity }

  /// Makes the counts rise. Returns whether one fell by more than rounding explains.
  private mutating func forceRising() -> Bool {
    var wasForced = false
    guard var previous = buckets.first?.count else { return false }
    for index in buckets.indices.dropFirst() {
      let count = buckets[index].count
      if count == previous { continue }
      if Self.isAlmostEqual(previous, count) {
        buckets[index].count = previous
      } else if count < previous {
        buckets[index].count = previous
        wasForced = true
      } else {
        previous = count
      }
    }
    return wasForced
  }

  private static func isAlmostEqual(_ a: Double, _ b: Double) -> Bool {
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
    let sum = a.magnitude + b.magnitude
    let difference = (a - b).magnitude
    if a == 0 || b == 0 || sum < .leastNormalMagnitude { return difference < tolerance * .leastNormalMagnitude }
    return difference / min(sum, .greatestFiniteMagnitude) < tolerance
  }

  /// The value below which a share `quantile` of all observations lies, by straight lines within buckets
  /// (prometheus/prometheus `promql/quantile.go`, `BucketQuantile`).
  mutating func quantile(_ quantile: Double) -> (value: Double, wasForced: Bool) {
    if quantile.isNaN { return (.nan, false) }
    if quantile < 0 { return (-.infinity, false) }
    if quantile > 1 { return (.infinity, false) }
    guard isComplete else { return (.nan, false) }
    let wasForced = forceRising()
    guard buckets.count > 1, let observations = buckets.last?.count, observations != 0 else { return (.nan, wasForced) }
    var rank = quantile * observations
    let last = buckets.count - 1
    // As `sort.Search`: with counts that are no numbers, the bucket it would find.
    var low = 0
    var high = last
    while low < high {
      let middle = (low + high) / 2
      if buckets[middle].count >= rank { high = middle } else { low = middle + 1 }
    }
    if low == last { return (buckets[last - 1].bound, wasForced) }
    if low == 0, buckets[0].bound <= 0 { return (buckets[0].bound, wasForced) }
    var start = 0.0
    var count = buckets[low].count
    if low > 0 {
      start = buckets[low - 1].bound
      count -= buckets[low - 1].count
      rank -= buckets[low - 1].count
    }
    return (start + (buckets[low].bound - start) * (rank / count), wasForced)
  }

  /// The share of observations between two values, by straight lines within buckets.
  func fraction(from lower: Double, to upper: Double) -> Double {
    guard isComplete, let count = buckets.last?.count, count != 0, !lower.isNaN, !upper.isNaN else { return .nan }
    if lower >= upper { return 0 }
    var rank = 0.0
    var lowerRank: Double?
    var upperRank: Double?
    for (index, bucket) in buckets.enumerated() {
      // The first bucket of positive values begins at zero.
      let start = index > 0 ? buckets[index - 1].bound : bucket.bound > 0 ? 0 : -Double.infinity
      func interpolated(_ value: Double) -> Double {
        // In a bucket without end nobody knows where the observations lie.
        if start == -.infinity { return bucket.count }
        if bucket.bound == .infinity { return rank }
        return rank + (bucket.count - rank) * (value - start) / (bucket.bound - start)
      }
      if lowerRank == nil, start >= lower { lowerRank = rank }
      if upperRank == nil, start >= upper { upperRank = rank }
      if lowerRank == nil, bucket.bound > lower { lowerRank = interpolated(lower) }
      if upperRank == nil, bucket.bound > upper { upperRank = interpolated(upper) }
      if lowerRank != nil, upperRank != nil { break }
      rank = bucket.count
    }
    return (min(upperRank ?? count, count) - min(lowerRank ?? count, count)) / count
  }
}

extension Evaluator {
  func histogramQuantile(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let quantiles = try scalar(node.arguments[0], grid)
    warnOfQuantiles(quantiles, at: node.arguments[0].range)
    let input = try reading(countsAlone: false) { () throws(QueryError) in try vector(node.arguments[1], grid) }
    return try quantile(of: input, quantiles, grid, at: node.arguments[1].range)
  }

  /// `histogram_quantiles(v, label, quantile…)`: each quantile in a series of its own.
  func histogramQuantiles(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let label = try string(node.arguments[1])
    guard label.isValid, !label.bytes.isEmpty else {
      throw .execution("invalid label name \(GoText.quoted(label.bytes))")
    }
    let input = try reading(countsAlone: false) { () throws(QueryError) in try vector(node.arguments[0], grid) }
    var all = SeriesMatrix.empty(steps: grid.count)
    for argument in node.arguments.dropFirst(2) {
      let quantiles = try scalar(argument, grid)
      warnOfQuantiles(quantiles, at: argument.range)
      // A quantile that differs from step to step has as many series.
      for quantile in Set(quantiles.map(\.bitPattern)).sorted().map(Double.init(bitPattern:)) {
        var result = try self.quantile(
          of: input, [Double](repeating: quantile, count: grid.count), grid, at: node.arguments[0].range)
        for step in 0..<grid.count where quantiles[step].bitPattern != quantile.bitPattern {
          for row in 0..<result.count { result.set(Point.absent, row, step) }
        }
        result = result.withShownLabels
        result.labels = result.labels.map { $0.setting(label.text, to: GoText.openMetrics(quantile)) }
        all = all.appending(result)
      }
    }
    return try all.mergingEqualRows()
  }

  private func quantile(
    of input: SeriesMatrix, _ quantiles: [Double], _ grid: StepGrid, at range: SourceRange
  ) throws(QueryError) -> SeriesMatrix {
    try histograms(input, grid, at: range) { histogram, step, metric in
      let (value, wasForced) = histogram.quantile(quantiles[step])
      if wasForced { self.annotations.forcedMonotonicity(metric: metric(), at: range) }
      return value
    } native: { histogram, step, metric in
      let quantile = quantiles[step]
      let value = histogram.quantile(quantile)
      if histogram.hasNaNObservations, histogram.count != 0, Quantile.isValid(quantile) {
        self.annotations.quantileAmongNaN(metric, isResultNaN: value.isNaN, at: range)
      }
      return value
    }
  }

  func histogramFraction(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let lower = try scalar(node.arguments[0], grid)
    let upper = try scalar(node.arguments[1], grid)
    let range = node.arguments[2].range
    let input = try reading(countsAlone: false) { () throws(QueryError) in try vector(node.arguments[2], grid) }
    return try histograms(input, grid, at: range) { histogram, step, _ in
      histogram.fraction(from: lower[step], to: upper[step])
    } native: { histogram, step, metric in
      if histogram.hasNaNObservations, histogram.count != 0, lower[step] < upper[step] {
        self.annotations.fractionAmongNaN(metric, at: range)
      }
      return histogram.fraction(from: lower[step], to: upper[step])
    }
  }

  /// Gathers the series that differ in `le` alone and evaluates each such histogram at each step, and each native one.
  private func histograms(
    _ mixed: SeriesMatrix, _ grid: StepGrid, at range: SourceRange,
    _ evaluate: (inout ClassicHistogram, Int, _ metric: () -> String) -> Double,
    native: (NativeHistogram, Int, _ metric: String) -> Double
  ) throws(QueryError) -> SeriesMatrix {
    let mixed = mixed.withShownLabels
    let input = mixed.withoutHistograms
    // The name tells histograms apart here, and is dropped after.
    var grouper = LabelGrouper(["le"], keeping: false)
    var named = NamedGroups()
    var bounds = BucketBounds()
    var rows: [[(bound: Double, row: Int)]] = []
    for row in 0..<input.count where input.hasSample(row) {
      let labels = input.labels[row]
      guard let bound = bounds.bound(of: labels) else {
        annotations.badBucketLabel(labels["le"] ?? "", metric: labels.metricName, at: range)
        continue
      }
      let group = grouper.group(of: labels, dropsName: false)
      let number = named.number(group, labels.hasName ? labels.metricName : "")
      if number == rows.count { rows.append([]) }
      rows[number].append((bound, row))
    }
    var result = SeriesMatrix(
      labels: named.groups.map { grouper.labels(of: $0.group) }, steps: grid.count, dropsName: false,
      isDistinctWithoutName: false)
    for (number, members) in rows.enumerated() {
      let sorted = members.sorted { $0.bound < $1.bound }
      for step in 0..<grid.count {
        try budget.checkpoint(sorted.count)
        var buckets: [ClassicHistogram.Bucket] = []
        buckets.reserveCapacity(sorted.count)
        for (bound, row) in sorted {
          let count = input.values[row * grid.count + step]
          if !Point.isAbsent(count) { buckets.append(ClassicHistogram.Bucket(bound: bound, count: count)) }
        }
        if buckets.isEmpty { continue }
        var histogram = ClassicHistogram(sorted: buckets)
        result.values[number * grid.count + step] = evaluate(&histogram, step) { named.groups[number].name }
      }
    }
    let natives = mixed.mappedHistograms { histogram, row, step in native(histogram, step, mixed.labels[row].metricName)
    }
    return try adding(natives.filteringRows(natives.hasSample), to: result, at: range)
  }

  /// Upper bounds of buckets: there are few texts, each on many series.
  private struct BucketBounds {
    private static let name = Array("le".utf8)
    private var known: [(text: [UInt8], bound: Double)] = []

    /// `nil` where the label is missing or no number.
    mutating func bound(of labels: LabelSet) -> Double? {
      labels.encoded.withUnsafeBufferPointer { bytes in
        var cursor = LabelCursor(bytes)
        while cursor.next() {
          guard cursor.nameIs(Self.name) else { continue }
          if let held = known.first(where: { LabelCursor.equal(bytes, cursor.value, $0.text) }) { return held.bound }
          let text = Array(bytes[cursor.value])
          guard let bound = NumberText.float(String(decoding: text, as: UTF8.self)) else { return nil }
          if known.count < 64 { known.append((text, bound)) }
          return bound
        }
        return nil
      }
    }
  }

  /// Numbers for pairs of a group and a metric's name.
  private struct NamedGroups {
    private(set) var groups: [(group: Int, name: String)] = []
    private var numbers: [[Int]] = []

    mutating func number(_ group: Int, _ name: String) -> Int {
      while numbers.count <= group { numbers.append([]) }
      if let known = numbers[group].first(where: { groups[$0].name == name }) { return known }
      groups.append((group, name))
      numbers[group].append(groups.count - 1)
      return groups.count - 1
    }
  }
}

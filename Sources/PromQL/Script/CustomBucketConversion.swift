import FleetModel

/// Native histograms with custom buckets, made of classic ones: `load_with_nhcb`.
enum CustomBucketConversion {
  /// What is known of one histogram at one time.
  private struct Parts {
    /// By upper bound; of several series with one bound the first counts.
    var buckets: [Double: Double] = [:]
    var count: Double?
    var sum: Double?

    /// `nil` if there is no bucket, or one holds less than the one below.
    var histogram: NativeHistogram? {
      let bounds = buckets.keys.sorted()
      guard !bounds.isEmpty else { return nil }
      var histogram = NativeHistogram()
      histogram.schema = NativeHistogram.customSchema
      histogram.customValues = bounds.filter(\.isFinite)
      var below = 0.0
      var counts: [Double] = []
      for bound in bounds {
        let count = buckets[bound] ?? 0
        guard count >= below else { return nil }
        counts.append(count - below)
        below = count
      }
      histogram.count = count ?? below
      if bounds.last != .infinity { counts.append(histogram.count - below) }
      histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: UInt32(clamping: counts.count))]
      histogram.positiveBuckets = counts
      histogram.sum = sum ?? 0
      return histogram.compacted
    }
  }

  static func histograms(of series: [ScriptSeries]) -> [ScriptSeries] {
    var order: [LabelSet] = []
    var parts: [LabelSet: [Int64: Parts]] = [:]
    for one in series {
      guard let (name, part) = role(of: one.labels.metricName) else { continue }
      var bound = 0.0
      if part == .bucket {
        guard let value = NumberText.float(one.labels["le"] ?? "") else { continue }
        bound = value
      }
      let labels = one.labels.setting("le", to: "").setting(LabelSet.metricName, to: name)
      if parts[labels] == nil { order.append(labels) }
      for (time, value) in zip(one.samples.timestamps, one.samples.values) {
        var known = parts[labels, default: [:]][time] ?? Parts()
        switch part {
        case .bucket: if known.buckets[bound] == nil { known.buckets[bound] = value }
        case .count: known.count = value
        case .sum: known.sum = value
        }
        parts[labels, default: [:]][time] = known
      }
    }
    return order.map { labels in
      var columns = HistogramColumns()
      let known = parts[labels] ?? [:]
      for time in known.keys.sorted() {
        if let histogram = known[time]?.histogram { columns.append(histogram, at: time) }
      }
      return ScriptSeries(labels: labels, samples: SampleColumns(), histograms: columns)
    }
  }

  private enum Role { case bucket, count, sum }

  private static func role(of name: String) -> (String, Role)? {
    for (suffix, role) in [("_bucket", Role.bucket), ("_count", .count), ("_sum", .sum)] where name.hasSuffix(suffix) {
      return (String(name.dropLast(suffix.count)), role)
    }
    return nil
  }
}

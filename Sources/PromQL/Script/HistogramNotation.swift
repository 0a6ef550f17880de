public import FleetModel

extension NativeHistogram {
  /// As scripts and rule tests write it: `{{schema:1 count:4 sum:5.5 offset:-3 buckets:[1 0 3]}}`. What has its default value is
  /// left out; buckets are written from the first to the last that holds anything.
  public var notation: String {
    var parts: [String] = []
    if schema != 0 { parts.append("schema:\(schema)") }
    for (key, value) in [
      ("count", count), ("sum", sum), ("z_bucket", zeroCount), ("z_bucket_w", zeroThreshold),
    ] where value != 0 {
      parts.append("\(key):\(GoText.general(value))")
    }
    if hasCustomBuckets { parts.append("custom_values:\(Self.list(customValues))") }
    switch resetHint {
    case .unknown: break
    case .reset: parts.append("counter_reset_hint:reset")
    case .notReset: parts.append("counter_reset_hint:not_reset")
    case .gauge: parts.append("counter_reset_hint:gauge")
    }
    parts += Self.side("buckets", "offset", positiveSpans, positiveBuckets)
    parts += Self.side("n_buckets", "n_offset", negativeSpans, negativeBuckets)
    return "{{\(parts.joined(separator: " "))}}"
  }

  private static func list(_ values: [Double]) -> String {
    "[\(values.map(GoText.general).joined(separator: " "))]"
  }

  /// Runs of buckets further apart than this are written one by one.
  private static let widestGap: Int64 = 10_000

  private static func side(_ key: String, _ offsetKey: String, _ spans: [Span], _ buckets: [Double]) -> [String] {
    var runs: [(start: Int64, buckets: [Double])] = []
    var index: Int64 = 0
    var rest = buckets[...]
    for span in spans {
      index += Int64(span.offset)
      for value in rest.prefix(Int(span.length)) {
        if value != 0 {
          if let last = runs.indices.last, index - runs[last].start - Int64(runs[last].buckets.count) <= widestGap {
            let gap = Int(index - runs[last].start) - runs[last].buckets.count
            runs[last].buckets += [Double](repeating: 0, count: gap) + [value]
          } else {
            runs.append((index, [value]))
          }
        }
        index += 1
      }
      rest = rest.dropFirst(Int(span.length))
    }
    return runs.flatMap { run in
      (run.start == 0 ? [] : ["\(offsetKey):\(run.start)"]) + ["\(key):\(list(run.buckets))"]
    }
  }
}

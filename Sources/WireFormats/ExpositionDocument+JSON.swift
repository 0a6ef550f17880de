import FleetModel

extension ExpositionDocument.Entry: Encodable {
  private enum Key: String, CodingKey {
    case kind, metric, text, labels, value, exemplars, histogram
    case timestamp = "timestamp_ms"
  }

  /// The fields of an entry in the exposition corpus: `kind`, then `metric` and `text`, or `labels`, `value` (as text),
  /// `timestamp_ms`, `exemplars` and, of a native histogram, `histogram` as Prometheus' query API writes it.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    switch self {
    case .help(let metric, let text): try Self.encode("help", metric, text, to: &fields)
    case .type(let metric, let type): try Self.encode("type", metric, type.rawValue, to: &fields)
    case .unit(let metric, let text): try Self.encode("unit", metric, text, to: &fields)
    case .comment(let text):
      try fields.encode("comment", forKey: .kind)
      try fields.encode(text, forKey: .text)
    case .series(let series):
      try fields.encode("series", forKey: .kind)
      try fields.encode(series.labels.byName, forKey: .labels)
      try fields.encode(series.valueText, forKey: .value)
      try fields.encodeIfPresent(series.timestamp?.milliseconds, forKey: .timestamp)
      try fields.encodeIfPresent(series.histogram.map(PrintedHistogram.init), forKey: .histogram)
      if !series.exemplars.isEmpty { try fields.encode(series.exemplars, forKey: .exemplars) }
    }
  }

  private static func encode(
    _ kind: String, _ metric: String, _ text: String, to fields: inout KeyedEncodingContainer<Key>
  ) throws {
    try fields.encode(kind, forKey: .kind)
    try fields.encode(metric, forKey: .metric)
    if !text.isEmpty { try fields.encode(text, forKey: .text) }
  }
}

extension ExpositionDocument.Exemplar: Encodable {
  private enum Key: String, CodingKey {
    case labels, value
    case timestamp = "timestamp_ms"
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(labels.byName, forKey: .labels)
    try fields.encode(FloatText.format(value), forKey: .value)
    try fields.encodeIfPresent(timestamp?.milliseconds, forKey: .timestamp)
  }
}

/// `count`, `sum` and, where there are any, `buckets`: which ends of a bucket belong to it, its bounds, its count.
private struct PrintedHistogram: Encodable {
  private enum Key: String, CodingKey {
    case count, sum, buckets
  }

  let histogram: NativeHistogram

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(FloatText.format(histogram.count), forKey: .count)
    try fields.encode(FloatText.format(histogram.sum), forKey: .sum)
    let buckets = histogram.apiBuckets()
    if buckets.isEmpty { return }
    var list = fields.nestedUnkeyedContainer(forKey: .buckets)
    for bucket in buckets {
      var parts = list.nestedUnkeyedContainer()
      try parts.encode(bucket.boundaries)
      for number in [bucket.lower, bucket.upper, bucket.count] { try parts.encode(FloatText.format(number)) }
    }
  }
}

extension [Label] {
  fileprivate var byName: [String: String] {
    Dictionary(map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }
}

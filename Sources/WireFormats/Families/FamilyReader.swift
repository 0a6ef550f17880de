import FleetModel

/// Is told what a body of metric families says, in the order of the body.
protocol FamilyVisitor {
  /// What the visitor stopped the reading for, where that is no fault of the wire format.
  var fault: ExpositionFault? { get }

  mutating func begin(_ family: FamilyHeader) throws(WireFault)
  mutating func begin(_ metric: MetricMessage) throws(WireFault)
  /// A number of the metric that was begun last.
  ///
  /// - Parameter bound: the bucket's upper bound or the quantile; 0 for the other series.
  /// - Parameter exemplar: the content of the message, if there is one.
  mutating func take(_ part: MetricPart, _ bound: Double, value: Double, exemplar: Range<Int>?) throws(WireFault)
  /// A native histogram.
  ///
  /// - Parameter exemplars: the contents of the messages; those without a time do not count.
  mutating func take(_ histogram: NativeHistogram, exemplars: [Range<Int>]) throws(WireFault)
}

/// Which of the series that a metric stands for.
enum MetricPart: UInt64 {
  case whole, count, sum, bucket, quantile

  /// What its name has behind the family's.
  var suffix: StaticString {
    switch self {
    case .whole, .quantile: ""
    case .count: "_count"
    case .sum: "_sum"
    case .bucket: "_bucket"
    }
  }

  /// The label that holds the bound.
  var label: String? {
    switch self {
    case .whole, .count, .sum: nil
    case .bucket: "le"
    case .quantile: "quantile"
    }
  }
}

/// Reads a body of messages `io.prometheus.client.MetricFamily`, each behind its length (prometheus/client_model
/// `io/prometheus/client/metrics.proto`), and takes them apart as Prometheus does (prometheus/prometheus
/// `model/textparse/protobufparse.go`): a summary and a classic histogram are one series for each of their numbers, a histogram
/// that has native buckets is one sample and its classic buckets are left out.
struct FamilyReader {
  private let body: UnsafeRawBufferPointer
  private var histogram = HistogramFields()

  init(_ body: UnsafeRawBufferPointer) { self.body = body }

  mutating func run(_ visitor: inout some FamilyVisitor) throws(ExpositionFault) {
    do throws(WireFault) {
      var cursor = WireCursor(body, 0..<body.count)
      while !cursor.isAtEnd { try readFamily(try cursor.content(), &visitor) }
    } catch {
      throw visitor.fault ?? ExpositionFault(offset: error.offset, message: "the body \(error.problem)")
    }
  }

  private mutating func readFamily(_ range: Range<Int>, _ visitor: inout some FamilyVisitor) throws(WireFault) {
    let family = try FamilyHeader(body, range)
    // Prometheus takes no notice of a family without metrics either.
    guard family.hasMetrics else { return }
    try visitor.begin(family)
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      guard tag == FamilyHeader.metricTag else {
        try cursor.skip(tag)
        continue
      }
      let metric = try MetricMessage(body, try cursor.content(), of: family.type)
      try visitor.begin(metric)
      switch family.type {
      case .summary: try readSummary(metric.value, &visitor)
      case .histogram, .gaugehistogram:
        try readHistogram(metric.value, isGauge: family.type == .gaugehistogram, &visitor)
      default: try readNumber(metric.value, isCounter: family.type == .counter, &visitor)
      }
    }
  }

  private func readNumber(
    _ range: Range<Int>, isCounter: Bool, _ visitor: inout some FamilyVisitor
  ) throws(WireFault) {
    var value = 0.0
    var exemplar: Range<Int>?
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x09: value = Double(bitPattern: try cursor.fixed64())
      case 0x12 where isCounter: exemplar = try cursor.content()
      default: try cursor.skip(tag)
      }
    }
    try visitor.take(.whole, 0, value: value, exemplar: exemplar)
  }

  private func readSummary(_ range: Range<Int>, _ visitor: inout some FamilyVisitor) throws(WireFault) {
    var count: UInt64 = 0
    var sum = 0.0
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x08: count = try cursor.varint()
      case 0x11: sum = Double(bitPattern: try cursor.fixed64())
      default: try cursor.skip(tag)
      }
    }
    try visitor.take(.count, 0, value: Double(count), exemplar: nil)
    try visitor.take(.sum, 0, value: sum, exemplar: nil)
    cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      if tag == 0x1a {
        let (quantile, value) = try readQuantile(try cursor.content())
        try visitor.take(.quantile, quantile, value: value, exemplar: nil)
      } else {
        try cursor.skip(tag)
      }
    }
  }

  private func readQuantile(_ range: Range<Int>) throws(WireFault) -> (quantile: Double, value: Double) {
    var result = (quantile: 0.0, value: 0.0)
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x09: result.quantile = Double(bitPattern: try cursor.fixed64())
      case 0x11: result.value = Double(bitPattern: try cursor.fixed64())
      default: try cursor.skip(tag)
      }
    }
    return result
  }

  private mutating func readHistogram(
    _ range: Range<Int>, isGauge: Bool, _ visitor: inout some FamilyVisitor
  ) throws(WireFault) {
    try histogram.read(body, range)
    if histogram.isNative {
      var exemplars = histogram.exemplars
      if exemplars.isEmpty {
        for bucket in histogram.buckets {
          if let exemplar = try ClassicBucket(body, bucket).exemplar { exemplars.append(exemplar) }
        }
      }
      return try visitor.take(try histogram.value(isGauge: isGauge, at: range.lowerBound), exemplars: exemplars)
    }
    try visitor.take(.count, 0, value: histogram.observations, exemplar: nil)
    try visitor.take(.sum, 0, value: histogram.sum, exemplar: nil)
    for bucket in histogram.buckets {
      let bucket = try ClassicBucket(body, bucket)
      try visitor.take(.bucket, bucket.upperBound, value: bucket.count, exemplar: bucket.exemplar)
      if bucket.upperBound == .infinity { return }
    }
    // The last bucket may be left out.
    try visitor.take(.bucket, .infinity, value: histogram.observations, exemplar: nil)
  }
}

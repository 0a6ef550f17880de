import FleetModel

/// The fields of a `Metric` but its points, and what Prometheus calls it.
struct MetricFields {
  /// Which of the kinds of data it has, by the number of the field.
  enum Data: UInt64 {
    case gauge = 5
    case sum = 7
    case histogram = 9
    case exponentialHistogram = 10
    case summary = 11
  }

  private(set) var name: Range<Int>
  private(set) var description: Range<Int>
  private(set) var unit: Range<Int>
  private(set) var data: Data?
  private(set) var content: Range<Int>
  /// `AggregationTemporality`: 1 delta, 2 cumulative.
  private(set) var temporality: UInt64 = 0
  private(set) var isMonotonic = false
  private(set) var pointCount = 0

  init(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    let nothing = range.lowerBound..<range.lowerBound
    (name, description, unit, content) = (nothing, nothing, nothing, nothing)
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: name = try cursor.content()
      case 0x12: description = try cursor.content()
      case 0x1a: unit = try cursor.content()
      case 0x2a, 0x3a, 0x4a, 0x52, 0x5a:
        data = Data(rawValue: tag >> 3)
        content = try cursor.content()
      default: try cursor.skip(tag)
      }
    }
    var fields = WireCursor(message, content)
    while !fields.isAtEnd {
      let tag = try fields.varint()
      switch tag {
      case 0x0a:
        _ = try fields.content()
        pointCount += 1
      case 0x10: temporality = try fields.varint()
      case 0x18: isMonotonic = try fields.varint() != 0
      default: try fields.skip(tag)
      }
    }
  }

  /// Whether its points add up from a start: gauges and summaries have no temporality.
  private var hasTemporality: Bool { data == .sum || data == .histogram || data == .exponentialHistogram }

  /// Why none of its points can be taken.
  var problem: String? {
    guard hasTemporality else { return nil }
    switch temporality {
    case 2: return nil
    case 1:
      return "it has delta temporality; export cumulative values "
        + "(OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative)"
    default: return "its aggregation temporality \(temporality) is none; export cumulative values"
    }
  }

  var kind: PrometheusNaming.Kind {
    switch data {
    case .gauge: .gauge
    case .sum where isMonotonic: .counter
    default: .other
    }
  }

  var type: MetricType {
    switch data {
    case .gauge: .gauge
    case .sum: isMonotonic ? .counter : .gauge
    case .histogram, .exponentialHistogram: .histogram
    case .summary: .summary
    case nil: .unknown
    }
  }
}

extension MetricsMessage {
  mutating func readMetric(_ range: Range<Int>) throws(WireFault) {
    let metric = try MetricFields(message, range)
    try records.note(1 + metric.pointCount, at: range.lowerBound)
    guard let data = metric.data, metric.pointCount > 0 else { return }
    for text in [metric.name, metric.unit, metric.description] {
      if let problem = WireText.problem(of: bytes(text), limits) { return reject(metric.pointCount, metric, problem) }
    }
    if let problem = flaw ?? metric.problem { return reject(metric.pointCount, metric, problem) }
    let unit = String(decoding: bytes(metric.unit), as: UTF8.self)
    let family = PrometheusNaming.metric(String(decoding: bytes(metric.name), as: UTF8.self), unit: unit, metric.kind)
    if family.isEmpty { return reject(metric.pointCount, metric, "its name has no letter or digit") }
    let name = Array(family.utf8)
    let before = points
    let start = output.count
    writeFamily(
      name: name, type: metric.type, help: Array(message[metric.description])[...],
      unit: Array(PrometheusNaming.unit(unit).utf8))
    var cursor = WireCursor(message, metric.content)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      guard tag == 0x0a else {
        try cursor.skip(tag)
        continue
      }
      let point = try cursor.content()
      attributes.removeAll(keepingCapacity: true)
      exemplars.removeAll(keepingCapacity: true)
      let problem: String? =
        switch data {
        case .gauge, .sum: try readNumber(point, metric, name)
        case .histogram: try readHistogram(point, name)
        case .exponentialHistogram: try readExponential(point, name)
        case .summary: try readSummary(point, name)
        }
      if let problem { reject(1, metric, problem) }
    }
    // Metadata of a metric that no point was taken of is not told.
    if points == before { output.truncate(to: start) }
  }
}

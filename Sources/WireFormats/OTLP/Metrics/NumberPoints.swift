import FleetModel

/// Points of gauges, sums and summaries.
extension MetricsMessage {
  /// The bit of a point's `flags` that says that the series has ended.
  static let noRecordedValue: UInt64 = 1

  /// A `NumberDataPoint`.
  ///
  /// - Returns: why it was not taken.
  mutating func readNumber(
    _ range: Range<Int>, _ metric: MetricFields, _ name: [UInt8]
  ) throws(WireFault) -> String? {
    var time: UInt64 = 0
    var value: Double?
    var flags: UInt64 = 0
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x19: time = try cursor.fixed64()
      case 0x21: value = Double(bitPattern: try cursor.fixed64())
      case 0x31: value = Double(Int64(bitPattern: try cursor.fixed64()))
      case 0x2a:
        let content = try cursor.content()
        // A gauge's are not kept, as by Prometheus.
        if metric.data == .sum { try addExemplar(content) }
      case 0x3a: attributes.append(try cursor.content())
      case 0x40: flags = try cursor.varint()
      default: try cursor.skip(tag)
      }
    }
    if flags & Self.noRecordedValue != 0 { value = StaleMarker.value }
    guard let value else { return "a point has no value" }
    if let problem = try prepare(time, bound: nil, series: 1, name) { return problem }
    let (exemplars, message, at) = (exemplars, message, Self.milliseconds(time))
    writeSeries(name: name) {
      $0.sample(at, value)
      for exemplar in exemplars { exemplar.write(message, to: &$0) }
    }
    took(at: at)
    return nil
  }

  /// A `SummaryDataPoint`.
  mutating func readSummary(_ range: Range<Int>, _ name: [UInt8]) throws(WireFault) -> String? {
    var time: UInt64 = 0
    var count: UInt64 = 0
    var sum = 0.0
    var flags: UInt64 = 0
    var quantiles: [(quantile: Double, value: Double)] = []
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x19: time = try cursor.fixed64()
      case 0x21: count = try cursor.fixed64()
      case 0x29: sum = Double(bitPattern: try cursor.fixed64())
      case 0x32:
        let content = try cursor.content()
        // One more than the limit is enough to see that there are too many.
        if quantiles.count <= limits.buckets { quantiles.append(try quantile(content)) }
      case 0x3a: attributes.append(try cursor.content())
      case 0x40: flags = try cursor.varint()
      default: try cursor.skip(tag)
      }
    }
    if quantiles.count > limits.buckets { return "a point has more than \(limits.buckets) quantiles; record fewer" }
    if let problem = try prepare(time, bound: "quantile", series: quantiles.count + 2, name) { return problem }
    let at = Self.milliseconds(time)
    let isStale = flags & Self.noRecordedValue != 0
    writeSeries(name: name + "_sum".utf8) { $0.sample(at, isStale ? StaleMarker.value : sum) }
    writeSeries(name: name + "_count".utf8) { $0.sample(at, isStale ? StaleMarker.value : Double(count)) }
    for (quantile, value) in quantiles {
      writeSeries(name: name, bound: Array(FloatText.formatPlain(quantile).utf8)) {
        $0.sample(at, isStale ? StaleMarker.value : value)
      }
    }
    took(at: at)
    return nil
  }

  private func quantile(_ range: Range<Int>) throws(WireFault) -> (quantile: Double, value: Double) {
    var result = (quantile: 0.0, value: 0.0)
    var cursor = WireCursor(message, range)
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

  mutating func addExemplar(_ range: Range<Int>) throws(WireFault) {
    let exemplar = try PointExemplar(message, range)
    if exemplars.count < limits.buckets { exemplars.append(exemplar) }
  }

  /// Makes the labels of a point whose fields were read.
  ///
  /// - Parameter series: how many it makes.
  /// - Returns: why it cannot be taken.
  mutating func prepare(
    _ time: UInt64, bound: StaticString?, series: Int, _ name: [UInt8]
  ) throws(WireFault) -> String? {
    if time == 0 { return "a point has no time" }
    if let problem = try makeLabels(bound: bound) { return problem }
    return hasRoom(forSeries: series, name)
      ? nil : "the series of one request may take \(limits.writtenBytes) bytes; send fewer points at once"
  }

  /// Of nanoseconds, both since 1970.
  static func milliseconds(_ nanoseconds: UInt64) -> Int64 { Int64(truncatingIfNeeded: nanoseconds / 1_000_000) }
}

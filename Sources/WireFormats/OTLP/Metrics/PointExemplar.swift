import FleetModel

/// An `Exemplar` of a data point.
struct PointExemplar {
  /// Milliseconds since 1970.
  private(set) var time: Int64 = 0
  private(set) var value: Double = 0
  private var traceID: Range<Int>
  private var spanID: Range<Int>
  private var attributes: [Range<Int>] = []

  /// OpenMetrics' bound on the characters of an exemplar's labels
  /// (<https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md#exemplars>).
  private static let maximumCharacters = 128

  init(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    traceID = range.lowerBound..<range.lowerBound
    spanID = traceID
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x11: time = Int64(truncatingIfNeeded: try cursor.fixed64() / 1_000_000)
      case 0x19: value = Double(bitPattern: try cursor.fixed64())
      case 0x31: value = Double(Int64(bitPattern: try cursor.fixed64()))
      case 0x22: spanID = try cursor.content()
      case 0x2a: traceID = try cursor.content()
      case 0x3a: attributes.append(try cursor.content())
      default: try cursor.skip(tag)
      }
    }
  }

  /// Writes it as field 3 of a `prometheus.TimeSeries`: `trace_id` and `span_id`, and the attributes where all of them fit
  /// beside these, as Prometheus keeps them.
  func write(_ message: UnsafeRawBufferPointer, to output: inout WireBytes) {
    var labels: [(name: [UInt8], value: [UInt8])] = []
    if traceID.count == 16 { labels.append((Array("trace_id".utf8), Self.hex(message[traceID]))) }
    if spanID.count == 8 { labels.append((Array("span_id".utf8), Self.hex(message[spanID]))) }
    let filtered = filteredLabels(message)
    let characters = (labels + filtered).reduce(0) { $0 + Self.characters($1.name) + Self.characters($1.value) }
    if characters <= Self.maximumCharacters {
      labels += filtered.filter { one in !labels.contains { $0.name == one.name } }
    }
    output.message(0x1a) {
      for label in labels { $0.label(label.name, label.value) }
      $0.fixed64(0x11, value.bitPattern)
      $0.number(0x18, time)
    }
  }

  /// Those that are good labels, each name once.
  private func filteredLabels(_ message: UnsafeRawBufferPointer) -> [(name: [UInt8], value: [UInt8])] {
    let limits = OTLPLimits(textBytes: Self.maximumCharacters * 4, depth: 4)
    var labels: [(name: [UInt8], value: [UInt8])] = []
    // Each takes a character or more.
    for content in attributes.prefix(Self.maximumCharacters) {
      guard let attribute = try? KeyedValue(message, content), !attribute.key.isEmpty else { continue }
      var name: [UInt8] = []
      PrometheusNaming.label(UnsafeRawBufferPointer(rebasing: message[attribute.key]), into: &name)
      var value: [UInt8] = []
      guard (try? LabelText.append(attribute.value, of: message, limits, to: &value)) != nil,
        String(validating: value, as: UTF8.self) != nil, !labels.contains(where: { $0.name == name })
      else { continue }
      labels.append((name, value))
    }
    return labels
  }

  private static func characters(_ text: [UInt8]) -> Int { text.count { $0 & 0xc0 != 0x80 } }

  private static func hex(_ bytes: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
    bytes.flatMap { [JSONText.hexDigits[Int($0 >> 4)], JSONText.hexDigits[Int($0 & 15)]] }
  }
}

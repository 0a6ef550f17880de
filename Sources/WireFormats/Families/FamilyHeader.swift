import FleetModel

/// What a message `MetricFamily` says beside its metrics.
struct FamilyHeader {
  static let metricTag: UInt64 = 0x22

  /// Where the message begins.
  private(set) var start: Int
  private(set) var name = 0..<0
  private(set) var help = 0..<0
  private(set) var unit = 0..<0
  private(set) var type = MetricType.counter
  private(set) var hasMetrics = false

  init(_ body: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    start = range.lowerBound
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let place = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: name = try cursor.content()
      case 0x12: help = try cursor.content()
      case 0x18: type = try Self.type(try cursor.varint(), at: place)
      case 0x2a: unit = try cursor.content()
      case Self.metricTag:
        hasMetrics = true
        _ = try cursor.content()
      default: try cursor.skip(tag)
      }
    }
  }

  private static func type(_ number: UInt64, at place: Int) throws(WireFault) -> MetricType {
    switch number {
    case 0: .counter
    case 1: .gauge
    case 2: .summary
    case 3: .unknown
    case 4: .histogram
    case 5: .gaugehistogram
    default: throw WireFault(offset: place, problem: "holds a family of the type \(number), which is none; use 0 to 5")
    }
  }

  private var typeNumber: UInt64 {
    switch type {
    case .counter: 0
    case .gauge: 1
    case .summary: 2
    case .histogram: 4
    case .gaugehistogram: 5
    case .unknown, .info, .stateset: 3
    }
  }

  /// Checks what any exposition format asks of names and texts.
  func check(in body: UnsafeRawBufferPointer) throws(WireFault) {
    let bytes = body.bindMemory(to: UInt8.self)
    func text(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[range]) }
    if name.isEmpty { throw WireFault(offset: start, problem: "holds a family without a name") }
    for (range, what) in [(name, "name"), (help, "help"), (unit, "unit")] where !isValidUTF8(text(range)) {
      throw WireFault(offset: range.lowerBound, problem: "holds a family whose \(what) is not valid UTF-8")
    }
    if unit.isEmpty { return }
    var metric = text(name)
    if type == .counter, metric.count > 6, metric.suffix(6).elementsEqual("_total".utf8) {
      metric = UnsafeBufferPointer(rebasing: metric.dropLast(6))
    }
    let start = metric.count - unit.count
    guard start > 0, metric[start - 1] == UInt8(ascii: "_"), metric[start...].elementsEqual(text(unit)) else {
      throw WireFault(
        offset: unit.lowerBound,
        problem: "holds the unit \(quoted(text(unit))), which is not the end of the metric's name \(quoted(text(name)))"
      )
    }
  }

  /// The header as a message of its own: first what the series depend on, then the texts for people.
  ///
  /// - Returns: how many bytes the first part has.
  func write(from body: UnsafeRawBufferPointer, to bytes: inout WireBytes) -> Int {
    bytes.removeAll()
    bytes.field(0x0a, body[name])
    bytes.byte(0x18)
    bytes.varint(typeNumber)
    let count = bytes.count
    if !help.isEmpty { bytes.field(0x12, body[help]) }
    if !unit.isEmpty { bytes.field(0x2a, body[unit]) }
    return count
  }

  func text(_ range: Range<Int>, in body: UnsafeRawBufferPointer) -> String {
    String(decoding: body[range], as: UTF8.self)
  }
}

/// A message `Metric`: its labels, and the content of the one field that its family's type asks for.
struct MetricMessage {
  static let labelTag: UInt64 = 0x0a

  let range: Range<Int>
  /// From the first label to the last.
  private(set) var labels: Range<Int>
  /// Whether nothing else stands between the labels, as encoders that go by the number of fields write them.
  private(set) var labelsAreTogether = true
  private(set) var value: Range<Int>
  /// Milliseconds since 1970, or ``ParsedSample/noTimestamp``.
  private(set) var time = ParsedSample.noTimestamp

  init(_ body: UnsafeRawBufferPointer, _ range: Range<Int>, of type: MetricType) throws(WireFault) {
    self.range = range
    labels = range.lowerBound..<range.lowerBound
    value = labels
    let (valueTag, field) = Self.valueField(of: type)
    var isComplete = false
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let place = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case Self.labelTag:
        _ = try cursor.content()
        if labels.isEmpty {
          labels = place..<cursor.position
        } else {
          if place != labels.upperBound { labelsAreTogether = false }
          labels = labels.lowerBound..<cursor.position
        }
      case valueTag:
        value = try cursor.content()
        isComplete = true
      case 0x30:
        // As in Prometheus, the time 0 is none. The marker for "none" is no time either.
        let number = Int64(bitPattern: try cursor.varint())
        time = number == 0 ? ParsedSample.noTimestamp : max(number, ParsedSample.noTimestamp + 1)
      default: try cursor.skip(tag)
      }
    }
    guard isComplete else {
      throw WireFault(
        offset: range.lowerBound, problem: "holds a metric without the field \(field) of its family's type")
    }
  }

  private static func valueField(of type: MetricType) -> (tag: UInt64, name: StaticString) {
    switch type {
    case .gauge: (0x12, "gauge")
    case .counter: (0x1a, "counter")
    case .summary: (0x22, "summary")
    case .histogram, .gaugehistogram: (0x3a, "histogram")
    case .unknown, .info, .stateset: (0x2a, "untyped")
    }
  }
}

extension MetricMessage {
  /// Reads the labels in order.
  ///
  /// - Throws: ``WireFault`` for one that no series can have, and what `take` throws.
  func forEachLabel(in body: UnsafeRawBufferPointer, _ take: (LabelPair) throws(WireFault) -> Void) throws(WireFault) {
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      guard tag == Self.labelTag else {
        try cursor.skip(tag)
        continue
      }
      let label = try LabelPair(body, try cursor.content())
      if body[label.name].elementsEqual(LabelCanonicalizer.metricName) {
        throw WireFault(offset: start, problem: "holds a label __name__ beside the name of its family")
      }
      try take(label)
    }
  }
}

/// A message `LabelPair`.
struct LabelPair {
  private(set) var name = 0..<0
  private(set) var value = 0..<0

  init(_ body: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: name = try cursor.content()
      case 0x12: value = try cursor.content()
      default: try cursor.skip(tag)
      }
    }
    let bytes = body.bindMemory(to: UInt8.self)
    if name.isEmpty { throw WireFault(offset: range.lowerBound, problem: "holds a label without a name") }
    for part in [name, value] where !isValidUTF8(UnsafeBufferPointer(rebasing: bytes[part])) {
      throw WireFault(offset: part.lowerBound, problem: "holds a label that is not valid UTF-8")
    }
  }
}

public import FleetModel

/// Writes bodies of delimited `io.prometheus.client.MetricFamily` messages, as exporters do.
public struct MetricFamilyBytes: Sendable {
  public struct Exemplar: Sendable {
    public var labels: [(String, String)]
    public var value: Double
    public var milliseconds: Int64?

    public init(_ labels: [(String, String)], _ value: Double, at milliseconds: Int64? = nil) {
      self.labels = labels
      self.value = value
      self.milliseconds = milliseconds
    }
  }

  public enum Value: Sendable {
    case counter(Double, Exemplar? = nil)
    case gauge(Double)
    case untyped(Double)
    case summary(count: UInt64, sum: Double, quantiles: [(Double, Double)])
    case classic(count: UInt64, sum: Double, buckets: [(bound: Double, count: UInt64, exemplar: Exemplar?)])
    /// With classic buckets beside it, where there are any.
    case native(
      NativeHistogram, isFloat: Bool = false, exemplars: [Exemplar] = [],
      buckets: [(bound: Double, count: UInt64, exemplar: Exemplar?)] = [])
  }

  public struct Metric: Sendable {
    public var labels: [(String, String)]
    public var value: Value
    public var milliseconds: Int64?
    /// Whether the labels come behind the value, which is allowed but usual nowhere, and not all together.
    public var isScattered: Bool

    public init(_ labels: [(String, String)], _ value: Value, at milliseconds: Int64? = nil, isScattered: Bool = false)
    {
      self.labels = labels
      self.value = value
      self.milliseconds = milliseconds
      self.isScattered = isScattered
    }
  }

  public var name: String
  public var help = ""
  public var unit = ""
  /// 0 counter, 1 gauge, 2 summary, 3 untyped, 4 histogram, 5 gauge histogram.
  public var type: UInt64
  public var metrics: [Metric]

  public init(_ name: String, type: UInt64, help: String = "", unit: String = "", _ metrics: [Metric]) {
    self.name = name
    self.help = help
    self.unit = unit
    self.type = type
    self.metrics = metrics
  }

  public static func body(_ families: [MetricFamilyBytes]) -> [UInt8] {
    var bytes: [UInt8] = []
    for family in families {
      let content = family.content
      WriteRequestBytes.varint(UInt64(content.count), to: &bytes)
      bytes += content
    }
    return bytes
  }

  private var content: [UInt8] {
    var bytes: [UInt8] = []
    text(0x0a, name, to: &bytes)
    if !help.isEmpty { text(0x12, help, to: &bytes) }
    number(0x18, type, to: &bytes)
    for metric in metrics { WriteRequestBytes.field(0x22, content(of: metric), to: &bytes) }
    if !unit.isEmpty { text(0x2a, unit, to: &bytes) }
    return bytes
  }

  private func content(of metric: Metric) -> [UInt8] {
    var bytes: [UInt8] = []
    let early = metric.isScattered ? metric.labels.prefix(1) : metric.labels[...]
    for (name, value) in early { WriteRequestBytes.field(0x0a, pair(name, value), to: &bytes) }
    switch metric.value {
    case .gauge(let value): WriteRequestBytes.field(0x12, double(0x09, value), to: &bytes)
    case .counter(let value, let exemplar):
      var content = double(0x09, value)
      if let exemplar { WriteRequestBytes.field(0x12, self.content(of: exemplar), to: &content) }
      WriteRequestBytes.field(0x1a, content, to: &bytes)
    case .untyped(let value): WriteRequestBytes.field(0x2a, double(0x09, value), to: &bytes)
    case .summary(let count, let sum, let quantiles):
      var content: [UInt8] = []
      number(0x08, count, to: &content)
      content += double(0x11, sum)
      for (quantile, value) in quantiles {
        WriteRequestBytes.field(0x1a, double(0x09, quantile) + double(0x11, value), to: &content)
      }
      WriteRequestBytes.field(0x22, content, to: &bytes)
    case .classic(let count, let sum, let buckets):
      var content: [UInt8] = []
      number(0x08, count, to: &content)
      content += double(0x11, sum)
      content += classic(buckets)
      WriteRequestBytes.field(0x3a, content, to: &bytes)
    case .native(let histogram, let isFloat, let exemplars, let buckets):
      let content = isFloat ? floats(histogram) : integers(histogram)
      var rest = classic(buckets)
      for exemplar in exemplars {
        rest.append(0x82)
        WriteRequestBytes.field(0x01, self.content(of: exemplar), to: &rest)
      }
      WriteRequestBytes.field(0x3a, content + rest, to: &bytes)
    }
    for (name, value) in metric.labels[early.endIndex...] {
      WriteRequestBytes.field(0x0a, pair(name, value), to: &bytes)
    }
    if let milliseconds = metric.milliseconds { number(0x30, UInt64(bitPattern: milliseconds), to: &bytes) }
    return bytes
  }

  private func classic(_ buckets: [(bound: Double, count: UInt64, exemplar: Exemplar?)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for bucket in buckets {
      var content: [UInt8] = []
      number(0x08, bucket.count, to: &content)
      content += double(0x11, bucket.bound)
      if let exemplar = bucket.exemplar { WriteRequestBytes.field(0x1a, self.content(of: exemplar), to: &content) }
      WriteRequestBytes.field(0x1a, content, to: &bytes)
    }
    return bytes
  }

  private func integers(_ histogram: NativeHistogram) -> [UInt8] {
    var bytes: [UInt8] = []
    number(0x08, UInt64(histogram.count), to: &bytes)
    common(histogram, to: &bytes)
    number(0x38, UInt64(histogram.zeroCount), to: &bytes)
    spans(0x4a, histogram.negativeSpans, to: &bytes)
    deltas(0x52, histogram.negativeBuckets, to: &bytes)
    spans(0x62, histogram.positiveSpans, to: &bytes)
    deltas(0x6a, histogram.positiveBuckets, to: &bytes)
    return bytes
  }

  private func floats(_ histogram: NativeHistogram) -> [UInt8] {
    var bytes = double(0x21, histogram.count)
    common(histogram, to: &bytes)
    bytes += double(0x41, histogram.zeroCount)
    spans(0x4a, histogram.negativeSpans, to: &bytes)
    WriteRequestBytes.field(0x5a, histogram.negativeBuckets.flatMap(Self.bytes), to: &bytes)
    spans(0x62, histogram.positiveSpans, to: &bytes)
    for count in histogram.positiveBuckets { bytes += double(0x71, count) }
    return bytes
  }

  private func common(_ histogram: NativeHistogram, to bytes: inout [UInt8]) {
    bytes += double(0x11, histogram.sum)
    number(0x28, zigzag(Int64(histogram.schema)), to: &bytes)
    bytes += double(0x31, histogram.zeroThreshold)
  }

  private func spans(_ tag: UInt8, _ spans: [NativeHistogram.Span], to bytes: inout [UInt8]) {
    for span in spans {
      var content: [UInt8] = []
      number(0x08, zigzag(Int64(span.offset)), to: &content)
      number(0x10, UInt64(span.length), to: &content)
      WriteRequestBytes.field(tag, content, to: &bytes)
    }
  }

  private func deltas(_ tag: UInt8, _ counts: [Double], to bytes: inout [UInt8]) {
    var content: [UInt8] = []
    var last: Int64 = 0
    for count in counts {
      WriteRequestBytes.varint(zigzag(Int64(count) - last), to: &content)
      last = Int64(count)
    }
    if !content.isEmpty { WriteRequestBytes.field(tag, content, to: &bytes) }
  }

  private func content(of exemplar: Exemplar) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in exemplar.labels { WriteRequestBytes.field(0x0a, pair(name, value), to: &bytes) }
    bytes += double(0x11, exemplar.value)
    if let time = exemplar.milliseconds {
      var stamp: [UInt8] = []
      number(0x08, UInt64(time / 1000), to: &stamp)
      number(0x10, UInt64(time % 1000 * 1_000_000), to: &stamp)
      WriteRequestBytes.field(0x1a, stamp, to: &bytes)
    }
    return bytes
  }

  private func pair(_ name: String, _ value: String) -> [UInt8] {
    var bytes: [UInt8] = []
    text(0x0a, name, to: &bytes)
    text(0x12, value, to: &bytes)
    return bytes
  }

  private func text(_ tag: UInt8, _ text: String, to bytes: inout [UInt8]) {
    WriteRequestBytes.field(tag, Array(text.utf8), to: &bytes)
  }

  private func number(_ tag: UInt8, _ value: UInt64, to bytes: inout [UInt8]) {
    bytes.append(tag)
    WriteRequestBytes.varint(value, to: &bytes)
  }

  private func double(_ tag: UInt8, _ value: Double) -> [UInt8] { [tag] + Self.bytes(value) }

  private static func bytes(_ value: Double) -> [UInt8] {
    withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
  }

  private func zigzag(_ number: Int64) -> UInt64 { UInt64(bitPattern: number << 1 ^ number >> 63) }
}

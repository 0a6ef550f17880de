/// A series by number, as the store that gave it knows it. Valid as long as that store is open.
public struct SeriesRef: Hashable, Sendable {
  public let rawValue: UInt32

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// The value of one series at some time.
public struct Sample: Sendable, Hashable {
  public var series: SeriesRef
  public var value: Double

  @inlinable public init(series: SeriesRef, value: Double) {
    self.series = series
    self.value = value
  }
}

/// A native histogram of one series at some time.
public struct HistogramSample: Sendable, Hashable {
  public var series: SeriesRef
  public var value: NativeHistogram

  public init(series: SeriesRef, value: NativeHistogram) {
    self.series = series
    self.value = value
  }
}

/// Prometheus' staleness marker: a NaN with one particular bit pattern says that a series has ended
/// (prometheus/prometheus `model/value/value.go`, `StaleNaN`).
public enum StaleMarker {
  public static let bitPattern: UInt64 = 0x7ff0_0000_0000_0002
  public static let value = Double(bitPattern: bitPattern)

  @inlinable public static func isStale(_ value: Double) -> Bool { value.bitPattern == bitPattern }
}

/// What kind of metric a family of series is (OpenMetrics 1.0, section 5.1).
public enum MetricType: String, Sendable, Hashable, CaseIterable {
  case counter, gauge, histogram, summary, unknown, info, stateset, gaugehistogram
}

/// What an agent says of a metric family beside its values.
public struct MetricMetadata: Sendable, Hashable {
  public var type: MetricType
  public var help: String
  public var unit: String

  public init(type: MetricType = .unknown, help: String = "", unit: String = "") {
    self.type = type
    self.help = help
    self.unit = unit
  }
}

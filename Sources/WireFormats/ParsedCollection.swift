public import FleetModel

/// One sample of a collection; its series by slot.
public struct ParsedSample: Sendable, Hashable {
  /// Stands for "no timestamp of its own".
  public static let noTimestamp = Int64.min

  public var value: Double
  /// Milliseconds since 1970, or ``noTimestamp``.
  public var timestamp: Int64
  public var slot: Int32

  @inlinable public init(slot: Int32, value: Double, timestamp: Int64 = ParsedSample.noTimestamp) {
    self.slot = slot
    self.value = value
    self.timestamp = timestamp
  }
}

/// One native histogram of a collection; its series by slot.
public struct ParsedHistogram: Sendable, Hashable {
  public var slot: Int32
  /// Storable (``NativeHistogram/isStorable``), without empty buckets.
  public var value: NativeHistogram
  /// Milliseconds since 1970, or ``ParsedSample/noTimestamp``.
  public var timestamp: Int64

  public init(slot: Int32, value: NativeHistogram, timestamp: Int64 = ParsedSample.noTimestamp) {
    self.slot = slot
    self.value = value
    self.timestamp = timestamp
  }
}

/// The exemplar of one sample of a collection.
public struct ParsedExemplar: Sendable, Hashable {
  public var slot: Int32
  public var exemplar: Exemplar
  /// Of its sample; milliseconds since 1970, or ``ParsedSample/noTimestamp``.
  public var sampleTime: Int64

  public init(slot: Int32, exemplar: Exemplar, sampleTime: Int64 = ParsedSample.noTimestamp) {
    self.slot = slot
    self.exemplar = exemplar
    self.sampleTime = sampleTime
  }
}

/// A series that the previous body of the instance did not have.
public struct StartedSeries: Sendable, Hashable {
  public var slot: Int32
  /// As served, with `__name__`, without empty labels; `le` and `quantile` as Prometheus writes them.
  public var labels: LabelSet
  public var type: MetricType

  public init(slot: Int32, labels: LabelSet, type: MetricType) {
    self.slot = slot
    self.labels = labels
    self.type = type
  }
}

/// What one body said. Kept by the caller and filled anew for every body, so that its memory serves all instances in turn.
public struct ParsedCollection: Sendable {
  /// In order of the body; a series that stands there twice has two.
  public var samples: [ParsedSample] = []
  /// In order of the body; only metric families in protobuf have any.
  public var histograms: [ParsedHistogram] = []
  public var started: [StartedSeries] = []
  /// In order of the body; empty unless ``keepsExemplars``.
  public var exemplars: [ParsedExemplar] = []
  /// Whether the exemplars of the next body are wanted.
  public var keepsExemplars = true
  /// The slots of series that the previous body had and this one has not.
  public var ended: [Int32] = []
  /// Every slot is below this: arrays that the caller indexes by slot need so many places.
  public var slotCount = 0

  public init() {}

  mutating func removeAll() {
    samples.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: histograms.count <= 1024)
    started.removeAll(keepingCapacity: true)
    exemplars.removeAll(keepingCapacity: exemplars.count <= 1024)
    ended.removeAll(keepingCapacity: true)
    slotCount = 0
  }
}

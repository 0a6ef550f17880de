public import FleetModel

/// What ``DurableStore/check()`` found.
public struct StoreCheck: Sendable, Hashable {
  public struct File: Sendable, Hashable {
    /// Relative to the store's directory.
    public var name: String
    public var bytes: UInt64
    /// What is wrong, one line each; empty if nothing is.
    public var problems: [String]

    public init(name: String, bytes: UInt64, problems: [String]) {
      self.name = name
      self.bytes = bytes
      self.problems = problems
    }
  }

  public var files: [File] = []
  /// Worth knowing and no fault: a torn record at the end of the log, files that were set aside.
  public var notes: [String] = []
  public var series = 0
  public var samples: UInt64 = 0

  public init() {}

  public var isGood: Bool { files.allSatisfy(\.problems.isEmpty) }
}

public struct SnapshotSummary: Sendable, Hashable {
  public var directory: String
  public var blocks = 0
  public var series = 0
  public var samples: UInt64 = 0
  public var bytes: UInt64 = 0

  public init(directory: String) { self.directory = directory }
}

public struct DeletionSummary: Sendable, Hashable {
  public var series = 0
  public var samples: UInt64 = 0

  public init() {}
}

/// What a store holds, in memory and on disk.
public struct StoreStatistics: Sendable, Hashable {
  public struct Block: Sendable, Hashable {
    public var name: String
    public var minTime: Timestamp
    public var maxTime: Timestamp
    public var series: Int
    public var chunks: Int
    public var samples: UInt64
    public var bytes: UInt64

    public init(
      name: String, minTime: Timestamp, maxTime: Timestamp, series: Int, chunks: Int, samples: UInt64, bytes: UInt64
    ) {
      self.name = name
      self.minTime = minTime
      self.maxTime = maxTime
      self.series = series
      self.chunks = chunks
      self.samples = samples
      self.bytes = bytes
    }
  }

  public struct Cardinality: Sendable, Hashable {
    /// A label's name, or `name="value"` as a metric's.
    public var name: String
    /// Values of the label, or series of the metric.
    public var count: Int

    public init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }

  public var head = HeadStatistics()
  public var blocks: [Block] = []
  public var logBytes: UInt64 = 0
  public var checkpointBytes: UInt64 = 0
  /// Series in head and blocks, each counted once.
  public var series = 0
  public var samples: UInt64 = 0
  /// Label names by their number of values, most first.
  public var labels: [Cardinality] = []
  /// Values of all labels together.
  public var labelPairs = 0
  /// Label names by the bytes of their values over all series, each series counted, most first.
  public var labelBytes: [Cardinality] = []
  /// Metric names by their number of series, most first.
  public var metrics: [Cardinality] = []
  /// `name="value"` pairs by their number of series, most first.
  public var pairs: [Cardinality] = []
  public var oldest: Timestamp?
  public var newest: Timestamp?
  /// Files that were set aside.
  public var setAside: [String] = []
  public var failure: String?

  public init() {}

  public var blockBytes: UInt64 { blocks.reduce(0) { $0 + $1.bytes } }
  /// Of what lies in blocks; `nil` without any.
  public var bytesPerSample: Double? {
    let samples = blocks.reduce(0) { $0 + $1.samples }
    return samples == 0 ? nil : Double(blockBytes) / Double(samples)
  }
}

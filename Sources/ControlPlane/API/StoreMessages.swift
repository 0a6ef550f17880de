import FleetModel
import SampleStore

extension FleetAPI {
  /// `GET /fleet/v1/store`: what the sample store holds, in memory and on disk.
  public struct StoreStatistics: Codable, Sendable, Hashable {
    public struct Block: Codable, Sendable, Hashable {
      public var name: String
      public var minTime: Time
      public var maxTime: Time
      public var series: Int
      public var chunks: Int
      public var samples: UInt64
      public var bytes: UInt64

      enum CodingKeys: String, CodingKey {
        case name
        case minTime = "min_time"
        case maxTime = "max_time"
        case series, chunks, samples, bytes
      }
    }

    public struct Cardinality: Codable, Sendable, Hashable {
      public var name: String
      public var count: Int
    }

    public struct Head: Codable, Sendable, Hashable {
      public var series: Int
      public var samples: UInt64
      public var chunks: Int
      public var labelBytes: Int
      public var indexBytes: Int
      public var chunkBytes: Int
      public var reservedBytes: Int

      enum CodingKeys: String, CodingKey {
        case series, samples, chunks
        case labelBytes = "label_bytes"
        case indexBytes = "index_bytes"
        case chunkBytes = "chunk_bytes"
        case reservedBytes = "reserved_bytes"
      }
    }

    /// Each counted once, wherever its samples are.
    public var series: Int
    public var samples: UInt64
    @ExplicitNull public var oldest: Time?
    @ExplicitNull public var newest: Time?
    /// Of what lies in blocks; `null` while there is none.
    @ExplicitNull public var bytesPerSample: Double?
    public var blockBytes: UInt64
    public var logBytes: UInt64
    public var checkpointBytes: UInt64
    public var head: Head
    public var blocks: [Block]
    /// Label names with the most values.
    public var labels: [Cardinality]
    /// Metrics with the most series.
    public var metrics: [Cardinality]
    /// `name="value"` with the most series.
    public var pairs: [Cardinality]
    /// Files that were found damaged.
    public var setAside: [String]
    /// Why the store takes no samples at present; `null` if it does.
    @ExplicitNull public var failure: String?

    enum CodingKeys: String, CodingKey {
      case series, samples, oldest, newest
      case bytesPerSample = "bytes_per_sample"
      case blockBytes = "block_bytes"
      case logBytes = "log_bytes"
      case checkpointBytes = "checkpoint_bytes"
      case head, blocks, labels, metrics, pairs
      case setAside = "set_aside"
      case failure
    }
  }

  /// `POST /fleet/v1/store/check`.
  public struct StoreCheck: Codable, Sendable, Hashable {
    public struct File: Codable, Sendable, Hashable {
      public var name: String
      public var bytes: UInt64
      /// Empty if nothing is wrong.
      public var problems: [String]
    }

    public var good: Bool
    public var files: [File]
    /// Worth knowing and no fault.
    public var notes: [String]
    public var series: Int
    public var samples: UInt64
  }

  /// `POST /fleet/v1/store/snapshot`.
  public struct StoreSnapshot: Codable, Sendable, Hashable {
    public var name: String
    /// On the server's machine.
    public var directory: String
    public var blocks: Int
    public var series: Int
    public var samples: UInt64
    public var bytes: UInt64
  }

  /// `POST /fleet/v1/store/delete`.
  public struct StoreDeletion: Codable, Sendable, Hashable {
    public var series: Int
    public var samples: UInt64
  }

  /// `GET /fleet/v1/samples/count`.
  public struct SampleCount: Codable, Sendable, Hashable {
    public var metricName: String
    public var start: Time
    public var end: Time
    public var series: Int
    /// Without staleness markers.
    public var samples: Int

    enum CodingKeys: String, CodingKey {
      case metricName = "metric_name"
      case start, end, series, samples
    }
  }
}

extension FleetAPI.StoreStatistics {
  init(_ statistics: StoreStatistics) {
    func cardinalities(_ list: [StoreStatistics.Cardinality]) -> [Cardinality] {
      list.map { Cardinality(name: $0.name, count: $0.count) }
    }
    let head = statistics.head
    self.init(
      series: statistics.series, samples: statistics.samples, oldest: statistics.oldest.map(FleetAPI.Time.init),
      newest: statistics.newest.map(FleetAPI.Time.init), bytesPerSample: statistics.bytesPerSample,
      blockBytes: statistics.blockBytes, logBytes: statistics.logBytes, checkpointBytes: statistics.checkpointBytes,
      head: Head(
        series: head.series, samples: head.samples, chunks: head.chunks, labelBytes: head.labelBytes,
        indexBytes: head.indexBytes, chunkBytes: head.chunkBytes, reservedBytes: head.reservedBytes),
      blocks: statistics.blocks.map {
        Block(
          name: $0.name, minTime: FleetAPI.Time($0.minTime), maxTime: FleetAPI.Time($0.maxTime), series: $0.series,
          chunks: $0.chunks, samples: $0.samples, bytes: $0.bytes)
      },
      labels: cardinalities(statistics.labels), metrics: cardinalities(statistics.metrics),
      pairs: cardinalities(statistics.pairs), setAside: statistics.setAside, failure: statistics.failure)
  }
}

extension FleetAPI.StoreCheck {
  init(_ check: StoreCheck) {
    self.init(
      good: check.isGood,
      files: check.files.map { File(name: $0.name, bytes: $0.bytes, problems: $0.problems) }, notes: check.notes,
      series: check.series, samples: check.samples)
  }
}

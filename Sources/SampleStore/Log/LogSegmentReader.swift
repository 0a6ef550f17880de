import FleetModel

/// Reads the segments of a log: ``FrameFile`` around ``LogRecord``.
enum LogSegmentReader {
  static let kind = FrameFile.Kind(magic: "SKEPLOG\n", version: 2)

  /// Reads the content of segment `segment`, any bytes, up to its end or the first flaw.
  static func replay(
    _ bytes: UnsafeRawBufferPointer, segment: UInt64, into consumer: inout some LogConsumer & ~Copyable
  ) -> ReplayEnd {
    var end = ReplayEnd(bytes: UInt64(bytes.count))
    if let flaw = FrameFile.flaw(ofHeader: bytes, kind) {
      end.flaw = flaw
      end.laterVersion = FrameFile.laterVersion(inHeader: bytes, kind)
      return end
    }
    end.goodBytes = UInt64(FrameFile.headerBytes)
    var frames = FrameFile.Reader(bytes)
    guard let first = frames.next() else {
      end.flaw = frames.flaw ?? "the record that names the segment is missing"
      return end
    }
    guard let number = LogRecordReader.segment(first), number == segment else {
      end.flaw = "the file's first record does not name segment \(segment)"
      return end
    }
    end.goodBytes = UInt64(frames.position)
    var reader = LogRecordReader()
    while let payload = frames.next() {
      if let flaw = reader.read(payload, into: &consumer) {
        end.flaw = flaw
        return end
      }
      end.records += 1
      end.samples += reader.sampleCount
      end.goodBytes = UInt64(frames.position)
    }
    end.flaw = frames.flaw
    return end
  }
}

/// How the reading of a segment ended.
struct ReplayEnd: Sendable, Equatable {
  /// Without the one that names the segment.
  var records = 0
  var samples = 0
  /// Bytes that were good, the header among them.
  var goodBytes: UInt64 = 0
  var bytes: UInt64 = 0
  /// `nil` where the segment is whole; otherwise what is wrong with the record at `goodBytes`.
  var flaw: String?
  /// The version of a segment that a later program wrote; `flaw` says so too.
  var laterVersion: UInt32?
}

/// Is told of the records of a log in their order.
protocol LogConsumer: ~Copyable {
  mutating func series(_ number: UInt32, encodedLabels: UnsafeRawBufferPointer)
  mutating func samples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64)
  mutating func lateSamples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64)
  mutating func histograms(_ samples: [HistogramSample], at time: Int64)
  mutating func lateHistograms(_ samples: [HistogramSample], at time: Int64)
  mutating func deletion(of numbers: [UInt32], from: Int64, through: Int64)
}

import FleetModel
import Platform
import SystemPackage
import TestSupport

@testable import SampleStore

/// A record of the log as a value.
enum LogEntry: Hashable {
  struct Point: Hashable {
    var series: UInt32
    var bits: UInt64
  }

  case series(UInt32, labels: [UInt8])
  case samples([Point], at: Int64)
  case lateSamples([Point], at: Int64)
  case histograms([HistogramSample], at: Int64, areLate: Bool)
  case deletion([UInt32], from: Int64, through: Int64)

  func write(to journal: inout Journal) {
    switch self {
    case .series(let number, let labels):
      labels.withUnsafeBytes { journal.series(number, encodedLabels: $0) }
    case .samples(let points, let time):
      journal.beginSamples(at: time)
      for point in points { journal.sample(point.series, Double(bitPattern: point.bits)) }
      journal.endSamples()
    case .lateSamples(let points, let time):
      journal.beginLateSamples(at: time)
      for point in points { journal.sample(point.series, Double(bitPattern: point.bits)) }
      journal.endSamples()
    case .histograms(let samples, let time, let areLate):
      let encoded = EncodedHistograms(samples, isJournalled: true)
      let records = zip(samples, encoded.bytes).compactMap { sample, bytes in bytes.map { (sample.series.rawValue, $0) }
      }
      journal.histograms(records, at: time, areLate: areLate)
    case .deletion(let numbers, let from, let through):
      journal.deletion(of: numbers, from: from, through: through)
    }
  }

  static func random(_ random: SeededRandom) -> LogEntry {
    func number() -> UInt32 {
      random.next() % 8 == 0 ? UInt32(truncatingIfNeeded: random.next()) : UInt32(random.next() % 1000)
    }
    func time() -> Int64 {
      random.next() % 8 == 0 ? Int64(bitPattern: random.next()) : 1_700_000_000_000 + Int64(random.next() % 100_000)
    }
    func points() -> [Point] {
      var series = number()
      return (0..<1 + random.next() % 40).map { _ in
        series = random.next() % 8 == 0 ? number() : series &+ UInt32(random.next() % 5)
        return Point(series: series, bits: value(random).bitPattern)
      }
    }
    switch random.next() % 8 {
    case 0:
      let labels = LabelSet(["__name__": "m\(random.next() % 9)", "x": String(random.next())])
      return .series(number(), labels: labels.encoded)
    case 1: return .lateSamples(points(), at: time())
    case 3:
      var source = RandomHistograms(SplitMix(state: random.next()))
      let samples = (0..<1 + random.next() % 5).map { _ in
        HistogramSample(series: SeriesRef(rawValue: number()), value: source.next())
      }
      return .histograms(samples, at: time(), areLate: random.next() % 3 == 0)
    case 2: return .deletion((0..<random.next() % 5).map { _ in number() }, from: time(), through: time())
    default: return .samples(points(), at: time())
    }
  }

  /// Values of every form that the log knows.
  static func value(_ random: SeededRandom) -> Double {
    let whole = Double(Int64(bitPattern: random.next()) >> Int64(random.next() % 64))
    switch random.next() % 8 {
    case 0: return Double(bitPattern: random.next())
    case 1: return StaleMarker.value
    case 2: return whole / 100
    case 3: return whole / 1000
    case 4: return whole / 1e6
    case 5: return Double(Float(whole) / 3)
    default: return whole
    }
  }
}

/// Remembers what it is told.
struct RecordingConsumer: LogConsumer {
  var entries: [LogEntry] = []

  mutating func series(_ number: UInt32, encodedLabels: UnsafeRawBufferPointer) {
    entries.append(.series(number, labels: Array(encodedLabels)))
  }

  mutating func samples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) {
    entries.append(.samples(Self.points(samples), at: time))
  }

  mutating func lateSamples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64) {
    entries.append(.lateSamples(Self.points(samples), at: time))
  }

  mutating func histograms(_ samples: [HistogramSample], at time: Int64) {
    entries.append(.histograms(samples, at: time, areLate: false))
  }

  mutating func lateHistograms(_ samples: [HistogramSample], at time: Int64) {
    entries.append(.histograms(samples, at: time, areLate: true))
  }

  mutating func deletion(of numbers: [UInt32], from: Int64, through: Int64) {
    entries.append(.deletion(numbers, from: from, through: through))
  }

  private static func points(_ samples: UnsafeBufferPointer<Sample>) -> [LogEntry.Point] {
    samples.map { LogEntry.Point(series: $0.series.rawValue, bits: $0.value.bitPattern) }
  }
}

/// The content of segment 7 with these records, and where each of them ends.
struct LogSegment {
  static let number: UInt64 = 7
  static let directory: FilePath = "/data"

  var bytes: [UInt8]
  /// Of header and first record, then of each entry.
  var ends: [Int]

  init(_ entries: [LogEntry]) throws {
    let files = SimulatedFileSystem(seed: 1)
    let log = try WriteAheadLog(files: files, directory: Self.directory, beginning: Self.number)
    ends = [Int(log.segmentBytes)]
    var journal = Journal(isEnabled: true)
    var buffer = JournalBytes()
    for entry in entries {
      entry.write(to: &journal)
      journal.exchange(&buffer)
      try log.write(buffer.bytes)
      ends.append(Int(log.segmentBytes))
    }
    bytes = try files.read(WriteAheadLog.path(of: Self.number, in: Self.directory))
  }

  static func replay(_ bytes: [UInt8]) -> (end: ReplayEnd, entries: [LogEntry]) {
    // Just as long as they are: what reads past the end is seen by the address sanitizer.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    var consumer = RecordingConsumer()
    let end = LogSegmentReader.replay(UnsafeRawBufferPointer(copy), segment: number, into: &consumer)
    return (end, consumer.entries)
  }
}

import FleetModel
import Platform

/// What a file of exemplars holds, in the frames of ``FrameFile``; a frame has many records.
///
/// ```
/// series 1    │ kind u8 │ number u32 │ length u32 │ labels, as in LabelSet.encoded │
/// exemplar 2  │ kind u8 │ number u32 of its series │ flags u8 │ time i64 │ value f64 │ length u32 │ labels │
/// complete 3  │ kind u8 │
/// ```
/// All numbers little-endian, times in milliseconds; bit 0 of the flags says that the sender gave the time. A file begins with
/// all exemplars that were kept when it was begun, the record 3 ends those, and what comes later follows.
enum ExemplarRecords {
  static let kind = FrameFile.Kind(magic: "SKEPEXEM", version: 1)

  private enum Kind: UInt8 {
    case series = 1
    case exemplar, complete
  }

  static func appendSeries(_ number: Int32, _ labels: LabelSet, to writer: inout FieldWriter) {
    writer.put(Kind.series.rawValue)
    writer.put(UInt32(bitPattern: number))
    writer.put(bytes: labels.encoded)
  }

  static func append(_ entry: ExemplarRing.Entry, of number: Int32, to writer: inout FieldWriter) {
    writer.put(Kind.exemplar.rawValue)
    writer.put(UInt32(bitPattern: number))
    writer.put(UInt8(entry.isTimed ? 1 : 0))
    writer.put(entry.time)
    writer.put(entry.value.bitPattern)
    writer.put(bytes: entry.labels.encoded)
  }

  /// A file's first bytes: the header, and all that is in the ring.
  static func image(of ring: ExemplarRing) -> [UInt8] {
    var bytes = FrameFile.header(kind)
    var writer = FieldWriter()
    func flush() {
      writer.bytes.withUnsafeBytes { FrameFile.append($0, to: &bytes) }
      writer = FieldWriter()
    }
    for (number, series) in ring.series.enumerated() where series.count > 0 {
      appendSeries(Int32(number), series.labels, to: &writer)
      if writer.bytes.count > frameBytes { flush() }
    }
    ring.visit { number, entry in
      append(entry, of: number, to: &writer)
      if writer.bytes.count > frameBytes { flush() }
    }
    writer.put(Kind.complete.rawValue)
    flush()
    return bytes
  }

  private static let frameBytes = 64 << 10

  /// How the reading of a file ended.
  struct End: Sendable {
    /// Whether all that the file began with was read.
    var isComplete = false
    /// What is wrong with the rest; `nil` where the file is whole.
    var flaw: String?
    var laterVersion: UInt32?
    var exemplars = 0
  }

  /// Reads a file, any bytes, into a ring, up to its end or the first flaw.
  static func read(_ bytes: UnsafeRawBufferPointer, into ring: inout ExemplarRing) -> End {
    var end = End()
    if let flaw = FrameFile.flaw(ofHeader: bytes, kind) {
      end.flaw = flaw
      end.laterVersion = FrameFile.laterVersion(inHeader: bytes, kind)
      return end
    }
    var frames = FrameFile.Reader(bytes)
    var series: [UInt32: LabelSet] = [:]
    while let payload = frames.next() {
      if let flaw = read(frame: payload, &series, into: &ring, &end) {
        end.flaw = flaw
        return end
      }
    }
    end.flaw = frames.flaw
    return end
  }

  private static func read(
    frame: UnsafeRawBufferPointer, _ series: inout [UInt32: LabelSet], into ring: inout ExemplarRing, _ end: inout End
  ) -> String? {
    var reader = FieldReader(frame)
    while reader.remaining > 0 {
      switch Kind(rawValue: reader.take()) {
      case .series:
        let number = reader.take(UInt32.self)
        guard let labels = labels(&reader) else { return "the labels of a series are malformed" }
        series[number] = labels
      case .exemplar:
        let number = reader.take(UInt32.self)
        let flags = reader.take(UInt8.self)
        let time = reader.take(Int64.self)
        let value = Double(bitPattern: reader.take(UInt64.self))
        guard let labels = labels(&reader) else { return "the labels of an exemplar are malformed" }
        guard let owner = series[number] else {
          return "an exemplar is of series \(number), which the file does not name"
        }
        let entry = ExemplarRing.Entry(labels: labels, value: value, time: time, isTimed: flags & 1 == 1)
        if ring.insert(entry, of: owner, window: nil).outcome == .appended { end.exemplars += 1 }
      case .complete: end.isComplete = true
      case nil: return "a record is of no kind that this program knows"
      }
    }
    return reader.isOverrun ? "a record is torn" : nil
  }

  private static func labels(_ reader: inout FieldReader) -> LabelSet? {
    guard let bytes = reader.takeBytes(), bytes.withUnsafeBytes(LogRecordReader.areCanonical) else { return nil }
    return LabelSet(canonicalEncoding: bytes)
  }
}

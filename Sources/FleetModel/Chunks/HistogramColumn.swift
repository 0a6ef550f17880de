/// The histograms of one chunk as a column of bytes: what they have in common, then one ``ValueColumn`` for each of their numbers,
/// so that a bucket which rarely moves takes next to nothing, whatever its neighbours do.
///
/// ```
/// column
/// │ flags u8 │ schema i8 │ zero threshold, 8 bytes if said │ positive spans │ negative spans, if said │ bounds, if said │
/// │ number: count │ number: zero count, if said │ number: sum │ number: bucket … │
///
/// flags      bit 0 gauges, else counters; bit 1 the last one is a staleness marker; bits 2-3 zero threshold: 0 is 0,
///            1 is 2^-128, 2 follows as a double (LE); bit 4 negative spans follow; bit 5 custom bounds follow;
///            bit 6 the zero count is a column of its own, else it is always 0; bit 7 counters whose first one's producer
///            said that a reset is before it
/// spans      uvarint count, then for each: svarint offset, uvarint length
/// bounds     uvarint count (1 ... 1024), then as a number
/// number     uvarint length │ a ValueColumn of so many bytes
/// ```
/// The buckets are those of the positive spans, then those of the negative ones, in their order. A staleness marker repeats
/// the counts of the histogram before it; its sum is not in the column of sums, which repeats the one before as well.
///
/// All but the first histogram of a column of counters go on from the one before them without a reset.
public enum HistogramColumn {
  /// A column holds at most this many.
  public static let maximumCount = ValueColumn.maximumCount

  private static let smallThreshold = 0x1p-128

  /// Appends the histograms of a run. It says itself how it is encoded, but not how many histograms it holds.
  ///
  /// - Precondition: the run is not empty.
  public static func encode(_ run: HistogramRun, with encoder: borrowing ColumnEncoder, into bytes: inout [UInt8]) {
    guard let layout = run.layout, run.count > 0 else { preconditionFailure("BUG: a column of no histograms") }
    let columns = Columns(run, layout)
    let hasZero = columns.hasNumbers(1)
    putHeader(layout, hasZero: hasZero, run, encoder, into: &bytes)
    var part: [UInt8] = []
    for column in 0..<layout.width where column != 1 || hasZero {
      part.removeAll(keepingCapacity: true)
      columns.withColumn(column) { encoder.encode($0, into: &part) }
      bytes.append(number: UInt64(part.count))
      bytes += part
    }
  }

  private static func putHeader(
    _ layout: HistogramLayout, hasZero: Bool, _ run: HistogramRun, _ encoder: borrowing ColumnEncoder,
    into bytes: inout [UInt8]
  ) {
    let threshold: UInt8 =
      layout.zeroThreshold.bitPattern == 0 ? 0 : layout.zeroThreshold == smallThreshold ? 1 : 2
    var flags: UInt8 = threshold << 2
    if layout.isGauge { flags |= 1 }
    if run.endsStale { flags |= 2 }
    if !layout.negativeSpans.isEmpty { flags |= 0x10 }
    if !layout.customValues.isEmpty { flags |= 0x20 }
    if hasZero { flags |= 0x40 }
    if run.beginsReset { flags |= 0x80 }
    bytes.append(flags)
    bytes.append(UInt8(bitPattern: layout.schema))
    if threshold == 2 { bytes.append(word: layout.zeroThreshold.bitPattern, size: 8) }
    put(layout.positiveSpans, into: &bytes)
    if !layout.negativeSpans.isEmpty { put(layout.negativeSpans, into: &bytes) }
    guard !layout.customValues.isEmpty else { return }
    var part: [UInt8] = []
    layout.customValues.withUnsafeBufferPointer { encoder.encode($0, into: &part) }
    bytes.append(number: UInt64(layout.customValues.count))
    bytes.append(number: UInt64(part.count))
    bytes += part
  }

  private static func put(_ spans: [NativeHistogram.Span], into bytes: inout [UInt8]) {
    bytes.append(number: UInt64(spans.count))
    for span in spans {
      bytes.append(signedNumber: Int64(span.offset))
      bytes.append(number: UInt64(span.length))
    }
  }

  /// Appends `count` histograms. Bytes of any content are safe.
  ///
  /// - Precondition: `count` is at most ``maximumCount``.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into histograms: inout [NativeHistogram]
  ) throws(ChunkError) {
    precondition(count >= 0 && count <= maximumCount, "BUG: a column of \(count) histograms")
    guard count > 0 else { return }
    var reader = ColumnReader(bytes)
    let flags = try reader.byte()
    guard flags & 0x81 != 0x81, flags >> 2 & 3 < 3 else { throw .unknownCodec(flags) }
    let layout = try readLayout(&reader, flags)
    var numbers = [Double](repeating: 0, count: layout.width * count)
    let failure = numbers.withUnsafeMutableBufferPointer { numbers -> ChunkError? in
      guard let base = numbers.baseAddress else { return nil }
      do throws(ChunkError) {
        for column in 0..<layout.width where column != 1 || flags & 0x40 != 0 {
          let length = try reader.number()
          guard length <= UInt64(bytes.count) else { throw .truncated(atSample: 0) }
          try ValueColumn.decode(try reader.bytes(Int(length)), count: count, into: base + column * count)
        }
      } catch {
        return error
      }
      return nil
    }
    if let failure { throw failure }
    guard reader.rest.isEmpty else { throw .corrupt(atSample: 0, "bytes behind the last number of the histograms") }
    if flags & 2 != 0 { numbers[(HistogramLayout.sumColumn + 1) * count - 1] = StaleMarker.value }
    histograms.reserveCapacity(histograms.count + count)
    let first: NativeHistogram.ResetHint = flags & 0x80 != 0 ? .reset : .unknown
    numbers.withUnsafeBufferPointer { numbers in
      for row in 0..<count {
        histograms.append(layout.histogram(row == 0 ? first : .notReset) { numbers[$0 * count + row] })
      }
    }
  }

  private static func readLayout(_ reader: inout ColumnReader, _ flags: UInt8) throws(ChunkError) -> HistogramLayout {
    let schema = Int8(bitPattern: try reader.byte())
    let threshold =
      switch flags >> 2 & 3 {
      case 0: 0.0
      case 1: smallThreshold
      default: Double(bitPattern: try reader.word(8))
      }
    let positive = try readSpans(&reader)
    let negative = flags & 0x10 != 0 ? try readSpans(&reader) : []
    let bounds = flags & 0x20 != 0 ? try readBounds(&reader) : []
    guard
      let layout = HistogramLayout(
        isGauge: flags & 1 != 0, schema: schema, zeroThreshold: threshold, customValues: bounds,
        positiveSpans: positive, negativeSpans: negative)
    else { throw .corrupt(atSample: 0, "more buckets than a histogram has, or out of order") }
    return layout
  }

  private static func readSpans(_ reader: inout ColumnReader) throws(ChunkError) -> [NativeHistogram.Span] {
    let count = try reader.number()
    // Each takes two bytes at least, and has a bucket.
    guard count <= UInt64(HistogramLayout.maximumBuckets), count <= UInt64(reader.rest.count) else {
      throw .corrupt(atSample: 0, "\(count) spans of buckets")
    }
    var spans: [NativeHistogram.Span] = []
    spans.reserveCapacity(Int(count))
    for _ in 0..<count {
      let offset = try reader.signedNumber()
      let length = try reader.number()
      guard let offset = Int32(exactly: offset), let length = UInt32(exactly: length) else {
        throw .corrupt(atSample: 0, "a span of \(length) buckets")
      }
      spans.append(NativeHistogram.Span(offset: offset, length: length))
    }
    return spans
  }

  private static func readBounds(_ reader: inout ColumnReader) throws(ChunkError) -> [Double] {
    let count = try reader.number()
    let length = try reader.number()
    guard count > 0, count <= UInt64(HistogramLayout.maximumBounds), length <= UInt64(reader.rest.count) else {
      throw .corrupt(atSample: 0, "\(count) custom bounds")
    }
    let bytes = try reader.bytes(Int(length))
    var bounds = [Double](repeating: 0, count: Int(count))
    var failure: ChunkError?
    bounds.withUnsafeMutableBufferPointer { bounds in
      guard let base = bounds.baseAddress else { return }
      do throws(ChunkError) { try ValueColumn.decode(bytes, count: bounds.count, into: base) } catch { failure = error }
    }
    if let failure { throw failure }
    return bounds
  }

  /// A run's numbers, those of each column side by side.
  private struct Columns {
    private var numbers: [Double]
    private let count: Int

    init(_ run: HistogramRun, _ layout: HistogramLayout) {
      let (count, width) = (run.count, layout.width)
      self.count = count
      numbers = [Double](unsafeUninitializedCapacity: count * width) { target, filled in
        run.numbers.withUnsafeBufferPointer { source in
          for row in 0..<count {
            for column in 0..<width {
              target.initializeElement(at: column * count + row, to: source[row * width + column])
            }
          }
        }
        filled = count * width
      }
      guard run.endsStale else { return }
      let last = (HistogramLayout.sumColumn + 1) * count - 1
      numbers[last] = count > 1 ? numbers[last - 1] : 0
    }

    func hasNumbers(_ column: Int) -> Bool {
      numbers[column * count..<(column + 1) * count].contains { $0.bitPattern != 0 }
    }

    func withColumn(_ column: Int, _ body: (UnsafeBufferPointer<Double>) -> Void) {
      numbers.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[column * count..<(column + 1) * count])) }
    }
  }
}

import FleetModel
import Platform
import SystemPackage

/// Makes one segment of several, bringing the spans of a trace together.
///
/// Segments of neighbouring times overlap little: a block whose traces lie in no other block, and between whose traces no other
/// lies in time, is taken over as it is. The rest is read and written anew.
enum SegmentMerge {
  /// A run of a trace's rows in one block.
  private struct Piece {
    var source: UInt32
    var block: UInt32
    var trace: UInt32
  }

  private struct Trace {
    var start: Int64
    var high: UInt64
    var low: UInt64
    var piece: Piece
    /// In `rest`: further pieces, in the order of arrival.
    var further: Range<Int32> = 0..<0
  }

  /// Fewer rows are not made a block of only to take over the next one as it is.
  private static let smallestBlock = 256
  /// A trace of more rows is not put together: where a block is of it alone, it is taken over as it is.
  private static let mostTogether = 65_536
  /// Traces after which the sources' pages are given back.
  private static let tracesOfPages = 8192

  /// - Parameter sources: neighbours, in the order of arrival; at least one.
  /// - Returns: how many rows were written.
  static func write(
    _ sources: [Segment], to path: FilePath, _ files: any FileSystem, seed: UInt64, isStopping: () -> Bool
  ) throws -> Int {
    guard let first = sources.first, let last = sources.last else { return 0 }
    var segment = try SegmentWriter(
      path, files, sequences: first.footer.sequences.lowerBound...last.footer.sequences.upperBound, seed: seed)
    do {
      try fill(&segment, sources, isStopping)
      try segment.finish()
    } catch {
      segment.abandon()
      throw error
    }
    return segment.rows
  }

  private static func fill(_ segment: inout SegmentWriter, _ sources: [Segment], _ isStopping: () -> Bool) throws {
    let (traces, rest) = self.traces(sources)
    var reading = SpanReading()
    var gathered = Gathered()
    var place = 0
    var nextRelease = tracesOfPages
    while place < traces.count {
      if isStopping() { throw CancellationError() }
      if place >= nextRelease {
        nextRelease = place + tracesOfPages
        for source in sources { source.releasePages() }
      }
      let piece = traces[place].piece
      let source = sources[Int(piece.source)]
      if piece.trace == 0, gathered.rows == 0 || gathered.rows >= smallestBlock,
        let count = wholeBlock(traces, at: place, source)
      {
        try gathered.write(to: &segment)
        try segment.copy(
          source.footer.blocks[Int(piece.block)], names: source.footer.names, bytes: source.bytes(of: Int(piece.block)),
          traces: traces[place..<place + count].map { ($0.high, $0.low) })
        place += count
        continue
      }
      let trace = traces[place]
      let pieces = ([trace.piece] + rest[Int(trace.further.lowerBound)..<Int(trace.further.upperBound)])
        .map { Gathered.Piece(source: sources[Int($0.source)], block: Int($0.block), trace: Int($0.trace)) }
      if pieces.count > 1, pieces.reduce(0, { $0 + $1.entry.rows }) > mostTogether {
        try addLong(pieces, of: (trace.high, trace.low), &gathered, &reading, &segment)
      } else {
        try gathered.add(pieces, &reading, &segment)
      }
      place += 1
    }
    try gathered.write(to: &segment)
  }

  /// Takes over the pieces of a long trace in the order of arrival, without looking for versions among them.
  private static func addLong(
    _ pieces: [Gathered.Piece], of trace: (high: UInt64, low: UInt64), _ gathered: inout Gathered,
    _ reading: inout SpanReading, _ segment: inout SegmentWriter
  ) throws {
    var small: [Gathered.Piece] = []
    for piece in pieces {
      let isLarge = piece.entry.rows >= BlockLayout.mostRows / 2 || piece.entry.length >= BlockLayout.mostPayload / 8
      if isLarge, piece.source.tracesOfBlock(piece.block) == 1 {
        try gathered.add(small, &reading, &segment)
        try gathered.write(to: &segment)
        small = []
        try segment.copy(
          piece.entry, names: piece.source.footer.names, bytes: piece.source.bytes(of: piece.block), traces: [trace])
      } else {
        small.append(piece)
      }
    }
    try gathered.add(small, &reading, &segment)
  }

  /// How many traces follow from here that are exactly those of a block, which is full enough to be left as it is.
  private static func wholeBlock(_ traces: [Trace], at place: Int, _ source: Segment) -> Int? {
    let first = traces[place].piece
    let block = source.footer.blocks[Int(first.block)]
    guard block.rows >= BlockLayout.mostRows / 2 else { return nil }
    var count = 0
    while place + count < traces.count {
      let trace = traces[place + count]
      guard trace.piece.source == first.source, trace.piece.block == first.block else { break }
      guard trace.further.isEmpty, trace.piece.trace == UInt32(truncatingIfNeeded: count) else { return nil }
      count += 1
    }
    return count == source.tracesOfBlock(Int(first.block)) ? count : nil
  }

  /// All traces of the sources by start, and the pieces beyond the first of each.
  private static func traces(_ sources: [Segment]) -> (traces: [Trace], rest: [Piece]) {
    var all: [(trace: Trace, arrival: Int)] = []
    for (number, source) in sources.enumerated() {
      for block in source.footer.blocks.indices {
        guard let open = source.open(block) else { continue }
        for trace in 0..<open.traceCount {
          guard let id = open.traceID(trace) else { continue }
          let piece = Piece(
            source: UInt32(truncatingIfNeeded: number), block: UInt32(truncatingIfNeeded: block),
            trace: UInt32(truncatingIfNeeded: trace))
          all.append((Trace(start: open.traceStarts[trace], high: id.high, low: id.low, piece: piece), all.count))
        }
      }
      source.releasePages()
    }
    all.sort { ($0.trace.high, $0.trace.low, $0.arrival) < ($1.trace.high, $1.trace.low, $1.arrival) }
    var traces: [Trace] = []
    var rest: [Piece] = []
    for (trace, _) in all {
      if let last = traces.last, last.high == trace.high, last.low == trace.low {
        if last.further.isEmpty { traces[traces.count - 1].further = Int32(rest.count)..<Int32(rest.count) }
        rest.append(trace.piece)
        let begin = traces[traces.count - 1].further.lowerBound
        traces[traces.count - 1].further = begin..<Int32(rest.count)
        traces[traces.count - 1].start = min(last.start, trace.start)
      } else {
        traces.append(trace)
      }
    }
    traces.sort { ($0.start, $0.high, $0.low) < ($1.start, $1.high, $1.low) }
    return (traces, rest)
  }
}

/// Traces that are written anew, until they make a block.
private struct Gathered: ~Copyable {
  private var spans = PackedSpans()
  private var traces: [[UInt32]] = []
  private var blocks: [(source: ObjectIdentifier, block: Int, rows: BlockRows)] = []
  private(set) var rows = 0

  init() {}

  /// The rows of a trace in one block.
  struct Piece {
    var source: Segment
    var block: Int
    var trace: Int

    var entry: SegmentFooter.Block { source.footer.blocks[block] }
  }

  /// Adds the pieces of a trace, put together as far as that takes bounded memory.
  mutating func add(
    _ pieces: [Piece], _ reading: inout SpanReading, _ segment: inout SegmentWriter
  ) throws(FileError) {
    var first = spans.rows.count
    for piece in pieces {
      if spans.rows.count - first > Self.mostRows || spans.payload.count > Self.mostPayload {
        try close(from: first, &segment)
        first = spans.rows.count
      }
      guard let open = reading.block(piece.block, of: piece.source) else { continue }
      let key = ObjectIdentifier(piece.source)
      var place = blocks.firstIndex { $0.source == key && $0.block == piece.block }
      if place == nil {
        blocks.append((key, piece.block, BlockRows(open)))
        place = blocks.count - 1
      }
      guard let place else { continue }
      let mark = spans.rows.count
      do throws(SpanDamage) {
        try blocks[place].rows.append(piece.trace, to: &spans)
      } catch {
        spans.rows.truncate(to: mark)
        piece.source.condemn(piece.block, error)
      }
    }
    try close(from: first, &segment)
  }

  private static let mostRows = 65_536
  private static let mostPayload = 64 << 20

  /// Makes a trace of the rows from a number on.
  private mutating func close(from first: Int, _ segment: inout SegmentWriter) throws(FileError) {
    var numbers = (first..<spans.rows.count).map { UInt32(truncatingIfNeeded: $0) }
    guard !numbers.isEmpty else { return }
    TraceAssembly.arrange(&numbers, spans)
    rows += numbers.count
    traces.append(numbers)
    if rows >= BlockLayout.mostRows - 256 || spans.payload.count >= BlockLayout.mostPayload { try write(to: &segment) }
  }

  /// Writes what was gathered as blocks.
  mutating func write(to segment: inout SegmentWriter) throws(FileError) {
    guard rows > 0 else { return }
    var writer = BlockWriter(spans)
    var filling = BlockFilling()
    for trace in traces {
      try filling.add(trace, spans) { order, counts, isContinued throws(FileError) in
        try segment.add(spans, &writer, order: order, traces: counts, isContinued: isContinued)
      }
    }
    try filling.close { order, counts, isContinued throws(FileError) in
      try segment.add(spans, &writer, order: order, traces: counts, isContinued: isContinued)
    }
    spans = PackedSpans()
    traces = []
    blocks = []
    rows = 0
  }
}

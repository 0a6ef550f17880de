import FleetModel
import Platform
import SystemPackage

/// Makes a segment of a sealed head.
enum HeadSegment {
  private struct Trace {
    var start: Int64
    var high: UInt64
    var low: UInt64
    var latest: UInt32
  }

  /// - Returns: how many rows were written.
  static func write(
    _ content: borrowing Head.Content, to path: FilePath, _ files: any FileSystem, sequence: UInt64, seed: UInt64
  ) throws(FileError) -> Int {
    var segment = try SegmentWriter(path, files, sequences: sequence...sequence, seed: seed)
    do throws(FileError) {
      try fill(&segment, content)
      try segment.finish()
    } catch {
      segment.abandon()
      throw error
    }
    return segment.rows
  }

  private static func fill(_ segment: inout SegmentWriter, _ content: borrowing Head.Content) throws(FileError) {
    var writer = BlockWriter(content.spans)
    var filling = BlockFilling()
    var rows: [UInt32] = []
    for trace in traces(content) {
      rows.removeAll(keepingCapacity: true)
      var next = trace.latest
      while next != PackedRow.none {
        rows.append(next)
        next = content.spans.rows[Int(next)].previous
      }
      rows.reverse()
      TraceAssembly.arrange(&rows, content.spans)
      try filling.add(rows, content.spans) { order, counts, isContinued throws(FileError) in
        try segment.add(content.spans, &writer, order: order, traces: counts, isContinued: isContinued)
      }
    }
    try filling.close { order, counts, isContinued throws(FileError) in
      try segment.add(content.spans, &writer, order: order, traces: counts, isContinued: isContinued)
    }
  }

  /// By start.
  private static func traces(_ content: borrowing Head.Content) -> [Trace] {
    var starts = GrowingMemory<Int64>()
    var traces: [Trace] = []
    traces.reserveCapacity(content.traces.count)
    // Rows point back: the row that none points to is the latest of its trace.
    for number in 0..<content.visible { starts.append(content.spans.rows[number].start) }
    var isPointedTo = [Bool](repeating: false, count: content.visible)
    for number in 0..<content.visible {
      let row = content.spans.rows[number]
      guard row.previous != PackedRow.none else { continue }
      isPointedTo[Int(row.previous)] = true
      starts[number] = min(starts[number], starts[Int(row.previous)])
    }
    for number in 0..<content.visible where !isPointedTo[number] {
      let row = content.spans.rows[number]
      traces.append(
        Trace(start: starts[number], high: row.traceHigh, low: row.traceLow, latest: UInt32(truncatingIfNeeded: number))
      )
    }
    traces.sort { ($0.start, $0.high, $0.low) < ($1.start, $1.high, $1.low) }
    return traces
  }
}

import FleetModel

/// The columns that every span has.
struct FixedColumns: ~Copyable {
  var traceCounts = GrowingMemory<UInt64>()
  var traceStarts = GrowingMemory<UInt64>()
  var traceIDs = GrowingMemory<UInt64>()
  var ids = GrowingMemory<UInt64>()
  var parents = GrowingMemory<UInt64>()
  var elsewhere = GrowingMemory<UInt64>()
  var starts = GrowingMemory<UInt64>()
  var durations = GrowingMemory<UInt64>()
  var origins = GrowingMemory<UInt64>()
  var operations = GrowingMemory<UInt64>()
  var states = GrowingMemory<UInt64>()
  var shapes = GrowingMemory<UInt64>()

  init(_ count: Int) { _ = ids.room(count) }

  mutating func addTrace(_ rows: UnsafeBufferPointer<UInt32>, _ spans: borrowing PackedSpans) {
    guard let first = rows.first else { return }
    let trace = spans.rows[Int(first)]
    var start = Int64.max
    for number in rows { start = min(start, spans.rows[Int(number)].start) }
    traceCounts.append(UInt64(rows.count))
    traceStarts.append(UInt64(bitPattern: start))
    traceIDs.append(trace.traceHigh)
    traceIDs.append(trace.traceLow)
    var places: [UInt64: Int] = [:]
    let isLong = rows.count > 32
    if isLong {
      for (place, number) in rows.enumerated() { places[spans.rows[Int(number)].spanID] = place }
    }
    for (place, number) in rows.enumerated() {
      let row = spans.rows[Int(number)]
      ids.append(row.spanID)
      starts.append(UInt64(bitPattern: row.start &- start))
      durations.append(row.hasEnded ? UInt64(bitPattern: row.end &- row.start) : 0)
      states.append(UInt64(row.state))
      if row.parent == 0 {
        parents.append(0)
        continue
      }
      let found = isLong ? places[row.parent] : rows.firstIndex { spans.rows[Int($0)].spanID == row.parent }
      if let found {
        parents.append(2 + ZigZag.encode(Int64(place - found)))
      } else {
        parents.append(1)
        elsewhere.append(row.parent)
      }
    }
  }

  func write(to sections: inout GrowingMemory<UInt8>, _ close: (borrowing GrowingMemory<UInt8>) -> Void) {
    sections.appendVarint(UInt64(traceCounts.count))
    PackedColumn.write(traceCounts.elements, to: &sections)
    PackedColumn.write(traceStarts.elements, to: &sections)
    for word in traceIDs.elements { sections.appendWord(word) }
    close(sections)
    for word in ids.elements { sections.appendWord(word) }
    close(sections)
    PackedColumn.write(parents.elements, to: &sections)
    close(sections)
    for word in elsewhere.elements { sections.appendWord(word) }
    close(sections)
    PackedColumn.write(starts.elements, to: &sections)
    close(sections)
    PackedColumn.write(durations.elements, to: &sections)
    close(sections)
    PackedColumn.write(origins.elements, to: &sections)
    close(sections)
    PackedColumn.write(operations.elements, to: &sections)
    close(sections)
    PackedColumn.write(states.elements, to: &sections)
    close(sections)
    PackedColumn.write(shapes.elements, to: &sections)
    close(sections)
  }
}

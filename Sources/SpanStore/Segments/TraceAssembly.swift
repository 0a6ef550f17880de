import FleetModel

/// Puts the rows of a trace in the order in which a block holds them, without those that say nothing of their own.
enum TraceAssembly {
  /// - Parameter rows: numbers in `spans`, in the order of arrival; sorted on return by the start of each span, versions of a span
  ///   together and in the order of their arrival.
  static func arrange(_ rows: inout [UInt32], _ spans: borrowing PackedSpans) {
    var versions: [UInt64: [UInt32]] = [:]
    if hasVersions(rows, spans) {
      for number in rows { versions[spans.rows[Int(number)].spanID, default: []].append(number) }
      versions = versions.filter { $0.value.count > 1 }
    }
    if !versions.isEmpty {
      var left: Set<UInt32> = []
      for (id, group) in versions {
        let kept = needed(group, spans)
        left.formUnion(Set(group).subtracting(kept))
        versions[id] = kept.count > 1 ? kept : nil
      }
      rows.removeAll { left.contains($0) }
    }
    var keys = rows.enumerated().map { arrival, number in
      let row = spans.rows[Int(number)]
      let start = versions[row.spanID]?.map { spans.rows[Int($0)].start }.min() ?? row.start
      return (start: start, id: versions.isEmpty ? 0 : row.spanID, arrival: arrival, number: number)
    }
    keys.sort { ($0.start, $0.id, $0.arrival) < ($1.start, $1.id, $1.arrival) }
    for (place, key) in keys.enumerated() { rows[place] = key.number }
  }

  private static func hasVersions(_ rows: [UInt32], _ spans: borrowing PackedSpans) -> Bool {
    if rows.count <= 24 {
      for place in rows.indices.dropFirst() {
        let id = spans.rows[Int(rows[place])].spanID
        for other in 0..<place where spans.rows[Int(rows[other])].spanID == id { return true }
      }
      return false
    }
    var seen = Set<UInt64>(minimumCapacity: rows.count)
    for number in rows where !seen.insert(spans.rows[Int(number)].spanID).inserted { return true }
    return false
  }

  /// Versions that are left out are looked for among so many: senders may repeat one id forever.
  private static let mostLooks = 16

  /// The versions of a span without those of which another that counts for more names every attribute: joined with whatever
  /// is stored elsewhere, the rest gives the same span.
  private static func needed(_ group: [UInt32], _ spans: borrowing PackedSpans) -> [UInt32] {
    let ranks = group.map { spans.rows[Int($0)].rank }
    // What counts for most first: whatever leaves a version out is itself kept, or left out for one that is.
    var kept: [(place: Int, keys: Set<UInt32>)] = []
    for place in group.indices.sorted(by: { (ranks[$0], $0) > (ranks[$1], $1) }) {
      let keys = attributeKeys(group[place], spans)
      if !kept.prefix(mostLooks).contains(where: { keys.isSubset(of: $0.keys) }) { kept.append((place, keys)) }
    }
    return kept.map(\.place).sorted().map { group[$0] }
  }

  private static func attributeKeys(_ number: UInt32, _ spans: borrowing PackedSpans) -> Set<UInt32> {
    let payload = spans.payload(of: spans.rows[Int(number)])
    var cursor = FieldCursor(payload)
    _ = PayloadHead(&cursor, in: payload)
    var keys: Set<UInt32> = []
    while !cursor.isAtEnd { keys.insert(cursor.attribute().key) }
    return keys
  }
}

/// Collects traces until they make a block.
struct BlockFilling: ~Copyable {
  private var order = GrowingMemory<UInt32>()
  private var traces: [Int] = []
  private var payload = 0
  private var isContinued = false

  init() {}

  var rows: Int { order.count }
  var isFull: Bool { order.count >= BlockLayout.mostRows || payload >= BlockLayout.mostPayload }

  /// Adds the arranged rows of a trace; full blocks are handed over.
  mutating func add<Failure: Error>(
    _ rows: [UInt32], _ spans: borrowing PackedSpans,
    write: (UnsafeBufferPointer<UInt32>, [Int], _ isContinued: Bool) throws(Failure) -> Void
  ) throws(Failure) {
    if order.count > 0, order.count + rows.count > BlockLayout.mostRows { try close(write) }
    var place = 0
    while place < rows.count {
      let end = min(rows.count, place + BlockLayout.mostRows - order.count)
      var next = place
      while next < end, payload < BlockLayout.mostPayload || next == place {
        order.append(rows[next])
        payload += Int(spans.rows[Int(rows[next])].payloadCount)
        next += 1
      }
      traces.append(next - place)
      place = next
      if isFull { try close(write) }
      if place < rows.count { isContinued = true }
    }
  }

  mutating func close<Failure: Error>(
    _ write: (UnsafeBufferPointer<UInt32>, [Int], _ isContinued: Bool) throws(Failure) -> Void
  ) throws(Failure) {
    defer {
      order.truncate(to: 0)
      traces.removeAll(keepingCapacity: true)
      payload = 0
      isContinued = false
    }
    if order.count > 0 { try write(order.elements, traces, isContinued) }
  }
}

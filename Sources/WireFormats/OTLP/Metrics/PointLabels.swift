import FleetModel

/// The labels of the series that one data point makes: the attributes' and those that Skep adds, sorted by name. Its memory is
/// used again for the next point.
struct PointLabels {
  /// Where a label comes from.
  private enum Source: UInt8 {
    /// Skep's own, which attributes of this name give way to.
    case own = 0
    case attribute = 1
  }

  /// A value that differs among the series of a point.
  enum Slot: UInt8 {
    case none
    case metricName
    /// `le` or `quantile`.
    case bound
  }

  private struct Part {
    var name: Range<Int32>
    var value: Range<Int32>
    /// Of an attribute: its key as it was sent, by which labels of one name are ordered.
    var key: Range<Int32>
    var source: Source
    var slot = Slot.none
  }

  private var pool: [UInt8] = []
  private var parts: [Part] = []

  mutating func begin() {
    pool.removeAll(keepingCapacity: true)
    parts.removeAll(keepingCapacity: true)
  }

  /// Bytes of the labels of one series without name and bound.
  var byteCount: Int { pool.count }

  mutating func addOwn(_ name: StaticString, _ value: [UInt8]) {
    let start = pool.count
    name.withUTF8Buffer { pool.append(contentsOf: $0) }
    let middle = pool.count
    pool.append(contentsOf: value)
    parts.append(
      Part(name: range(start, middle), value: range(middle, pool.count), key: 0..<0, source: .own))
  }

  mutating func addSlot(_ name: StaticString, _ slot: Slot) {
    let start = pool.count
    name.withUTF8Buffer { pool.append(contentsOf: $0) }
    parts.append(
      Part(name: range(start, pool.count), value: 0..<0, key: 0..<0, source: .own, slot: slot))
  }

  /// - Parameter write: writes the value as text; its errors leave nothing behind that is used.
  mutating func addAttribute<Failure: Error>(
    _ key: UnsafeRawBufferPointer, _ write: (inout [UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let keyStart = pool.count
    pool.append(contentsOf: key)
    let start = pool.count
    PrometheusNaming.label(key, into: &pool)
    let middle = pool.count
    try write(&pool)
    parts.append(
      Part(
        name: range(start, middle), value: range(middle, pool.count), key: range(keyStart, start), source: .attribute))
  }

  func hasAttribute(_ name: StaticString) -> Bool {
    parts.contains { part in
      part.source == .attribute && !part.value.isEmpty
        && name.withUTF8Buffer { pool[index(part.name)].elementsEqual($0) }
    }
  }

  /// Puts the labels into their final form: sorted, each name once. Values of attributes whose names fall together are joined
  /// by `;` in the order of their keys, as Prometheus does it; an own label stays alone.
  mutating func finish() {
    sort()
    if !parts.indices.dropFirst().contains(where: { compare(parts[$0 - 1].name, parts[$0].name) == nil }) { return }
    var kept: [Part] = []
    kept.reserveCapacity(parts.count)
    var start = 0
    while start < parts.count {
      let first = parts[start]
      let end = parts[start...].firstIndex { compare(first.name, $0.name) != nil } ?? parts.count
      kept.append(end == start + 1 || first.source == .own ? first : joined(parts[start..<end]))
      start = end
    }
    parts = kept
  }

  /// Points have few attributes: insertion for those, and for thousands what does not go square.
  private mutating func sort() {
    if parts.count > 32 {
      var sorted = parts
      sorted.sort { precedes($0, $1) }
      parts = sorted
      return
    }
    for index in parts.indices.dropFirst() {
      var at = index
      while at > 0, precedes(parts[at], parts[at - 1]) {
        parts.swapAt(at, at - 1)
        at -= 1
      }
    }
  }

  private func precedes(_ left: Part, _ right: Part) -> Bool {
    if let precedes = compare(left.name, right.name) { return precedes }
    if left.source != right.source { return left.source.rawValue < right.source.rawValue }
    return compare(left.key, right.key) ?? false
  }

  private mutating func joined(_ same: ArraySlice<Part>) -> Part {
    var result = same[same.startIndex]
    let start = pool.count
    for part in same {
      if part.key != result.key { pool.append(UInt8(ascii: ";")) }
      pool.append(contentsOf: pool[index(part.value)])
    }
    result.value = range(start, pool.count)
    return result
  }

  /// Writes the labels as fields 1 of a `prometheus.TimeSeries`, those without a value left out.
  func write(name: [UInt8], bound: [UInt8], to output: inout WireBytes) {
    for part in parts {
      let value: ArraySlice<UInt8> =
        switch part.slot {
        case .none: pool[index(part.value)]
        case .metricName: name[...]
        case .bound: bound[...]
        }
      if !value.isEmpty { output.label(pool[index(part.name)], value) }
    }
  }

  /// Whether `left` comes first; `nil` where both are the same.
  private func compare(_ left: Range<Int32>, _ right: Range<Int32>) -> Bool? {
    pool.withUnsafeBufferPointer { pool in
      for position in 0..<min(left.count, right.count) {
        let (a, b) = (pool[Int(left.lowerBound) + position], pool[Int(right.lowerBound) + position])
        if a != b { return a < b }
      }
      return left.count == right.count ? nil : left.count < right.count
    }
  }

  private func range(_ start: Int, _ end: Int) -> Range<Int32> {
    Int32(clamping: start)..<Int32(clamping: end)
  }

  private func index(_ range: Range<Int32>) -> Range<Int> { Int(range.lowerBound)..<Int(range.upperBound) }
}

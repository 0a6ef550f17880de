import FleetModel

/// Makes the labels of the result of two matched series, on their encoded bytes.
struct LabelEditor {
  private let matching: VectorMatching
  private let dropsName: Bool
  /// `bool` drops even a name that the "one" side gives.
  private let returnsBool: Bool
  /// The labels of the matching, and those that the "one" side gives, in their order.
  private let names: [[UInt8]]
  private let included: [[UInt8]]
  private var bytes: [UInt8] = []

  init(_ matching: VectorMatching, _ node: BinaryOperation) {
    self.matching = matching
    dropsName = !node.keepsSamples
    returnsBool = node.returnsBool
    names = matching.labels.map { Array($0.utf8) }
    included = Set(matching.included).map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  mutating func edited(
    _ many: LabelSet, _ manyDropsName: Bool, _ one: LabelSet, _ oneDropsName: Bool
  ) -> LabelSet {
    bytes.removeAll(keepingCapacity: true)
    many.encoded.withUnsafeBufferPointer { source in
      one.encoded.withUnsafeBufferPointer { other in
        var cursor = LabelCursor(source)
        var next = 0
        while cursor.next() {
          let name = source[cursor.name]
          // What the "one" side gives comes at its place in the order.
          while next < included.count, included[next].lexicographicallyPrecedes(name) {
            append(included[next], of: other, oneDropsName)
            next += 1
          }
          if keeps(cursor, manyDropsName) {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[cursor.start..<cursor.end]))
          }
        }
        while next < included.count {
          append(included[next], of: other, oneDropsName)
          next += 1
        }
      }
    }
    return LabelSet(canonicalEncoding: Array(bytes))
  }

  private func keeps(_ cursor: LabelCursor, _ namesDrop: Bool) -> Bool {
    if dropsName || namesDrop, cursor.nameIs(LabelSet.metricNameBytes) { return false }
    if included.contains(where: cursor.nameIs) { return false }
    return matching.cardinality != .oneToOne || names.contains(where: cursor.nameIs) == matching.isOn
  }

  /// Appends the pair called `name` of `labels`, if there is one.
  private mutating func append(_ name: [UInt8], of labels: UnsafeBufferPointer<UInt8>, _ namesDrop: Bool) {
    if name == LabelSet.metricNameBytes, namesDrop || returnsBool { return }
    var cursor = LabelCursor(labels)
    while cursor.next() {
      guard cursor.nameIs(name) else { continue }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: labels[cursor.start..<cursor.end]))
      return
    }
  }
}

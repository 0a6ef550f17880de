import FleetModel

/// The series that match some matchers, in the order of answers, and where each of them is: in the head under its number, in
/// each block at its place. Whether they have samples in some range is another question.
struct SeriesMatch: Sendable {
  /// Stands for a number or place where a series is not.
  static let nowhere = UInt32.max

  private(set) var labels: [LabelSet] = []
  /// Of each series in the head.
  private(set) var numbers: [UInt32] = []
  /// By block, of each series in it.
  private(set) var places: [[Block.Place]] = []
  /// All series that the head made before it had given so many numbers were looked at.
  var issued = 0

  var count: Int { labels.count }

  init() {}

  /// - Parameter found: sorted by labels, none twice.
  init(_ found: [(labels: LabelSet, number: UInt32)], issued: Int) {
    labels = found.map(\.labels)
    numbers = found.map(\.number)
    self.issued = issued
  }

  /// Adds series of the head, sorted by labels. One whose labels are known already takes over its row: the store had forgotten
  /// the series, or it was in blocks alone. O(rows).
  mutating func add(_ found: [(labels: LabelSet, number: UInt32)]) {
    let rows = makeRows(found.map(\.labels))
    for (row, one) in zip(rows, found) { numbers[row] = one.number }
  }

  /// Adds a block with those of its series that match. O(rows).
  ///
  /// - Parameter found: the places in rising order.
  mutating func add(_ found: [Block.Place], of block: Block) throws(BlockError) {
    var reader = block.reader()
    var others: [LabelSet] = []
    others.reserveCapacity(found.count)
    var guess = 0
    for place in found {
      others.append(
        try reader.withLabels(place) { bytes in
          while guess < labels.count {
            let order = labels[guess].encoded.withUnsafeBytes { LabelSet.compare(encoded: $0, bytes) }
            if order == 0 { return labels[guess] }
            if order > 0 { break }
            guess += 1
          }
          return LabelSet(canonicalEncoding: Array(bytes))
        })
    }
    let rows = makeRows(others)
    places.append([Block.Place](repeating: Self.nowhere, count: count))
    for (row, place) in zip(rows, found) { places[places.count - 1][row] = place }
  }

  /// The row of each of these label sets, which are sorted; rows are made for those that are not there.
  private mutating func makeRows(_ others: [LabelSet]) -> [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(others.count)
    var fresh = 0
    var row = 0
    for other in others {
      while row < count, labels[row] != other, LabelSet.precedes(labels[row], other) { row += 1 }
      if row < count, labels[row] == other {
        rows.append(row)
      } else {
        // Comes before this row.
        rows.append(~row)
        fresh += 1
      }
    }
    if fresh > 0 { insert(others, &rows, fresh) }
    return rows
  }

  /// Makes rows for those of `others` whose place in `rows` is the complement of the row that they come before.
  private mutating func insert(_ others: [LabelSet], _ rows: inout [Int], _ fresh: Int) {
    var result = SeriesMatch()
    result.issued = issued
    result.places = places.map { _ in [] }
    result.reserve(count + fresh)
    var taken = 0
    for (index, other) in others.enumerated() {
      if rows[index] >= 0 {
        // As many rows as were made so far come before it.
        rows[index] += result.count - taken
        continue
      }
      result.append(self, taken..<(~rows[index]))
      taken = ~rows[index]
      rows[index] = result.count
      result.labels.append(other)
      result.numbers.append(Self.nowhere)
      for block in result.places.indices { result.places[block].append(Self.nowhere) }
    }
    result.append(self, taken..<count)
    self = result
  }

  private mutating func reserve(_ rows: Int) {
    labels.reserveCapacity(rows)
    numbers.reserveCapacity(rows)
    for block in places.indices { places[block].reserveCapacity(rows) }
  }

  private mutating func append(_ other: SeriesMatch, _ rows: Range<Int>) {
    labels.append(contentsOf: other.labels[rows])
    numbers.append(contentsOf: other.numbers[rows])
    for block in places.indices { places[block].append(contentsOf: other.places[block][rows]) }
  }
}

/// Builds the section of series: the labels of each as numbers of pairs, in groups of 32,
///
/// ```
/// min(shared, 15) << 4 | min(rest, 15) │ shared - 15, if 15 or more │ rest - 15, if 15 or more
/// for each pair of the rest: number - one more than the pair before; for the first of them, where the series before has a
///   pair at this position, one more than that pair
/// ```
/// `shared` counts the leading pairs that are those of the series before (0 for the first of a group), `rest` the others.
/// What comes before the first pair counts as -1. So series and pairs rise by construction, from one series to the next.
struct SeriesTableBuilder {
  private var table = GroupedTableBuilder(perGroup: BlockFormat.seriesPerGroup)
  private var previous: [Int] = []

  var isTooLarge: Bool { table.isTooLarge }

  mutating func add(_ pairs: [Int]) {
    let begins = table.beginRecord()
    if begins { previous.removeAll(keepingCapacity: true) }
    var shared = 0
    while shared < min(previous.count, pairs.count), previous[shared] == pairs[shared] { shared += 1 }
    let rest = pairs.count - shared
    table.bytes.append(UInt8(min(shared, 15) << 4 | min(rest, 15)))
    if shared >= 15 { BlockFormat.append(varint: shared - 15, to: &table.bytes) }
    if rest >= 15 { BlockFormat.append(varint: rest - 15, to: &table.bytes) }
    var base = shared < previous.count ? previous[shared] : shared > 0 ? pairs[shared - 1] : -1
    for pair in pairs[shared...] {
      BlockFormat.append(varint: pair - base - 1, to: &table.bytes)
      base = pair
    }
    previous.removeAll(keepingCapacity: true)
    previous.append(contentsOf: pairs)
  }

  consuming func finish() -> [UInt8] { table.finish() }
}

/// Reads the pairs of one series after the other; quick where one goes on to the next.
struct SeriesCursor {
  private let table: GroupedTable
  private let pairCount: Int
  private var reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
  private(set) var place = -1
  private(set) var pairs: [Int] = []
  /// How many of the leading pairs are the same as when this was last set.
  var unchanged = 0

  init(_ table: GroupedTable, pairCount: Int) {
    self.table = table
    self.pairCount = pairCount
  }

  mutating func move(to target: Int) throws(BlockFlaw) {
    precondition(target >= 0 && target < table.count, "BUG: series \(target) of \(table.count)")
    if target == place { return }
    do throws(BlockFlaw) {
      if place < 0 || target < place || target / table.perGroup != place / table.perGroup {
        reader = table.reader(group: target / table.perGroup)
        pairs.removeAll(keepingCapacity: true)
        unchanged = 0
        place = target / table.perGroup * table.perGroup - 1
      }
      while place < target { try step() }
    } catch {
      place = -1
      throw error
    }
  }

  private mutating func step() throws(BlockFlaw) {
    let head = try reader.byte()
    let shared = head >> 4 < 15 ? head >> 4 : 15 + (try reader.number(atMost: pairCount))
    let rest = head & 15 < 15 ? head & 15 : 15 + (try reader.number(atMost: pairCount))
    place += 1
    guard shared <= pairs.count, rest > 0 || place % table.perGroup == 0 else {
      throw BlockFlaw("series \(place) does not follow from the one before")
    }
    var base = shared < pairs.count ? pairs[shared] : shared > 0 ? pairs[shared - 1] : -1
    if shared < unchanged { unchanged = shared }
    pairs.removeLast(pairs.count - shared)
    for _ in 0..<rest {
      let pair = base + 1 + (try reader.number(atMost: pairCount))
      guard pair < pairCount else { throw BlockFlaw("series \(place) names label \(pair) of \(pairCount)") }
      pairs.append(pair)
      base = pair
    }
  }
}

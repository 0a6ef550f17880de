import FleetModel

/// Gathers the labels of the series of a block in the making, and builds the sections of series, names, pairs and postings.
/// Holds each pair once and, for each series, what differs from the one before.
struct BlockLabelBuilder: ~Copyable {
  private struct Pair {
    var name: Range<Int>
    var value: Range<Int>
    var series: Int
  }

  struct Sections {
    var series: [UInt8]
    var names: [UInt8]
    var pairs: [UInt8]
    var postings: [UInt8]
    var nameCount: Int
    var pairCount: Int
    var isTooLarge: Bool
  }

  private var slots = HashSlots()
  private let seed: UInt64
  private var text: [UInt8] = []
  private var pairs: [Pair] = []
  /// For each series: leading pairs shared with the one before, further pairs, their numbers in the order of coming.
  private var log: [UInt8] = []
  private var seriesCount = 0
  private var previous: [UInt8] = []
  private var previousPairs: [(number: Int, end: Int)] = []

  init(seed: UInt64) { self.seed = seed }

  /// - Precondition: `encoded` comes after the labels of the series before.
  mutating func add(_ encoded: UnsafeRawBufferPointer) {
    previous.withUnsafeBytes { previous in
      precondition(
        seriesCount == 0 || LabelSet.compare(encoded: previous, encoded) < 0, "BUG: series come in the wrong order")
    }
    var shared = 0
    var offset = 0
    while shared < previousPairs.count, previousPairs[shared].end <= encoded.count {
      let range = offset..<previousPairs[shared].end
      let isSame = previous.withUnsafeBytes {
        compareBytes(UnsafeRawBufferPointer(rebasing: $0[range]), UnsafeRawBufferPointer(rebasing: encoded[range])) == 0
      }
      guard isSame else { break }
      offset = range.upperBound
      shared += 1
    }
    previousPairs.removeLast(previousPairs.count - shared)
    var cursor = LabelCursor(UnsafeRawBufferPointer(rebasing: encoded[offset...]))
    while let label = cursor.next() {
      let number = number(of: label, in: UnsafeRawBufferPointer(rebasing: encoded[offset...]))
      previousPairs.append((number, offset + label.whole.upperBound))
    }
    precondition(!cursor.isMalformed, "BUG: malformed labels")
    previous.removeAll(keepingCapacity: true)
    previous.append(contentsOf: encoded)
    for index in previousPairs.indices { pairs[previousPairs[index].number].series += 1 }
    BlockFormat.append(varint: shared, to: &log)
    BlockFormat.append(varint: previousPairs.count - shared, to: &log)
    for pair in previousPairs[shared...] { BlockFormat.append(varint: pair.number, to: &log) }
    seriesCount += 1
  }

  private mutating func number(of label: LabelCursor.Label, in bytes: UnsafeRawBufferPointer) -> Int {
    let whole = UnsafeRawBufferPointer(rebasing: bytes[label.whole])
    let hash = LabelHash.hash(whole, seed: seed)
    let name = UnsafeRawBufferPointer(rebasing: bytes[label.name])
    let value = UnsafeRawBufferPointer(rebasing: bytes[label.value])
    let found = text.withUnsafeBytes { text in
      slots.find(hash) { number in
        let pair = pairs[Int(number)]
        return compareBytes(UnsafeRawBufferPointer(rebasing: text[pair.name]), name) == 0
          && compareBytes(UnsafeRawBufferPointer(rebasing: text[pair.value]), value) == 0
      }
    }
    if let found { return Int(found) }
    let start = text.count
    text.append(contentsOf: name)
    text.append(contentsOf: value)
    let middle = start + name.count
    pairs.append(Pair(name: start..<middle, value: middle..<text.count, series: 0))
    slots.insert(hash, UInt32(pairs.count - 1))
    return pairs.count - 1
  }

  consuming func finish() -> Sections {
    let order = sortedPairs()
    var ranks = [Int](repeating: 0, count: order.count)
    for (rank, number) in order.enumerated() { ranks[number] = rank }
    var series = SeriesTableBuilder()
    forEachSeries(ranks) { _, pairs in series.add(pairs) }
    let lists = postings(order, ranks)
    let names = nameTable(order)
    let pairSection = pairTable(order, lists)
    let isTooLarge = series.isTooLarge || pairSection.isTooLarge
    return Sections(
      series: series.finish(), names: names.bytes, pairs: pairSection.bytes, postings: lists.bytes,
      nameCount: names.count, pairCount: pairs.count, isTooLarge: isTooLarge)
  }

  private func sortedPairs() -> [Int] {
    text.withUnsafeBytes { text in
      pairs.indices.sorted { left, right in
        let (a, b) = (pairs[left], pairs[right])
        let order = compareBytes(UnsafeRawBufferPointer(rebasing: text[a.name]), .init(rebasing: text[b.name]))
        if order != 0 { return order < 0 }
        return compareBytes(UnsafeRawBufferPointer(rebasing: text[a.value]), .init(rebasing: text[b.value])) < 0
      }
    }
  }

  /// Calls `body` with each series' pairs by rank.
  private func forEachSeries(_ ranks: [Int], _ body: (_ place: Int, _ pairs: [Int]) -> Void) {
    var pairs: [Int] = []
    var position = 0
    log.withUnsafeBufferPointer { log in
      for place in 0..<seriesCount {
        pairs.removeLast(pairs.count - Self.varint(log, &position))
        for _ in 0..<Self.varint(log, &position) { pairs.append(ranks[Self.varint(log, &position)]) }
        body(place, pairs)
      }
    }
  }

  @inline(__always)
  private static func varint(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Int {
    var number = 0
    var shift = 0
    while true {
      let byte = bytes[position]
      position += 1
      number |= Int(byte & 0x7f) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
  }

  private struct Lists {
    var bytes: [UInt8] = []
    /// By rank.
    var places: [PairPostings] = []
  }

  /// Places sorted by pair in passes over the series, each for so many pairs as memory is granted for.
  private func postings(_ order: [Int], _ ranks: [Int]) -> Lists {
    let placesAtOnce = 4 << 20
    var lists = Lists()
    var first = 0
    while first < order.count {
      var total = 0
      var next: [Int] = []
      while first + next.count < order.count, next.isEmpty || total < placesAtOnce {
        next.append(total)
        total += pairs[order[first + next.count - 1]].series
      }
      let range = first..<first + next.count
      let places = [UInt32](unsafeUninitializedCapacity: total) { places, count in
        forEachSeries(ranks) { place, pairs in
          for pair in pairs where range.contains(pair) {
            places[next[pair - first]] = UInt32(truncatingIfNeeded: place)
            next[pair - first] += 1
          }
        }
        count = total
      }
      var start = 0
      for end in next {
        places.withUnsafeBufferPointer { append(UnsafeBufferPointer(rebasing: $0[start..<end]), to: &lists) }
        start = end
      }
      first = range.upperBound
    }
    return lists
  }

  private func append(_ places: UnsafeBufferPointer<UInt32>, to lists: inout Lists) {
    if places.count == 1 { return lists.places.append(.one(Int(places[0]))) }
    let start = lists.bytes.count
    BlockPostings.append(places, to: &lists.bytes)
    lists.places.append(.list(start..<lists.bytes.count))
  }

  private func nameTable(_ order: [Int]) -> (bytes: [UInt8], count: Int) {
    var table = GroupedTableBuilder(perGroup: 1)
    var last: ArraySlice<UInt8>?
    for (rank, number) in order.enumerated() {
      let name = text[pairs[number].name]
      if let last, last.elementsEqual(name) { continue }
      _ = table.beginRecord()
      BlockFormat.append(varint: name.count, to: &table.bytes)
      table.bytes.append(contentsOf: name)
      BlockFormat.append(varint: rank, to: &table.bytes)
      last = name
    }
    let count = table.count
    return (table.finish(), count)
  }

  private func pairTable(_ order: [Int], _ lists: Lists) -> (bytes: [UInt8], isTooLarge: Bool) {
    var table = GroupedTableBuilder(perGroup: BlockFormat.pairsPerGroup)
    var previous: Pair?
    var single = 0
    var listEnd = 0
    for (rank, number) in order.enumerated() {
      let pair = pairs[number]
      var shared = 0
      if table.beginRecord() {
        BlockFormat.append(varint: listEnd, to: &table.bytes)
        single = 0
      } else {
        if let previous, text[previous.name].elementsEqual(text[pair.name]) {
          shared = zip(text[previous.value], text[pair.value]).prefix { $0 == $1 }.count
        }
        BlockFormat.append(varint: shared, to: &table.bytes)
      }
      let rest = text[pair.value].dropFirst(shared)
      BlockFormat.append(varint: rest.count, to: &table.bytes)
      table.bytes.append(contentsOf: rest)
      switch lists.places[rank] {
      case .one(let place):
        BlockFormat.append(varint: BlockFormat.zigzag(Int64(place - single)) << 1, to: &table.bytes)
        single = place
      case .list(let range):
        BlockFormat.append(varint: range.count << 1 | 1, to: &table.bytes)
        listEnd = range.upperBound
      }
      previous = pair
    }
    let isTooLarge = table.isTooLarge
    return (table.finish(), isTooLarge)
  }
}

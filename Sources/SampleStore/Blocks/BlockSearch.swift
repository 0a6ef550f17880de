import FleetModel

extension Block {
  /// The places of the series that match, rising.
  func find(_ matchers: [CompiledMatcher]) throws(BlockError) -> [Place] {
    try naming { () throws(BlockFlaw) in
      var search = BlockSearch(self)
      return try search.run(matchers)
    }
  }

  /// Names of the labels of these series.
  func labelNames(_ places: [Place]) throws(BlockError) -> Set<[UInt8]> {
    try naming { () throws(BlockFlaw) in
      var names = Set<[UInt8]>()
      var end = 0
      for pair in try BlockSearch(self).used(0..<labels.pairs.count, places) where pair >= end {
        let name = try labels.name(ofPair: pair)
        names.insert(Array(name.text))
        end = name.pairs.upperBound
      }
      return names
    }
  }

  /// Values of the label `name` among these series.
  func labelValues(of name: [UInt8], _ places: [Place]) throws(BlockError) -> Set<[UInt8]> {
    try naming { () throws(BlockFlaw) in
      guard let found = try labels.find(name: name) else {
        return []
      }
      var cursor = PairCursor(labels)
      var values = Set<[UInt8]>()
      for pair in try BlockSearch(self).used(found.pairs, places) {
        try cursor.move(to: pair)
        values.insert(cursor.value)
      }
      return values
    }
  }

  /// Calls `body` with each label of the block in order, and the number of its series.
  func forEachLabel(
    _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ series: Int) -> Void
  ) throws(BlockError) {
    try naming { () throws(BlockFlaw) in
      var cursor = PairCursor(labels)
      for index in 0..<labels.names.count {
        let name = try labels.name(index)
        for pair in name.pairs {
          try cursor.move(to: pair)
          let list = try PostingsCursor(cursor.postings, in: labels.postings, seriesCount: summary.series)
          cursor.value.withUnsafeBytes { body(name.text, $0, list.count) }
        }
      }
    }
  }
}

/// Finds the series of a block that match:
///
/// 1. each matcher names its labels: values are looked up by halving, patterns are tried on the values of the name, from
///    the pattern's literal beginning on;
/// 2. the inclusive matcher with the fewest series gives the candidates;
/// 3. the others thin them out: by jumping through the list of a single label, by a set of bits for several, or by the
///    labels of the candidates where those are much fewer.
struct BlockSearch {
  /// The labels that a matcher names.
  private struct Named {
    var pairs: [UInt32] = []
    var lists: [PairPostings] = []
    var seriesCount = 0
  }

  private let block: Block
  private let labels: LabelTable

  init(_ block: Block) {
    self.block = block
    labels = block.labels
  }

  mutating func run(_ matchers: [CompiledMatcher]) throws(BlockFlaw) -> [Block.Place] {
    var included: [Named] = []
    var excluded: [Named] = []
    for matcher in matchers {
      let named = try labels(of: matcher)
      if matcher.isInclusive {
        if named.pairs.isEmpty { return [] }
        included.append(named)
      } else if !named.pairs.isEmpty {
        excluded.append(named)
      }
    }
    included.sort { $0.seriesCount < $1.seriesCount }
    var places: [Block.Place]
    if let smallest = included.first {
      places = try collect(smallest)
    } else {
      places = Array(0..<Block.Place(truncatingIfNeeded: labels.seriesCount))
    }
    for named in included.dropFirst() { try thin(&places, by: named, keepingMembers: true) }
    for named in excluded { try thin(&places, by: named, keepingMembers: false) }
    return places
  }

  private func labels(of matcher: CompiledMatcher) throws(BlockFlaw) -> Named {
    guard let name = try labels.find(name: matcher.name) else { return Named() }
    var named = Named()
    switch matcher.labels {
    case .values(let values):
      for value in Set(values) {
        let bytes = Array(value.utf8)
        let cursor = try labels.lowerBound(bytes, in: name.pairs)
        if cursor.number < name.pairs.upperBound, cursor.value == bytes { try add(cursor, to: &named) }
      }
      named.pairs.sort()
    case .all:
      var cursor = PairCursor(labels)
      for pair in name.pairs {
        try cursor.move(to: pair)
        try add(cursor, to: &named)
      }
    case .pattern(let pattern, let inverted):
      let prefix = inverted ? [] : pattern.literalPrefix
      var cursor = try labels.lowerBound(prefix, in: name.pairs)
      while cursor.number < name.pairs.upperBound, cursor.value.starts(with: prefix) {
        let matches = cursor.value.withUnsafeBufferPointer { pattern.matches(utf8: $0) }
        if matches != inverted { try add(cursor, to: &named) }
        try cursor.advance()
      }
    }
    // The series with one label of a name have no other of that name: forged lists must not add up to more.
    guard named.seriesCount <= labels.seriesCount else { throw BlockFlaw("series have several labels of one name") }
    return named
  }

  private func add(_ cursor: PairCursor, to named: inout Named) throws(BlockFlaw) {
    named.pairs.append(UInt32(truncatingIfNeeded: cursor.number))
    named.lists.append(cursor.postings)
    named.seriesCount += try list(cursor.postings).count
  }

  private func list(_ postings: PairPostings) throws(BlockFlaw) -> PostingsCursor {
    try PostingsCursor(postings, in: labels.postings, seriesCount: labels.seriesCount)
  }

  private func collect(_ named: Named) throws(BlockFlaw) -> [Block.Place] {
    var places: [Block.Place] = []
    places.reserveCapacity(named.seriesCount)
    if named.lists.count > 1, named.seriesCount > labels.seriesCount / 64 {
      try set(of: named).visit { places.append($0) }
      return places
    }
    for postings in named.lists {
      var list = try list(postings)
      try list.collect(into: &places)
    }
    if named.lists.count > 1 { places.sort() }
    return places
  }

  private func set(of named: Named) throws(BlockFlaw) -> PlaceSet {
    var set = PlaceSet(count: labels.seriesCount)
    for postings in named.lists {
      var list = try list(postings)
      try list.collect(into: &set)
    }
    return set
  }

  private func thin(_ places: inout [Block.Place], by named: Named, keepingMembers: Bool) throws(BlockFlaw) {
    var kept = 0
    if named.lists.count == 1 {
      var list = try list(named.lists[0])
      for place in places where try list.contains(Int(place)) == keepingMembers {
        places[kept] = place
        kept += 1
      }
    } else if named.seriesCount > 16 * places.count {
      let pairs = PairSet(named.pairs)
      var series = SeriesCursor(block.series, pairCount: labels.pairs.count)
      for place in places {
        try series.move(to: Int(place))
        guard series.pairs.contains(where: { pairs.contains(UInt32($0)) }) == keepingMembers else { continue }
        places[kept] = place
        kept += 1
      }
    } else {
      let set = try set(of: named)
      for place in places where set.contains(place) == keepingMembers {
        places[kept] = place
        kept += 1
      }
    }
    places.removeLast(places.count - kept)
  }

  /// Which of `pairs` the series have, rising.
  func used(_ pairs: Range<Int>, _ places: [Block.Place]) throws(BlockFlaw) -> [Int] {
    guard !places.isEmpty else { return [] }
    if places.count == labels.seriesCount { return Array(pairs) }
    var found = PlaceSet(count: pairs.count)
    var series = SeriesCursor(block.series, pairCount: labels.pairs.count)
    for place in places {
      try series.move(to: Int(place))
      for pair in series.pairs where pairs.contains(pair) {
        found.insert(pair - pairs.lowerBound..<pair - pairs.lowerBound + 1)
      }
    }
    var used: [Int] = []
    found.visit { used.append(pairs.lowerBound + Int($0)) }
    return used
  }
}

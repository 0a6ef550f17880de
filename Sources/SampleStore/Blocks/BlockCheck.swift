import FleetModel

extension Block {
  /// Reads everything: every checksum, every chunk, the order of series and times, and whether the index says of each
  /// series just what its labels say.
  ///
  /// - Returns: what is wrong, in words that name the place; empty if nothing is.
  func check() -> [String] {
    var check = BlockCheck(self)
    return check.run()
  }
}

/// One complete reading of a block.
struct BlockCheck {
  /// Enough to see what is the matter.
  private static let maximumProblems = 100

  private let block: Block
  private let labels: LabelTable
  private var problems: [String] = []
  /// For each label its name's number, and what its series sum up to.
  private var nameOfPair: [UInt32] = []
  private var members: [Members]
  private var samples: UInt64 = 0
  private var chunks = 0
  private var minTime = Int64.max
  private var maxTime = Int64.min

  /// A number and a hash of rising places: two lists with equal ones are taken for equal.
  private struct Members: Hashable {
    var count = 0
    var hash: UInt64 = 0

    mutating func add(_ place: Int) {
      count += 1
      hash = (hash ^ UInt64(place)) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
    }
  }

  init(_ block: Block) {
    self.block = block
    labels = block.labels
    members = Array(repeating: Members(), count: block.labels.pairs.count)
  }

  mutating func run() -> [String] {
    problems += block.flawedPages()
    attempt { (check: inout Self) throws(BlockFlaw) in
      try Block.verifySections(check.block.fileBytes, check.block.footer)
    }
    attempt { (check: inout Self) throws(BlockFlaw) in try check.checkNames() }
    attempt { (check: inout Self) throws(BlockFlaw) in try check.checkSeries() }
    attempt { (check: inout Self) throws(BlockFlaw) in try check.checkPostings() }
    attempt { (check: inout Self) throws(BlockFlaw) in try check.checkChunks() }
    if problems.isEmpty { checkSummary() }
    return problems
  }

  private mutating func attempt(_ part: (inout Self) throws(BlockFlaw) -> Void) {
    do throws(BlockFlaw) { try part(&self) } catch { note(error.reason) }
  }

  private mutating func note(_ problem: String) {
    if problems.count == Self.maximumProblems { problems.append("further problems are not listed") }
    if problems.count < Self.maximumProblems { problems.append(problem) }
  }

  private mutating func checkNames() throws(BlockFlaw) {
    var cursor = PairCursor(labels)
    var last: UnsafeRawBufferPointer?
    var nextPair = 0
    var listEnd = 0
    for index in 0..<labels.names.count {
      let name = try labels.name(index)
      if let last, compareBytes(last, name.text) >= 0 { note("label name \(index) does not come after the one before") }
      if name.pairs.lowerBound != nextPair { note("label name \(index) does not begin with label \(nextPair)") }
      last = name.text
      nextPair = name.pairs.upperBound
      var value: [UInt8]?
      for pair in name.pairs {
        try cursor.move(to: pair)
        if cursor.value.isEmpty { note("label \(pair) has no value") }
        if let value, !value.lexicographicallyPrecedes(cursor.value) {
          note("label \(pair) does not come after the one before")
        }
        value = cursor.value
        if case .list(let range) = cursor.postings {
          if range.lowerBound != listEnd { note("the list of label \(pair) does not begin at byte \(listEnd)") }
          listEnd = range.upperBound
        }
        nameOfPair.append(UInt32(truncatingIfNeeded: index))
      }
    }
    guard nameOfPair.count == labels.pairs.count else {
      throw BlockFlaw("\(labels.pairs.count - nameOfPair.count) labels belong to no name")
    }
    let restOfLists = labels.postings.count - listEnd
    if restOfLists != 0 { note("\(restOfLists) bytes of postings belong to no label") }
  }

  private mutating func checkSeries() throws(BlockFlaw) {
    var cursor = SeriesCursor(block.series, pairCount: labels.pairs.count)
    var last: [Int] = []
    for place in 0..<block.summary.series {
      try cursor.move(to: place)
      if place > 0, !last.lexicographicallyPrecedes(cursor.pairs) {
        note("series \(place) does not come after the one before")
      }
      last = cursor.pairs
      var name: UInt32?
      for pair in cursor.pairs {
        members[pair].add(place)
        guard pair < nameOfPair.count else { continue }
        if nameOfPair[pair] == name { note("series \(place) has two labels of one name") }
        name = nameOfPair[pair]
      }
    }
  }

  private mutating func checkPostings() throws(BlockFlaw) {
    var cursor = PairCursor(labels)
    for pair in 0..<labels.pairs.count {
      try cursor.move(to: pair)
      var list = try PostingsCursor(cursor.postings, in: labels.postings, seriesCount: block.summary.series)
      if let flaw = try list.flawOfSkips() { note("the list of label \(pair): \(flaw)") }
      var found = Members()
      var end = 0
      while try list.next() {
        if list.start < end { note("the list of label \(pair) does not rise") }
        end = list.end
        for place in list.start..<list.end { found.add(place) }
      }
      if found != members[pair] || found.count != list.count {
        note("the list of label \(pair) does not name the series that have it")
      }
    }
  }

  private mutating func checkChunks() throws(BlockFlaw) {
    var cursor = block.chunkCursor()
    var times = block.timeCursor()
    var position = BlockFormat.headerBytes
    var nextColumn = 0
    let buffer = UnsafeMutablePointer<Int64>.allocate(capacity: ValueColumn.maximumCount)
    let values = UnsafeMutablePointer<Double>.allocate(capacity: ValueColumn.maximumCount)
    defer {
      buffer.deallocate()
      values.deallocate()
    }
    for place in 0..<block.summary.series {
      try cursor.move(to: place)
      if place % BlockFormat.seriesPerGroup == 0, cursor.firstPosition != position || cursor.firstColumn != nextColumn {
        note("the data of series \(place) do not follow those before")
      }
      position = cursor.position
      var fresh = cursor.newTimes[...]
      var lastMin = Int64.min
      for (index, column) in cursor.columns.enumerated() {
        let record = try times.read(column)
        if column == nextColumn {
          if fresh.popFirst() != record.bytes { note("time column \(column) does not lie where series \(place) says") }
          nextColumn += 1
        }
        if record.minTime < lastMin { note("chunk \(index) of series \(place) begins before the one before") }
        lastMin = record.minTime
        let chunk = Block.Chunk(
          minTime: record.minTime, maxTime: record.maxTime, count: record.count, column: UInt32(column),
          timeBytes: record.bytes, valueBytes: cursor.values[index],
          isHistogram: !cursor.areHistograms.isEmpty && cursor.areHistograms[index])
        do throws(BlockError) {
          if chunk.isHistogram {
            _ = try block.histograms(chunk)
          } else {
            try block.decode(chunk, times: buffer, values: values)
          }
        } catch {
          note("chunk \(index) of series \(place): \(error.reason)")
        }
        chunks += 1
        samples += UInt64(record.count)
        minTime = min(minTime, record.minTime)
        maxTime = max(maxTime, record.maxTime)
      }
    }
    if position != block.footer.dataEnd { note("\(block.footer.dataEnd - position) bytes of data belong to no chunk") }
    let restOfColumns = block.footer.timeColumns - nextColumn
    if restOfColumns != 0 { note("\(restOfColumns) time columns belong to no chunk") }
  }

  private mutating func checkSummary() {
    let said = block.summary
    if said.samples != samples { note("the footer says \(said.samples) samples, there are \(samples)") }
    if said.chunks != chunks { note("the footer says \(said.chunks) chunks, there are \(chunks)") }
    if said.minTime != minTime || said.maxTime != maxTime {
      note("the footer says times \(said.minTime) ... \(said.maxTime), they are \(minTime) ... \(maxTime)")
    }
  }
}

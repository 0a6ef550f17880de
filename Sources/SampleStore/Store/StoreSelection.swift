public import FleetModel
import Synchronization
import SystemPackage

/// A query over the blocks, joined with what the head answered.
///
/// The head is asked before the list of blocks is taken: samples that a flush moves meanwhile are then seen in one or the
/// other, or in both, which does no harm.
struct StoreSelection {
  /// A series of the answer and where it lies.
  private struct Found {
    var labels: LabelSet
    /// Block and place in it, blocks by rising sequence.
    var parts: [(block: Int, place: Block.Place)] = []
    var fromHead: Int?
  }

  /// Samples decoded, or series found, between two looks at whether the task is cancelled: some milliseconds.
  private static let samplesAtOnce = 1 << 18
  private static let seriesAtOnce = 4096

  let members: [BlockCatalog.Member]
  let matchers: [CompiledMatcher]
  let from: Int64
  let through: Int64

  /// - Parameter head: what the head answered to the same question, sorted.
  /// - Throws: `CancellationError`; ``BlockError``: ask anew without that block.
  func run(joining head: [SelectedSeries]) async throws -> [SelectedSeries] {
    let found = try await find(head)
    var readers = members.map { $0.block.reader() }
    var result: [SelectedSeries] = []
    result.reserveCapacity(found.count)
    var next = 0
    while next < found.count {
      next = try decode(found, from: next, head, &readers, into: &result)
      try await Self.pause()
    }
    return result
  }

  private static func pause() async throws {
    try Task.checkCancellation()
    await Task.yield()
  }

  /// Decodes series until there is enough for one step.
  ///
  /// - Returns: the index to go on from.
  private func decode(
    _ found: [Found], from start: Int, _ head: [SelectedSeries], _ readers: inout [BlockSeriesReader],
    into result: inout [SelectedSeries]
  ) throws(BlockError) -> Int {
    var joiner = SampleJoiner()
    var index = start
    var samples = 0
    while index < found.count, samples < Self.samplesAtOnce {
      let series = found[index]
      index += 1
      if series.parts.isEmpty, let fromHead = series.fromHead {
        result.append(head[fromHead])
        continue
      }
      var sources: [(block: Block, chunks: [Block.Chunk])] = []
      for part in series.parts {
        try readers[part.block].readChunks(part.place)
        sources.append((members[part.block].block, readers[part.block].chunks))
      }
      let columns = try joiner.join(
        sources, series.fromHead.map { [head[$0].samples] } ?? [], from: from, through: through)
      samples += columns.count + 64
      if columns.count > 0 { result.append(SelectedSeries(labels: series.labels, samples: columns)) }
    }
    return index
  }

  /// The series that match, each once, sorted by labels.
  private func find(_ head: [SelectedSeries]) async throws -> [Found] {
    var found: [Found] = []
    var indices: [LabelSet: Int] = [:]
    for (block, member) in members.enumerated() {
      try await Self.pause()
      let places = try member.block.find(matchers)
      var reader = member.block.reader()
      // Blocks mostly hold the same series in the same order: the one after the last that was found is a good guess.
      var guess = 0
      for (count, place) in places.enumerated() {
        if count % Self.seriesAtOnce == Self.seriesAtOnce - 1 { try await Self.pause() }
        let labels = LabelSet(canonicalEncoding: try reader.labels(place))
        let index = Self.index(of: labels, in: &found, &indices, guess)
        found[index].parts.append((block, place))
        guess = index + 1
      }
    }
    var guess = 0
    for (number, series) in head.enumerated() {
      let index = Self.index(of: series.labels, in: &found, &indices, guess)
      found[index].fromHead = number
      guess = index + 1
    }
    return found.sorted { LabelSet.precedes($0.labels, $1.labels) }
  }

  private static func index(
    of labels: LabelSet, in found: inout [Found], _ indices: inout [LabelSet: Int], _ guess: Int
  ) -> Int {
    if guess < found.count, found[guess].labels == labels { return guess }
    if let index = indices[labels] { return index }
    indices[labels] = found.count
    found.append(Found(labels: labels))
    return found.count - 1
  }

  // MARK: Labels

  /// The names of labels of the series that have samples in the range; of one label's values with `name`.
  func labelTexts(valuesOf name: [UInt8]?) async throws -> Set<[UInt8]> {
    var texts: Set<[UInt8]> = []
    for member in members {
      try await Self.pause()
      let places = try await places(of: member)
      guard !places.isEmpty else { continue }
      if let name {
        texts.formUnion(try member.block.labelValues(of: name, places))
      } else {
        texts.formUnion(try member.block.labelNames(places))
      }
    }
    return texts
  }

  /// The matching series of a block with samples in the range.
  private func places(of member: BlockCatalog.Member) async throws -> [Block.Place] {
    let all = try member.block.find(matchers)
    if member.block.summary.minTime >= from, member.block.summary.maxTime <= through { return all }
    var places: [Block.Place] = []
    var reader = member.block.reader()
    for (count, place) in all.enumerated() {
      if count % Self.seriesAtOnce == Self.seriesAtOnce - 1 { try await Self.pause() }
      if try hasSample(&reader, place) { places.append(place) }
    }
    return places
  }

  private func hasSample(_ reader: inout BlockSeriesReader, _ place: Block.Place) throws(BlockError) -> Bool {
    try reader.readChunks(place)
    for chunk in reader.chunks where chunk.minTime <= through && chunk.maxTime >= from {
      if chunk.minTime >= from || chunk.maxTime <= through { return true }
      let isHit = try reader.block.withTimes(of: chunk) { $0.contains { $0 >= from && $0 <= through } }
      if isHit { return true }
    }
    return false
  }
}

extension DurableStore {
  public func select(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [SelectedSeries] {
    let fromHead = try await head.select(matchers, from: from, through: through)
    return try await selecting(matchers, from, through) { selection in
      selection.members.isEmpty ? fromHead : try await selection.run(joining: fromHead)
    }
  }

  public func labelNames(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] {
    let fromHead = try await head.labelNames(matchers, from: from, through: through)
    return try await selecting(matchers, from, through) { selection in
      guard !selection.members.isEmpty else { return fromHead }
      return Self.joined(fromHead, try await selection.labelTexts(valuesOf: nil))
    }
  }

  public func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] {
    let fromHead = try await head.labelValues(of: name, matchers, from: from, through: through)
    let present = matchers + [LabelMatcher(name, .notEqual, "")]
    return try await selecting(present, from, through) { selection in
      guard !selection.members.isEmpty else { return fromHead }
      return Self.joined(fromHead, try await selection.labelTexts(valuesOf: Array(name.utf8)))
    }
  }

  /// Asks the blocks, and asks again without those that turn out to be bad.
  private func selecting<Answer>(
    _ matchers: [LabelMatcher], _ from: Timestamp, _ through: Timestamp, _ ask: (StoreSelection) async throws -> Answer
  ) async throws -> Answer {
    var compiled: [CompiledMatcher] = []
    for matcher in matchers { if let matcher = try CompiledMatcher.compile(matcher) { compiled.append(matcher) } }
    while true {
      let members =
        from <= through ? catalog.members(from: from.milliseconds, through: through.milliseconds) : []
      do {
        return try await ask(
          StoreSelection(
            members: members, matchers: compiled, from: from.milliseconds, through: through.milliseconds))
      } catch let error as BlockError {
        report(error)
      }
    }
  }

  /// Takes a bad block out of use. Its file is set aside by the next upkeep.
  func report(_ error: BlockError) {
    guard catalog.report(error) else { return }
    onEvent(
      StoreEvent(
        .error, "a block is damaged and is set aside; its samples are missing from answers",
        ["file": error.path.string, "reason": error.reason]))
  }

  private static func joined(_ texts: [String], _ more: Set<[UInt8]>) -> [String] {
    more.union(texts.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

public import FleetModel
import Synchronization
import SystemPackage

/// Questions for labels to the blocks.
struct StoreSelection {
  /// Series found between two looks at whether the task is cancelled: some milliseconds.
  private static let seriesAtOnce = 4096

  let members: [BlockCatalog.Member]
  let matchers: [CompiledMatcher]
  let from: Int64
  let through: Int64

  /// The names of labels of the series that have samples in the range; of one label's values with `name`.
  func labelTexts(valuesOf name: [UInt8]?) async throws -> Set<[UInt8]> {
    var texts: Set<[UInt8]> = []
    for member in members {
      try await HeadStore.pause()
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
      if count % Self.seriesAtOnce == Self.seriesAtOnce - 1 { try await HeadStore.pause() }
      if try hasSample(&reader, place) { places.append(place) }
    }
    return places
  }

  /// Marks the rows whose series have a sample in the range in this block.
  func markRows(_ rows: inout [Bool], _ places: [Block.Place], in member: BlockCatalog.Member) async throws {
    let isWhole = member.block.summary.minTime >= from && member.block.summary.maxTime <= through
    var reader = member.block.reader()
    for (row, place) in places.enumerated() where place != SeriesMatch.nowhere && !rows[row] {
      if row % Self.seriesAtOnce == Self.seriesAtOnce - 1 { try await HeadStore.pause() }
      rows[row] = try isWhole || hasSample(&reader, place)
    }
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
    try await answer(matchers, from.milliseconds, through.milliseconds).selected()
  }

  public func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection {
    try await answer(matchers, from.milliseconds, through.milliseconds).opened
  }

  public func openLatest(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> OpenedSelection {
    try await answer(matchers, from.milliseconds, through.milliseconds, isLatest: true).opened
  }

  public func labelSets(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [LabelSet] {
    while true {
      let (match, members, inHead) = try await settled(matchers, from.milliseconds, through.milliseconds) { match in
        try await head.rowsWithSamples(match, from.milliseconds, through.milliseconds)
      }
      var rows = inHead
      do {
        for (member, places) in zip(members, match.places) {
          let selection = StoreSelection(
            members: [], matchers: [], from: from.milliseconds, through: through.milliseconds)
          try await selection.markRows(&rows, places, in: member)
        }
        return zip(match.labels, rows).filter(\.1).map(\.0)
      } catch let error as BlockError {
        report(error)
      }
    }
  }

  private func answer(
    _ matchers: [LabelMatcher], _ from: Int64, _ through: Int64, isLatest: Bool = false
  ) async throws -> StoreAnswer {
    let (match, members, copies) = try await settled(matchers, from, through) { match in
      try await head.copyChunks(match, from, through, isLatest: isLatest)
    }
    if copies.forgottenRows * 4 > match.count {
      head.matches.forget(SeriesMatches.Question(matchers: matchers, blocks: members.map(\.number)))
    }
    return StoreAnswer(
      match, copies, members, from: from, through: through, onUnreadable: head.noteUnreadable, onDamage: report)
  }

  /// The series that match, the blocks of the range, and what `readHead` takes out of the head: before the list of blocks is
  /// settled. Samples that a flush moves meanwhile are then seen in one or the other, or in both, which does no harm.
  private func settled<Read>(
    _ matchers: [LabelMatcher], _ from: Int64, _ through: Int64, _ readHead: (SeriesMatch) async throws -> Read
  ) async throws -> (SeriesMatch, [BlockCatalog.Member], Read) {
    func blocks() -> [BlockCatalog.Member] { from <= through ? catalog.members(from: from, through: through) : [] }
    var members = blocks()
    while true {
      let question = SeriesMatches.Question(matchers: matchers, blocks: members.map(\.number))
      let match: SeriesMatch
      do {
        match = try await head.match(question) { match in
          let compiled = try CompiledMatcher.compile(matchers)
          for member in members {
            try await HeadStore.pause()
            try match.add(try member.block.find(compiled), of: member.block)
          }
        }
      } catch let error as BlockError {
        report(error)
        members = blocks()
        continue
      }
      let read = try await readHead(match)
      let now = blocks()
      if now.map(\.number) == members.map(\.number) { return (match, members, read) }
      members = now
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
    let compiled = try CompiledMatcher.compile(matchers)
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

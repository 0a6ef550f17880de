import FleetModel
import Platform
import SystemPackage

/// Writes several blocks as one, series by series in the order of labels.
///
/// Chunks that are large and overlap no other are copied as they are; small neighbours are written anew together.
struct BlockMerge {
  /// Samples of one series that are held before the first of them are written.
  private static let samplesHeld = 1 << 16

  /// By rising sequence.
  let members: [BlockCatalog.Member]
  let smallChunk: Int
  /// Leaves out the samples that it names; `nil`: none.
  var deletion: BlockDeletion?

  /// - Parameter isStopped: looked at after each series; the merge is then given up.
  /// - Returns: `false` if no sample is left to write; the writer is then abandoned.
  func write(_ writer: consuming BlockWriter, isStopped: () -> Bool) throws(StoreFailure) -> Bool {
    var isEmpty = true
    do throws(StoreFailure) {
      var walk = try SeriesWalk(members)
      var pending = ColumnBuffer(capacity: 4096)
      while let series = try walk.next() {
        guard !isStopped() else { throw .stopped }
        var target = SeriesTarget(labels: series.labels)
        try write(series, &target, &pending, &writer)
        isEmpty = isEmpty && !target.hasBegun
      }
      guard !isEmpty else {
        writer.abandon()
        return false
      }
    } catch {
      writer.abandon()
      throw error
    }
    do throws(FileError) { _ = try writer.finish() } catch { throw .file(error) }
    return true
  }

  /// A series is begun with its first sample: it may turn out to have none.
  private struct SeriesTarget {
    let labels: [UInt8]
    private(set) var hasBegun = false

    init(labels: [UInt8]) { self.labels = labels }

    mutating func begin(_ writer: inout BlockWriter) throws(StoreFailure) {
      guard !hasBegun else { return }
      hasBegun = true
      try labels.withUnsafeBytes { labels throws(StoreFailure) in
        do throws(FileError) { try writer.beginSeries(encodedLabels: labels) } catch { throw .file(error) }
      }
    }
  }

  private func write(
    _ series: SeriesWalk.Series, _ target: inout SeriesTarget, _ pending: inout ColumnBuffer,
    _ writer: inout BlockWriter
  ) throws(StoreFailure) {
    var pieces = SeriesPieces()
    for part in series.parts {
      pieces.add(try chunks(part.place, of: members[part.block]), block: part.block)
    }
    pending.removeAll()
    let deletion = deletion.flatMap { $0.hits(series) ? $0 : nil }
    try pieces.forEachGroup { group throws(StoreFailure) in
      if let first = group.first, group.count == 1, case .chunk(let chunk, let block) = first.source,
        canCopy(chunk, deletion)
      {
        try drain(&pending, &target, &writer, keeping: 0)
        try target.begin(&writer)
        do throws(FileError) { try writer.append(chunk, of: members[block].block) } catch { throw .file(error) }
        return
      }
      let start = pending.count
      do throws(BadBlock) { try SeriesPieces.decode(group, of: members, to: &pending) } catch { throw .damaged(error) }
      if let deletion { pending.remove(deletion.request.from, deletion.request.through, after: start) }
      if pending.count >= Self.samplesHeld { try drain(&pending, &target, &writer, keeping: 1) }
    }
    try drain(&pending, &target, &writer, keeping: 0)
  }

  private func canCopy(_ chunk: Block.Chunk, _ deletion: BlockDeletion?) -> Bool {
    guard let deletion else { return self.deletion != nil || chunk.count >= smallChunk }
    return chunk.minTime > deletion.request.through || chunk.maxTime < deletion.request.from
  }

  private func chunks(_ place: Block.Place, of member: BlockCatalog.Member) throws(StoreFailure) -> [Block.Chunk] {
    do throws(BadBlock) {
      return try member.read { block throws(BlockError) in try block.chunks(place) }
    } catch {
      throw .damaged(error)
    }
  }

  /// Writes what is held; with `keeping` chunks or more to come, only whole ones.
  private func drain(
    _ pending: inout ColumnBuffer, _ target: inout SeriesTarget, _ writer: inout BlockWriter, keeping: Int
  ) throws(StoreFailure) {
    let full = ValueColumn.maximumCount
    let count = keeping == 0 ? pending.count : max(0, pending.count / full - keeping) * full
    guard count > 0 else { return }
    try target.begin(&writer)
    do throws(FileError) {
      try writer.append(times: pending.times(0..<count), values: pending.values(0..<count))
    } catch {
      throw .file(error)
    }
    pending.removeFirst(count)
  }
}

/// Walks the series of several blocks in the order of labels, each once.
struct SeriesWalk {
  struct Series {
    var labels: [UInt8]
    /// Blocks by their place in the list, rising, and the series' place in each.
    var parts: [(block: Int, place: Block.Place)]
  }

  private struct Cursor {
    var place: Block.Place
    var labels: LabelSet
  }

  private let members: [BlockCatalog.Member]
  /// `nil` for a block that is at its end.
  private var cursors: [Cursor?] = []

  init(_ members: [BlockCatalog.Member]) throws(StoreFailure) {
    self.members = members
    for block in members.indices { cursors.append(try cursor(block, 0)) }
  }

  mutating func next() throws(StoreFailure) -> Series? {
    var lowest: LabelSet?
    for case let cursor? in cursors where lowest.map({ LabelSet.precedes(cursor.labels, $0) }) ?? true {
      lowest = cursor.labels
    }
    guard let lowest else { return nil }
    var series = Series(labels: lowest.encoded, parts: [])
    for block in members.indices {
      guard let cursor = cursors[block], cursor.labels == lowest else { continue }
      series.parts.append((block, cursor.place))
      let following = try self.cursor(block, cursor.place + 1)
      if let following, !LabelSet.precedes(lowest, following.labels) {
        let reason = "its series are not in the order of their labels"
        let error = BlockError(path: members[block].block.path, reason: reason)
        throw .damaged(BadBlock(number: members[block].number, error: error))
      }
      cursors[block] = following
    }
    return series
  }

  private func cursor(_ block: Int, _ place: Block.Place) throws(StoreFailure) -> Cursor? {
    guard Int(place) < members[block].block.summary.series else { return nil }
    do throws(BadBlock) {
      let labels = try members[block].read { block throws(BlockError) in try block.encodedLabels(place) }
      return Cursor(place: place, labels: LabelSet(canonicalEncoding: labels))
    } catch {
      throw .damaged(error)
    }
  }
}

extension DurableStore {
  /// Merges what the plan names next.
  ///
  /// To be called on ``blocks``.
  ///
  /// - Parameter all: merges whatever belongs to one window, also where that is not worth the writing.
  /// - Returns: whether there was something to merge.
  func mergeNow(all: Bool) throws(StoreFailure) -> Bool {
    let members = catalog.members
    let entries = members.map(\.entry)
    let plan = MergePlan(
      retention: configuration.retention.wholeMilliseconds,
      outOfOrderWindow: configuration.outOfOrderWindow.wholeMilliseconds, windows: tuning.mergeWindows)
    guard let chosen = all ? plan.nextOfAll(entries) : plan.next(entries, now: time.now().milliseconds) else {
      return false
    }
    let numbers = Set(chosen.map(\.number))
    let sources = members.filter { numbers.contains($0.number) }
    try rewrite(BlockMerge(members: sources, smallChunk: tuning.smallChunk))
    return true
  }

  /// Puts one block in place of those that `merge` reads, or none if it leaves nothing.
  func rewrite(_ merge: BlockMerge) throws(StoreFailure) {
    let (number, path) = catalog.place()
    let sequence = merge.members.map(\.block.summary.sequence).min() ?? number
    let writer: BlockWriter
    do throws(FileError) {
      writer = try BlockWriter(files: files, path: path, sequence: sequence)
    } catch {
      throw .file(error)
    }
    let hasSamples: Bool
    do throws(StoreFailure) {
      hasSamples = try merge.write(writer) { isStopping.load(ordering: .relaxed) }
    } catch {
      if case .damaged(let bad) = error { report(bad) }
      throw error
    }
    let added = hasSamples ? [try open(path, number)] : []
    let sources = merge.members.map(\.number)
    do throws(FileError) {
      try catalog.commit(adding: added, removing: Set(sources)) { manifest in
        guard hasSamples else { return }
        manifest.passDeletions(of: sources, to: number, fulfilling: merge.deletion?.request)
      }
    } catch {
      throw .file(error)
    }
  }
}

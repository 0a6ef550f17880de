import FleetModel
import Platform
import SystemPackage

extension DurableStore {
  /// A deletion goes through these steps, and a restart goes on with the one it finds:
  ///
  /// 1. the manifest notes it, with the blocks that may be concerned;
  /// 2. the head drops the samples, and a checkpoint without them is written, so that no log brings them back;
  /// 3. the blocks are written anew one by one;
  /// 4. the manifest forgets it.
  ///
  /// To be called on ``blocks``.
  func deleteNow(_ matchers: [LabelMatcher], from: Int64, through: Int64) throws -> DeletionSummary {
    var compiled: [CompiledMatcher] = []
    for matcher in matchers { if let matcher = try CompiledMatcher.compile(matcher) { compiled.append(matcher) } }
    // Samples that come later are not meant, also if a restart has to repeat the deletion.
    let through = min(through, newestTime)
    guard from <= through else { return DeletionSummary() }
    let concerned = catalog.manifest.blocks
      .filter { $0.summary.minTime <= through && $0.summary.maxTime >= from }.map(\.number)
    let deletion = Manifest.Deletion(
      matchers: matchers, from: from, through: through, includesHead: true, blocks: concerned)
    var summary = count(compiled, from: from, through: through)
    do {
      try catalog.commit { $0.deletions.append(deletion) }
      let fromHead = try images.step { () throws in
        try head.delete(matchers, from: from, through: through)
      }
      summary.samples += fromHead.samples
      summary.series = max(summary.series, fromHead.series)
      try finishHeadDeletions()
    } catch {
      // Not begun, for all that anybody was told; part of the head's samples may be gone.
      try? catalog.commit { $0.deletions.removeAll { $0 == deletion } }
      throw error
    }
    try finishBlockDeletions()
    return summary
  }

  private var newestTime: Int64 {
    let inBlocks = catalog.manifest.blocks.map(\.summary.maxTime).max() ?? .min
    return max(inBlocks, head.statistics().newest?.milliseconds ?? .min)
  }

  /// Series and samples that the blocks hold of what is to be deleted.
  private func count(_ matchers: [CompiledMatcher], from: Int64, through: Int64) -> DeletionSummary {
    var summary = DeletionSummary()
    var hashes: Set<Int> = []
    for member in catalog.members(from: from, through: through) {
      do throws(BlockError) {
        var reader = member.block.reader()
        for (place, count) in try hits(&reader, matchers, from, through) {
          summary.samples += UInt64(count)
          hashes.insert(try reader.labels(place).hashValue)
        }
      } catch {
        report(error)
      }
    }
    summary.series = hashes.count
    return summary
  }

  /// The series of a block that match and have samples in the range, each with how many.
  private func hits(
    _ reader: inout BlockSeriesReader, _ matchers: [CompiledMatcher], _ from: Int64, _ through: Int64
  ) throws(BlockError) -> [(place: Block.Place, count: Int)] {
    var hits: [(place: Block.Place, count: Int)] = []
    for place in try reader.block.find(matchers) {
      var count = 0
      try reader.readChunks(place)
      for chunk in reader.chunks where chunk.minTime <= through && chunk.maxTime >= from {
        if chunk.minTime >= from, chunk.maxTime <= through {
          count += chunk.count
        } else {
          count += try reader.block.withTimes(of: chunk) { $0.count { $0 >= from && $0 <= through } }
        }
      }
      if count > 0 { hits.append((place, count)) }
    }
    return hits
  }

  /// Makes it durable that the head no longer holds what was deleted.
  func finishHeadDeletions() throws(FileError) {
    guard catalog.manifest.deletions.contains(where: \.includesHead) else { return }
    try images.step { () throws(FileError) in try checkpointNow() }
    try catalog.commit { manifest in
      for index in manifest.deletions.indices { manifest.deletions[index].includesHead = false }
      manifest.deletions.removeAll(where: \.isDone)
    }
  }

  /// Writes the blocks anew that deletions still wait for.
  func finishBlockDeletions() throws(StoreFailure) {
    while let (deletion, number) = nextBlockDeletion() {
      var compiled: [CompiledMatcher] = []
      do throws(InvalidMatcher) {
        for matcher in deletion.matchers {
          if let matcher = try CompiledMatcher.compile(matcher) { compiled.append(matcher) }
        }
      } catch {
        onEvent(StoreEvent(.error, "a deletion is given up: its matchers are not valid", ["reason": error.description]))
        try settle(deletion, number)
        continue
      }
      try finish(deletion, compiled, in: number)
    }
  }

  /// Blocks that cannot be opened at present keep their deletion.
  private func nextBlockDeletion() -> (deletion: Manifest.Deletion, number: UInt64)? {
    let members = Set(catalog.members.map(\.number))
    let manifest = catalog.manifest
    let waiting = Set(manifest.blocks.map(\.number)).subtracting(members)
    for deletion in manifest.deletions {
      if let number = deletion.blocks.first(where: { !waiting.contains($0) }) { return (deletion, number) }
    }
    return nil
  }

  private func finish(
    _ deletion: Manifest.Deletion, _ matchers: [CompiledMatcher], in number: UInt64
  ) throws(StoreFailure) {
    guard let member = catalog.members.first(where: { $0.number == number }) else {
      return try settle(deletion, number)
    }
    let places: [Block.Place]
    do throws(BlockError) {
      var reader = member.block.reader()
      places = try hits(&reader, matchers, deletion.from, deletion.through).map(\.place)
    } catch {
      report(error)
      throw .damaged(error)
    }
    guard !places.isEmpty else { return try settle(deletion, number) }
    try rewrite(
      [member], BlockMerge.Deletion(places: [places], from: deletion.from, through: deletion.through),
      fulfilling: deletion)
  }

  /// Nothing is left to delete in a block.
  private func settle(_ deletion: Manifest.Deletion, _ number: UInt64) throws(StoreFailure) {
    do throws(FileError) {
      try catalog.commit { $0.settle(deletion, number) }
    } catch {
      throw .file(error)
    }
  }
}

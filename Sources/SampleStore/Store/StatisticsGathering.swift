import FleetModel
import Platform
import Synchronization
import SystemPackage

extension DurableStore {
  /// What the store holds. Walks all series of head and blocks once: about a microsecond for each series and block.
  ///
  /// - Parameter labels: how many label names and values to name.
  public func statistics(labels: Int = 10) async throws(StoreError) -> StoreStatistics {
    await inspection.run { [self] in gatherStatistics(labels) }
  }

  func gatherStatistics(_ limit: Int) -> StoreStatistics {
    var statistics = StoreStatistics()
    let members = catalog.members
    statistics.head = head.statistics()
    statistics.samples = statistics.head.samples
    statistics.oldest = statistics.head.oldest
    statistics.newest = statistics.head.newest
    for member in members {
      statistics.add(member.block.summary, name: layout.block(member.number).lastComponent?.string)
    }
    statistics.logBytes = gate.bytes
    statistics.checkpointBytes = progress.withLock { $0.checkpointBytes }
    statistics.failure = failure
    for (folder, prefix) in [(layout.directory, ""), (layout.blocks, "blocks/"), (layout.log, "log/")] {
      statistics.setAside += ((try? files.names(in: folder)) ?? []).filter(StoreLayout.isSetAside).map { prefix + $0 }
    }
    var cardinality = Cardinality()
    forEachSeries(members) { cardinality.add(encodedLabels: $0) }
    statistics.series = cardinality.series
    statistics.labels = cardinality.labels(limit)
    statistics.labelPairs = cardinality.labelPairs
    statistics.labelBytes = cardinality.bytes(limit)
    statistics.metrics = cardinality.metrics(limit)
    statistics.pairs = cardinality.pairs(limit)
    return statistics
  }

  func countSeries(_ members: [BlockCatalog.Member]) -> Int {
    var count = 0
    forEachSeries(members) { _ in count += 1 }
    return count
  }

  /// Calls `body` with the labels of each series of the head, and of each that only blocks have. Blocks found damaged are
  /// left out from there on.
  private func forEachSeries(_ members: [BlockCatalog.Member], _ body: ([UInt8]) -> Void) {
    head.forEachSeries(body)
    do throws(BlockError) {
      var walk = try SeriesWalk(members)
      while let series = try walk.next() {
        if !head.contains(encodedLabels: series.encoded) { body(series.encoded) }
      }
    } catch {
      report(error)
    }
  }
}

extension StoreStatistics {
  fileprivate mutating func add(_ summary: BlockSummary, name: String?) {
    let block = Block(
      name: name ?? "", minTime: Timestamp(milliseconds: summary.minTime),
      maxTime: Timestamp(milliseconds: summary.maxTime), series: summary.series, chunks: summary.chunks,
      samples: summary.samples, bytes: summary.bytes)
    blocks.append(block)
    samples += summary.samples
    oldest = min(oldest ?? block.minTime, block.minTime)
    newest = max(newest ?? block.maxTime, block.maxTime)
  }
}

extension HeadStore {
  private static let listedAtOnce = 512

  /// Calls `body` with the labels of each series; those that come or go meanwhile may be among them or not.
  func forEachSeries(_ body: ([UInt8]) -> Void) {
    var next: Int? = 0
    while let first = next {
      var labels: [[UInt8]] = []
      next = state.withLock { $0.listLabels(from: first, limit: Self.listedAtOnce, into: &labels) }
      labels.forEach(body)
    }
  }

  fileprivate func contains(encodedLabels: [UInt8]) -> Bool {
    let hash = encodedLabels.withUnsafeBytes { LabelHash.hash($0, seed: seed.load(ordering: .relaxed)) }
    return state.withLock { $0.contains(encodedLabels, hash: hash) }
  }
}

extension HeadState {
  fileprivate func contains(_ encoded: [UInt8], hash: UInt32) -> Bool {
    encoded.withUnsafeBytes { encoded in table.find(hash, where: { isSeries($0, encoded) }) != nil }
  }

  fileprivate func listLabels(from first: Int, limit: Int, into labels: inout [[UInt8]]) -> Int? {
    var numbers: [UInt32] = []
    let next = collectLive(from: first, limit: limit, into: &numbers)
    for number in numbers { if let record = live(number) { labels.append(encodedLabels(of: record.pointee)) } }
    return next
  }
}

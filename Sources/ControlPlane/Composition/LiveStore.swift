import FleetModel
import Ingest
import NIOCore
import Platform
import SampleStore
import SpanStore
import SystemPackage
import WireFormats

/// What the HTTP API asks of the stores, answered by the running ones.
struct LiveStore: StoreOperations {
  let samples: SamplePath
  let spans: SpanKeeper
  let dataDirectory: FilePath

  private var onDisk: DurableStore {
    get throws {
      guard case .disk(let store) = samples.keeper else { throw StoreOperationError.inMemory }
      return store
    }
  }

  func now() -> Timestamp { samples.time.now() }

  var maximumWriteBytes: Int { samples.remoteWrite.maximumBytes }

  func write(
    _ body: ByteBuffer, as message: WriteMessage, from agent: AgentID?
  ) async throws(WriteRefusal) -> WriteOutcome {
    let result = body.withUnsafeReadableBytes { bytes -> Result<WriteOutcome, WriteRefusal> in
      do throws(WriteRefusal) { return .success(try samples.remoteWrite.take(bytes, as: message, from: agent)) } catch {
        return .failure(error)
      }
    }
    let outcome = try result.get()
    try await samples.remoteWrite.acknowledge()
    return outcome
  }

  func statistics(labels: Int) async throws -> StoreStatistics {
    if case .memory(let store) = samples.keeper {
      var statistics = StoreStatistics()
      statistics.head = store.statistics()
      statistics.series = statistics.head.series
      statistics.samples = statistics.head.samples
      statistics.oldest = statistics.head.oldest
      statistics.newest = statistics.head.newest
      return statistics
    }
    return try await onDisk.statistics(labels: labels)
  }

  func check() async throws -> StoreCheck { try await onDisk.check() }

  func compact() async throws -> StoreStatistics {
    try await onDisk.compact()
    if case .disk(let store) = spans { try await store.compact() }
    return try await onDisk.statistics(labels: 0)
  }

  func snapshot(named name: String?) async throws -> SnapshotSummary {
    let store = try onDisk
    let parent = dataDirectory.appending(DataDirectory.snapshots)
    let directory = parent.appending(name ?? Self.name(at: now()))
    try await BlockingWork.files.run { () throws in
      let files = SystemFileSystem()
      try files.createDirectory(parent)
      let taken = try files.names(in: parent)
      if let last = directory.lastComponent?.string, taken.contains(last) {
        throw StoreOperationError.snapshotExists(last)
      }
    }
    return try await store.snapshot(to: directory)
  }

  /// `20261123T010203.004Z`: sorted as text they are in the order of time.
  static func name(at time: Timestamp) -> String {
    RFC3339.format(time).filter { $0 != "-" && $0 != ":" }
  }

  func delete(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> DeletionSummary { try await onDisk.delete(matchers, from: from, through: through) }

  func count(_ metric: String, from: Timestamp, through: Timestamp) async throws -> (series: Int, samples: Int) {
    // Where nothing is stored there is nothing to look through.
    let stored = try await bounds()
    var count = SampleCount(of: metric, in: samples.store)
    try await count.add(from: max(from, stored.lowerBound), through: min(through, stored.upperBound))
    return (count.series, count.samples)
  }

  private func bounds() async throws -> ClosedRange<Timestamp> {
    let statistics = try await statistics(labels: 0)
    guard let oldest = statistics.oldest, let newest = statistics.newest, oldest <= newest else {
      return now()...now()
    }
    return oldest...newest
  }
}

import FleetModel
import Ingest
import NIOCore
import SampleStore
import Synchronization
import WireFormats

@testable import ControlPlane

/// A store whose every answer a test can set.
final class FakeStoreOperations: StoreOperations {
  struct State: Sendable {
    var outcome: Result<WriteOutcome, WriteRefusal> = .success(WriteOutcome())
    var written: [(bytes: Int, message: WriteMessage, agent: String?)] = []
    var deleted: [(matchers: [LabelMatcher], from: Timestamp, through: Timestamp)] = []
    var failure: StoreError?
  }

  let state = Mutex(State())

  let maximumWriteBytes = 1000

  func now() -> Timestamp { FakeOperations.start }

  func write(
    _ body: ByteBuffer, as message: WriteMessage, from agent: AgentID?
  ) async throws(WriteRefusal) -> WriteOutcome {
    let outcome = state.withLock { state in
      state.written.append((body.readableBytes, message, agent?.name))
      return state.outcome
    }
    return try outcome.get()
  }

  private func checkFailure() throws { if let failure = state.withLock({ $0.failure }) { throw failure } }

  func statistics(labels: Int) async throws -> StoreStatistics {
    try checkFailure()
    var statistics = StoreStatistics()
    statistics.series = 10
    statistics.samples = 1000
    statistics.oldest = FakeOperations.start
    statistics.newest = FakeOperations.start + .seconds(60)
    statistics.blocks = [
      StoreStatistics.Block(
        name: "0000000007.block", minTime: FakeOperations.start, maxTime: FakeOperations.start + .seconds(60),
        series: 10, chunks: 10, samples: 1000, bytes: 500)
    ]
    statistics.labels = [StoreStatistics.Cardinality(name: "agent_id", count: 3)]
    statistics.labelPairs = 17
    statistics.labelBytes = [StoreStatistics.Cardinality(name: "agent_id", count: 40)]
    statistics.pairs = [StoreStatistics.Cardinality(name: "agent_id=\"a=\"b\"", count: 2)]
    statistics.setAside = ["log/0000000001.corrupt-1"]
    return statistics
  }

  func check() async throws -> StoreCheck {
    try checkFailure()
    var check = StoreCheck()
    check.files = [StoreCheck.File(name: "blocks/0000000007.block", bytes: 500, problems: ["bad checksum at 12"])]
    check.notes = ["the log ends in a torn record"]
    return check
  }

  func compact() async throws -> StoreStatistics { try await statistics(labels: 0) }

  func snapshot(named name: String?) async throws -> SnapshotSummary {
    try checkFailure()
    if name == "taken" { throw StoreOperationError.snapshotExists("taken") }
    return SnapshotSummary(directory: ".skep/snapshots/\(name ?? "now")")
  }

  func delete(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> DeletionSummary {
    try checkFailure()
    for matcher in matchers where matcher.value == "(" {
      throw InvalidMatcher(matcher: matcher, problem: "does not parse")
    }
    state.withLock { $0.deleted.append((matchers, from, through)) }
    var summary = DeletionSummary()
    summary.samples = 3
    return summary
  }

  func count(_ metric: String, from: Timestamp, through: Timestamp) async throws -> (series: Int, samples: Int) {
    (2, 42)
  }
}

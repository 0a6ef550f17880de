import FleetModel
import HTTPTypes
import Ingest
import NIOCore
import SampleStore
import WireFormats

/// What the HTTP API asks of the sample store; the composition answers from the running one, tests from a fake.
///
/// All but ``write(_:as:from:)`` and ``statistics(labels:)`` may take as long as reading or writing all samples takes.
protocol StoreOperations: Sendable {
  /// The wall clock.
  func now() -> Timestamp

  /// Takes a write request and returns once it is as safe as the store promises.
  func write(
    _ body: ByteBuffer, as message: WriteMessage, from agent: AgentID?
  ) async throws(WriteRefusal) -> WriteOutcome
  /// Bytes that the body of a write request may have.
  var maximumWriteBytes: Int { get }

  /// - Parameter labels: how many names and values to name.
  func statistics(labels: Int) async throws -> StoreStatistics
  func check() async throws -> StoreCheck
  /// Returns what the store holds afterwards.
  func compact() async throws -> StoreStatistics
  /// - Parameter name: of the directory under the data directory's `snapshots`; made of the time where `nil`.
  func snapshot(named name: String?) async throws -> SnapshotSummary
  func delete(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> DeletionSummary

  /// Series of a metric and their samples, staleness markers left out.
  func count(_ metric: String, from: Timestamp, through: Timestamp) async throws -> (series: Int, samples: Int)
}

/// Why an operation on the store is not done, beside what the store itself says.
enum StoreOperationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no store on disk.
  case inMemory
  case snapshotExists(String)

  var description: String {
    switch self {
    case .inMemory: "this Skep keeps its samples in memory: it has no data directory"
    case .snapshotExists(let name): "there is a snapshot \"\(name)\" already; choose another name"
    }
  }
}

extension APIError {
  /// What a client is told of an error of the store.
  init(store error: any Error) {
    switch error {
    case let error as APIError: self = error
    case let error as StoreOperationError: self.init(.conflict, "\(error)")
    case let error as InvalidMatcher: self.init(.invalidRequest, "\(error)")
    case StoreError.invalid(let problem): self.init(.invalidRequest, problem)
    case let error as StoreError: self.init(.unavailable, "\(error)", headers: [.retryAfter: "5"])
    case let error as AppendError: self.init(.unavailable, "\(error)", headers: [.retryAfter: "5"])
    default: self.init(.internalError, "\(error)")
    }
  }
}

import DeployPlan
import FleetModel
import Ingest
import Logging
import Platform
import ServiceLifecycle
import SpanStore
import SystemPackage
import WireFormats

/// The path of a span: OTLP or the plain API → bounds → store → those who watch, and its end when its instance dies.
public struct TracePath: Sendable {
  let keeper: SpanKeeper
  let intake: SpanIntake
  let lost: LostSpans
  private let forwards: [SpanForward]
  private let upkeep: SpanUpkeep

  /// Where spans are read.
  var reader: any SpanReader { keeper.reader }

  /// Puts the parts together, opens the store and starts nothing. Blocks for as long as opening takes.
  ///
  /// - Parameters:
  ///   - stateDirectory: where spans outlive a restart; `nil` keeps them in memory.
  ///   - watches: are shown every batch that the store has acknowledged.
  ///   - onLoss: is told whenever spans in flight are lost with their instance.
  /// - Throws: what is wrong with the store's files.
  init(
    system: FleetSystem, stateDirectory: FilePath?, registry: AgentRegistry, watches: [any SpanWatch] = [],
    time: any TimeSource, logger: Logger, onLoss: @escaping @Sendable (LostSpans.Loss) -> Void = { _ in }
  ) throws {
    keeper =
      if let stateDirectory {
        .disk(
          try DiskSpanStore(system.spanStoreConfiguration(in: stateDirectory), time: time) { note in
            logger.notice("\(note)", metadata: ["store": "spans"])
          })
      } else {
        .memory(MemorySpanStore())
      }
    forwards = try system.tracing.forward.enumerated().map {
      try SpanForward($0.element, index: $0.offset, time: time, logger: logger)
    }
    intake = SpanIntake(
      limits: system.spanLimits, writer: keeper.writer, watches: watches + forwards, time: time)
    lost = LostSpans(intake: intake, registry: registry, time: time, logger: logger, onLoss: onLoss)
    upkeep = SpanUpkeep(keeper: keeper)
  }

  /// What runs, in the order in which it starts; it is stopped in the opposite one.
  var services: [any Service] { [upkeep] + forwards + [lost] }
}

/// Where spans are kept: on disk where there is a data directory, else in memory until the program ends.
enum SpanKeeper: Sendable {
  case memory(MemorySpanStore)
  case disk(DiskSpanStore)

  var writer: any SpanWriter {
    switch self {
    case .memory(let store): store
    case .disk(let store): store
    }
  }

  var reader: any SpanReader {
    switch self {
    case .memory(let store): store
    case .disk(let store): store
    }
  }
}

/// What a span store has to do beside its work, and its end: everything acknowledged is in its files.
private struct SpanUpkeep: Service {
  let keeper: SpanKeeper

  func run() async throws {
    switch keeper {
    case .memory: try? await gracefulShutdown()
    case .disk(let store):
      do { try await cancelWhenGracefulShutdown { try await store.run() } } catch is CancellationError {
        // The end, as it should be.
      }
      try await BlockingWork.files.run { () throws in try store.close() }
    }
  }
}

extension FleetSystem {
  func spanStoreConfiguration(in dataDirectory: FilePath) -> SpanStoreConfiguration {
    var configuration = SpanStoreConfiguration(directory: dataDirectory.appending(DataDirectory.spans))
    configuration.retention = tracing.retention
    configuration.retentionSize = tracing.retentionSize
    configuration.fsyncInterval = storage.fsyncInterval
    return configuration
  }

  var spanLimits: SpanLimits {
    var span = SpanLimits()
    span.bodyBytes = Int(clamping: limits.bodySize)
    span.retention = tracing.retention
    return span
  }
}

public import FleetModel
import Logging
import Platform
public import SampleStore
import ServiceLifecycle

/// Where samples are kept: on disk where there is a data directory, else in memory until the program ends.
public enum SampleKeeper: Sendable {
  case memory(HeadStore)
  case disk(DurableStore)

  public var appender: any SampleAppender {
    switch self {
    case .memory(let store): store
    case .disk(let store): store
    }
  }

  public var source: any SeriesSource {
    switch self {
    case .memory(let store): store
    case .disk(let store): store
    }
  }

  /// Why no samples are taken at present; `nil` if they are.
  var failure: String? {
    switch self {
    case .memory: nil
    case .disk(let store): store.failure
    }
  }
}

/// What a store has to do beside its work: sync, checkpoint, merge, drop what is past its retention; and to write exemplars down.
struct StoreUpkeep: Service {
  let keeper: SampleKeeper
  let exemplars: ExemplarStore
  let time: any TimeSource

  func run() async throws {
    async let written: Void = cancelWhenGracefulShutdown { await exemplars.run() }
    try await keepSamples()
    await written
  }

  private func keepSamples() async throws {
    switch keeper {
    case .disk(let store): await cancelWhenGracefulShutdown { await store.run() }
    case .memory(let store):
      try? await cancelWhenGracefulShutdown {
        while true {
          try await time.sleep(for: .seconds(60))
          store.expire(now: time.now())
        }
      }
    }
  }
}

extension Logger {
  /// Writes what the store tells of itself.
  func note(_ event: StoreEvent) {
    let level: Logger.Level =
      switch event.level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    log(level: level, "\(event.message)", metadata: event.fields.mapValues { "\($0)" })
  }
}

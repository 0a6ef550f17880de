public import FleetModel
import Synchronization
import WireFormats

/// Is told what senders say of metric families.
public protocol MetadataSink: Sendable {
  /// Calls are quick and may come from any thread; the same may be told again.
  func note(_ metadata: MetricMetadata, of family: String)
}

extension MetadataStore: MetadataSink {
  public func note(_ metadata: MetricMetadata, of family: String) {
    record(family: family, type: metadata.type, help: metadata.help, unit: metadata.unit)
  }
}

/// The way of metadata from requests to a sink: what was told lately is not told again.
final class WrittenMetadataPath: Sendable {
  private struct State: Sendable {
    var memory = MetadataMemory()
    var turnedAt: Duration
  }

  private let sink: any MetadataSink
  private let turn: Duration
  private let state: Mutex<State>

  /// - Parameter turn: after so long all is told again, so that a sink may forget what nobody tells any more.
  init(to sink: any MetadataSink, turn: Duration, now: Duration) {
    self.sink = sink
    self.turn = turn
    state = Mutex(State(turnedAt: now))
  }

  func tell(
    of request: WriteRequest, in message: UnsafeRawBufferPointer, now: Duration, where isTaken: (Int) -> Bool
  ) {
    let news = state.withLock { state in
      if now - state.turnedAt >= turn {
        state.memory.forget()
        state.turnedAt = now
      }
      return request.news(in: message, since: &state.memory, where: isTaken)
    }
    for one in news { sink.note(one.metadata, of: one.family) }
  }
}

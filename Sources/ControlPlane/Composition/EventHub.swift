import Synchronization

/// Hands what happens in the fleet to everyone who listens just now.
final class EventHub: Sendable {
  private struct State {
    var next = 0
    var listeners: [Int: AsyncStream<FleetEvent>.Continuation] = [:]
  }

  /// What a slow listener may lag behind before it loses the oldest events.
  private static let backlog = 1_000

  private let state = Mutex(State())

  func publish(_ event: FleetEvent) {
    let listeners = state.withLock { Array($0.listeners.values) }
    for listener in listeners { listener.yield(event) }
  }

  func subscribe() -> AsyncStream<FleetEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: FleetEvent.self, bufferingPolicy: .bufferingNewest(Self.backlog))
    let id = state.withLock { state in
      defer { state.next += 1 }
      state.listeners[state.next] = continuation
      return state.next
    }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) } }
    return stream
  }
}

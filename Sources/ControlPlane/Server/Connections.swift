import NIOCore
import ServiceLifecycle
import Synchronization

/// The connections that are open now, so that those which outstay a shutdown can be closed, streams whose client has left end at
/// once instead of at their next part, and work whose client has left is given up.
final class Connections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var streaming: Set<ObjectIdentifier> = []
    /// Work that is done for one client alone.
    var working: [ObjectIdentifier: Task<APIResponse, any Error>] = [:]
    /// On the clock that never goes back.
    var deadlines: [ObjectIdentifier: Duration] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.channels.count } }

  /// Closes every connection, and each that opens from now on.
  func closeAll() {
    let channels = state.withLock { state in
      state.isClosed = true
      return Array(state.channels.values)
    }
    for channel in channels { channel.close(promise: nil) }
  }

  /// Has the connection closed at `time`, by the clock that never goes back, in place of what was set before; `nil` never.
  /// An exchange sets several, and setting a timer on the connection's own loop would wake that loop up each time.
  func setDeadline(_ time: Duration?, of channel: any Channel) {
    state.withLock { $0.deadlines[ObjectIdentifier(channel)] = time }
  }

  /// Closes the connections whose deadline is over. O(connections).
  func closeOverdue(at now: Duration) {
    let overdue = state.withLock { state in
      state.deadlines.filter { $0.value <= now }.compactMap { state.channels[$0.key] }
    }
    for channel in overdue { channel.close(promise: nil) }
  }

  /// Marks the connection as one that sends a stream; `false` if `maximum` are sending already.
  func beginStream(on channel: any Channel, maximum: Int) -> Bool {
    state.withLock { state in
      guard state.streaming.count < maximum else { return false }
      state.streaming.insert(ObjectIdentifier(channel))
      return true
    }
  }

  func endStream(on channel: any Channel) {
    state.withLock { _ = $0.streaming.remove(ObjectIdentifier(channel)) }
  }

  /// Does `work`, which is cancelled when the connection closes, the server shuts down or the caller's task is cancelled.
  func whileOpen(
    _ channel: any Channel, _ work: @escaping @Sendable () async throws -> APIResponse
  ) async throws -> APIResponse {
    let task = Task { try await work() }
    let isOpen = state.withLock { state in
      state.working[ObjectIdentifier(channel)] = task
      return state.channels[ObjectIdentifier(channel)] != nil
    }
    if !isOpen { task.cancel() }
    defer { state.withLock { _ = $0.working.removeValue(forKey: ObjectIdentifier(channel)) } }
    return try await withTaskCancellationHandler {
      try await withGracefulShutdownHandler {
        try await task.value
      } onGracefulShutdown: {
        task.cancel()
      }
    } onCancel: {
      task.cancel()
    }
  }

  fileprivate func opened(_ channel: any Channel) {
    let mustClose = state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = channel
      return state.isClosed
    }
    if mustClose { channel.close(promise: nil) }
  }

  fileprivate func closed(_ channel: any Channel) {
    let work = state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = nil
      state.streaming.remove(ObjectIdentifier(channel))
      return state.working[ObjectIdentifier(channel)]
    }
    work?.cancel()
  }

  /// Whether something that its client alone waits for is going on.
  fileprivate func isServing(_ channel: any Channel) -> Bool {
    state.withLock {
      $0.streaming.contains(ObjectIdentifier(channel)) || $0.working[ObjectIdentifier(channel)] != nil
    }
  }
}

/// Tells ``Connections`` of one connection's life.
final class ConnectionObserver: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny
  typealias InboundOut = NIOAny

  private let connections: Connections

  init(connections: Connections) { self.connections = connections }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    connections.opened(channel)
    channel.closeFuture.whenComplete { [connections] _ in connections.closed(channel) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // A client that waits and sends nothing more has left: no client half-closes and goes on reading.
    if case ChannelEvent.inputClosed? = event as? ChannelEvent, connections.isServing(context.channel) {
      context.close(promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }
}

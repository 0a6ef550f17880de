import NIOCore
import Synchronization

/// The connections that are open now, so that those which outstay a shutdown can be closed, and streams whose client has left
/// end at once instead of at their next part.
final class Connections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var streaming: Set<ObjectIdentifier> = []
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

  fileprivate func opened(_ channel: any Channel) {
    let mustClose = state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = channel
      return state.isClosed
    }
    if mustClose { channel.close(promise: nil) }
  }

  fileprivate func closed(_ channel: any Channel) {
    state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = nil
      state.streaming.remove(ObjectIdentifier(channel))
    }
  }

  fileprivate func isStreaming(_ channel: any Channel) -> Bool {
    state.withLock { $0.streaming.contains(ObjectIdentifier(channel)) }
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
    // A client that reads a stream and sends nothing more has left: no client half-closes and goes on reading.
    if case ChannelEvent.inputClosed? = event as? ChannelEvent, connections.isStreaming(context.channel) {
      context.close(promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }
}

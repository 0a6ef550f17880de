import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A connection to a mail server: commands go out, replies come in, one at a time.
struct SMTPConnection: Sendable {
  let isLoopback: Bool
  private let channel: any Channel
  private let handler: NIOLoopBound<SMTPHandler>

  /// - Parameter tls: for a server that speaks TLS from the first byte.
  static func open(
    _ address: SocketAddress, on eventLoops: any EventLoopGroup, timeout: TimeAmount,
    tls: MailTLS?, guarded guardian: ConnectionGuard
  ) async throws -> SMTPConnection {
    let eventLoop = eventLoops.next()
    return try await eventLoop.flatSubmit {
      // Held from the start: a server that hangs up at once takes the pipeline with it, but not what it said.
      let handler = NIOLoopBound(SMTPHandler(), eventLoop: eventLoop)
      return ClientBootstrap(group: eventLoop)
        .connectTimeout(timeout)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            guard guardian.adopt(channel) else { throw CancellationError() }
            if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
            try channel.pipeline.syncOperations.addHandler(handler.value)
          }
        }
        .connect(to: address)
        .map { channel in
          SMTPConnection(isLoopback: address.isLoopback, channel: channel, handler: handler)
        }
    }.get()
  }

  /// The next reply: the greeting.
  func reply() async throws -> SMTPReply {
    try await channel.eventLoop.flatSubmit { handler.value.nextReply(on: channel.eventLoop) }.get()
  }

  /// Sends bytes as they are and waits for the reply to them.
  func send(_ bytes: [UInt8]) async throws -> SMTPReply {
    try await channel.eventLoop.flatSubmit {
      let reply = handler.value.nextReply(on: channel.eventLoop)
      channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
      return reply
    }.get()
  }

  /// Sends a line and waits for the reply to it.
  func command(_ line: String) async throws -> SMTPReply {
    // Whatever is put into a command was checked before: this is what keeps a mistake there from becoming two commands.
    guard line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw SMTPHandler.Trouble.controlInCommand }
    return try await send(Array("\(line)\r\n".utf8))
  }

  /// Speaks TLS from here on; the server has just agreed to.
  func secure(_ tls: MailTLS) async throws {
    try await channel.eventLoop.submit {
      // What came before could have been slipped in by anybody on the way.
      guard handler.value.isQuiet else { throw SMTPHandler.Trouble.bytesBeforeTLS }
      try channel.pipeline.syncOperations.addHandler(tls.handler(), position: .first)
    }.get()
  }

  /// Says good-bye and closes, without anybody waiting for it: nothing depends on it any more.
  func quit() {
    channel.eventLoop.execute {
      handler.value.isLeaving = true
      channel.writeAndFlush(ByteBuffer(string: "QUIT\r\n"), promise: nil)
      channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
    }
  }
}

/// Closes the connection of one try when the try is cancelled, whether it is there yet or not.
final class ConnectionGuard: Sendable {
  private enum State {
    case open([any Channel])
    case closed
  }

  private let state = Mutex(State.open([]))

  /// Returns whether there is anybody left to use it.
  func adopt(_ channel: any Channel) -> Bool {
    state.withLock { state in
      guard case .open(let channels) = state else { return false }
      state = .open(channels + [channel])
      return true
    }
  }

  func close() {
    let channels = state.withLock { state -> [any Channel] in
      defer { state = .closed }
      return if case .open(let channels) = state { channels } else { [] }
    }
    for channel in channels { channel.close(promise: nil) }
  }
}

/// Takes bytes to replies and hands them to whoever waits.
final class SMTPHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  enum Trouble: Error, CustomStringConvertible {
    case closed
    case unasked
    case bytesBeforeTLS
    case controlInCommand

    var description: String {
      switch self {
      case .closed: "the server closed the connection"
      case .unasked: "the server sends what nobody asked for"
      case .bytesBeforeTLS: "something was sent in the clear after the server agreed to TLS; the connection is not safe"
      case .controlInCommand: "a command holds a control character"
      }
    }
  }

  /// Nobody waits any more but for the connection's end.
  var isLeaving = false
  private var reader = SMTPReplyReader()
  private var ready: [SMTPReply] = []
  private var waiting: EventLoopPromise<SMTPReply>?
  private var failure: (any Error)?

  /// Whether nothing has come that nobody took.
  var isQuiet: Bool { reader.isEmpty && ready.isEmpty && failure == nil }

  func nextReply(on eventLoop: any EventLoop) -> EventLoopFuture<SMTPReply> {
    if !ready.isEmpty { return eventLoop.makeSucceededFuture(ready.removeFirst()) }
    if let failure { return eventLoop.makeFailedFuture(failure) }
    let promise = eventLoop.makePromise(of: SMTPReply.self)
    waiting?.fail(Trouble.closed)
    waiting = promise
    return promise.futureResult
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard failure == nil, !isLeaving else {
      if isLeaving { context.close(promise: nil) }
      return
    }
    do {
      for reply in try reader.take(unwrapInboundIn(data).readableBytesView) {
        if let promise = waiting {
          waiting = nil
          promise.succeed(reply)
        } else if ready.count < 4 {
          // Servers say 421 by themselves before they hang up.
          ready.append(reply)
        } else {
          throw Trouble.unasked
        }
      }
    } catch {
      fail(error, context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error, context) }

  func channelInactive(context: ChannelHandlerContext) {
    fail(Trouble.closed, context)
    context.fireChannelInactive()
  }

  private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
    if failure == nil { failure = error }
    waiting?.fail(error)
    waiting = nil
    context.close(promise: nil)
  }
}

extension SocketAddress {
  var isLoopback: Bool {
    switch self {
    case .v4: ipAddress?.hasPrefix("127.") ?? false
    case .v6: ipAddress == "::1"
    case .unixDomainSocket: true
    }
  }
}

import NIOCore
import NIOPosix
import Synchronization

/// A TCP server on loopback that answers whatever it is sent by a script, so that it can break every rule of HTTP.
final class ScriptedServer: Sendable {
  enum Step: Sendable {
    case send([UInt8])
    /// Sends the bytes again and again until the peer goes away.
    case repeatForever([UInt8])
    case close
    case closeOutput

    static func text(_ text: String) -> Step { .send(Array(text.utf8)) }
  }

  private let channel: any Channel
  let port: Int

  /// - Parameter script: what to do for the `n`-th request (from 0) of the `c`-th connection (from 0).
  init(_ script: @escaping @Sendable (_ connection: Int, _ request: Int) -> [Step]) async throws {
    let connections = ConnectionCount()
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let number = connections.value.wrappingAdd(1, ordering: .relaxed).oldValue
          try channel.pipeline.syncOperations.addHandler(ScriptHandler { script(number, $0) })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  func url(_ path: String = "/metrics") -> String { "http://127.0.0.1:\(port)\(path)" }

  func stop() async throws { try await channel.close().get() }
}

private final class ConnectionCount: Sendable {
  let value = Atomic(0)
}

private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let script: (Int) -> [ScriptedServer.Step]
  private var requests = 0

  init(_ script: @escaping (Int) -> [ScriptedServer.Step]) { self.script = script }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    guard let text = buffer.readString(length: buffer.readableBytes), text.contains("\r\n\r\n") else { return }
    for step in script(requests) { perform(step, context: context) }
    requests += 1
  }

  private func perform(_ step: ScriptedServer.Step, context: ChannelHandlerContext) {
    switch step {
    case .send(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    case .repeatForever(let bytes): pour(ByteBuffer(bytes: bytes), context: context)
    case .close: context.close(promise: nil)
    case .closeOutput: context.close(mode: .output, promise: nil)
    }
  }

  private func pour(_ buffer: ByteBuffer, context: ChannelHandlerContext) {
    let loop = context.eventLoop
    let handler = NIOLoopBound(self, eventLoop: loop)
    let bound = NIOLoopBound(context, eventLoop: loop)
    context.writeAndFlush(wrapOutboundOut(buffer)).whenSuccess {
      loop.execute { handler.value.pour(buffer, context: bound.value) }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import NIOCore
import NIOPosix

/// A real proxy that makes tunnels (CONNECT, RFC 9110, section 9.3.6) and writes down what it was asked.
final class ProxyListener: Sendable {
  /// Heads of requests.
  let requests = ArrivalLog<String>()
  private let channel: any Channel

  var port: Int { channel.localAddress?.port ?? 0 }

  /// - Parameter refusal: a status line to answer with in the place of a tunnel.
  static func with(refusal: String? = nil, _ body: (ProxyListener) async throws -> Void) async throws {
    let proxy = try await ProxyListener(refusal)
    do {
      try await body(proxy)
      try await proxy.channel.close()
    } catch {
      try? await proxy.channel.close()
      throw error
    }
  }

  private init(_ refusal: String?) async throws {
    let requests = requests
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(TunnelHandler(requests, refusal))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }
}

private final class TunnelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let requests: ArrivalLog<String>
  private let refusal: String?
  private var head = ByteBuffer()
  private var other: (any Channel)?

  init(_ requests: ArrivalLog<String>, _ refusal: String?) {
    self.requests = requests
    self.refusal = refusal
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if let other {
      other.writeAndFlush(bytes, promise: nil)
      return
    }
    head.writeBuffer(&bytes)
    let text = String(buffer: head)
    guard text.hasSuffix("\r\n\r\n") else { return }
    requests.append(text)
    if let refusal {
      context.writeAndFlush(NIOAny(ByteBuffer(string: refusal + "\r\nContent-Length: 0\r\n\r\n")), promise: nil)
      return
    }
    let target = text.split(separator: " ").dropFirst().first?.split(separator: ":") ?? []
    guard target.count == 2, let port = Int(target[1]) else { return context.close(promise: nil) }
    let near = context.channel
    let me = NIOLoopBound(self, eventLoop: context.eventLoop)
    ClientBootstrap(group: context.eventLoop)
      .connectTimeout(.minutes(5))
      .channelInitializer { far in
        far.eventLoop.makeCompletedFuture { try far.pipeline.syncOperations.addHandler(BackwardHandler(near)) }
      }
      .connect(host: String(target[0]), port: port)
      .whenComplete { result in
        guard case .success(let far) = result else { return near.close(promise: nil) }
        me.value.other = far
        near.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"), promise: nil)
      }
  }

  func channelInactive(context: ChannelHandlerContext) { other?.close(promise: nil) }
}

private final class BackwardHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let near: any Channel

  init(_ near: any Channel) { self.near = near }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    near.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) { near.close(promise: nil) }
}

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A real HTTP service whose answers a test writes down beforehand.
final class HTTPListener: Sendable {
  struct Request: Sendable {
    var method: String
    var uri: String
    var headers: HTTPHeaders
    var body: String
  }

  enum Reply: Sendable {
    case answer(Int, [(String, String)] = [], String = "")
    /// Never answers.
    case hang
    /// Begins to answer and never ends.
    case headAndHang(Int)
    /// Promises more than it sends, and closes.
    case cutOff(Int, String)
    case close
    /// What is not HTTP.
    case garbage
  }

  let requests = ArrivalLog<Request>()
  /// Connections that the other side closed.
  let closed = ArrivalLog<Void>()
  let port: Int
  private let scheme: String
  private let channel: any Channel
  private let replies: Mutex<[Reply]>

  var url: String { "\(scheme)://127.0.0.1:\(port)" }

  /// Serves while `body` runs. Each request takes one reply; the last one stays.
  static func with(
    _ replies: [Reply] = [.answer(200)], tls: NIOSSLContext? = nil, _ body: (HTTPListener) async throws -> Void
  ) async throws {
    let listener = try await HTTPListener(replies, tls)
    do {
      try await body(listener)
      try await listener.channel.close()
    } catch {
      try? await listener.channel.close()
      throw error
    }
  }

  private init(_ replies: [Reply], _ tls: NIOSSLContext?) async throws {
    let link = Mutex<HTTPListener?>(nil)
    let box = Box(link)
    self.replies = Mutex(replies)
    scheme = tls == nil ? "http" : "https"
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
          guard let listener = box.listener.withLock({ $0 }) else { throw ChannelError.inappropriateOperationForState }
          try channel.pipeline.syncOperations.addHandler(RequestHandler(listener))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
    box.listener.withLock { $0 = self }
  }

  private final class Box: Sendable {
    let listener: Mutex<HTTPListener?>
    init(_ listener: consuming Mutex<HTTPListener?>) { self.listener = listener }
  }

  fileprivate func nextReply() -> Reply {
    replies.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .answer(200) }
  }
}

private final class RequestHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let listener: HTTPListener
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(_ listener: HTTPListener) { self.listener = listener }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(var part): body.writeBuffer(&part)
    case .end:
      guard let head else { return }
      listener.requests.append(
        HTTPListener.Request(
          method: head.method.rawValue, uri: head.uri, headers: head.headers, body: String(buffer: body)))
      answer(listener.nextReply(), context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    listener.closed.append(())
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func answer(_ reply: HTTPListener.Reply, _ context: ChannelHandlerContext) {
    func head(_ status: Int, _ fields: [(String, String)], _ length: Int) {
      var headers = HTTPHeaders(fields)
      headers.add(name: "Content-Length", value: "\(length)")
      let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
    }
    switch reply {
    case .answer(let status, let fields, let text):
      head(status, fields, text.utf8.count)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    case .hang: break
    case .headAndHang(let status):
      head(status, [], 100)
      context.flush()
    case .cutOff(let status, let text):
      head(status, [], text.utf8.count + 100)
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
      context.close(promise: nil)
    case .close: context.close(promise: nil)
    case .garbage:
      context.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
      let bytes = ByteBuffer(string: "220 this is a mail server\r\n\r\n")
      guard let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self) else {
        return
      }
      encoder.writeAndFlush(NIOAny(IOData.byteBuffer(bytes)), promise: nil)
      context.close(promise: nil)
    }
  }
}

import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL
import Platform

/// One connection's end of an exchange: sends the request, gathers the answer, and answers the waiting task exactly once.
///
/// Lives on its event loop; nothing here is called from elsewhere.
final class ExchangeHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart
  typealias Answer = (response: HTTPExchangeResponse, reusable: Bool)

  struct Outgoing: Sendable {
    /// Rises from exchange to exchange.
    var id: UInt64
    var head: HTTPRequestHead
    var body: [UInt8]
    var deadline: NIODeadline
    var timeout: Duration
    var maximumBytes: Int
  }

  private struct Running {
    var continuation: CheckedContinuation<Answer, any Error>
    var outgoing: Outgoing
    var timer: Scheduled<Void>
    var head: HTTPResponseHead?
    var body: [UInt8] = []
  }

  private var context: ChannelHandlerContext?
  private var running: Running?
  private var lastBodyBytes = 0
  private var lastStarted: UInt64 = 0
  /// An exchange that was cancelled before it got here.
  private var cancelledAhead: UInt64?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    finish(throwing: ClosedBeforeAnswer(words: "the connection was closed"))
  }

  func start(_ outgoing: Outgoing, _ continuation: CheckedContinuation<Answer, any Error>) {
    lastStarted = outgoing.id
    if cancelledAhead == outgoing.id {
      continuation.resume(throwing: CancellationError())
      context?.close(promise: nil)
      return
    }
    guard let context, context.channel.isActive else {
      return continuation.resume(throwing: ClosedBeforeAnswer(words: "the connection was closed"))
    }
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    let timer = context.eventLoop.scheduleTask(deadline: outgoing.deadline) {
      handler.value.abandon(with: HTTPExchangeError.timeout(after: outgoing.timeout))
    }
    running = Running(continuation: continuation, outgoing: outgoing, timer: timer)
    running?.body.reserveCapacity(min(lastBodyBytes, outgoing.maximumBytes))
    context.write(wrapOutboundOut(.head(outgoing.head)), promise: nil)
    if !outgoing.body.isEmpty {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: outgoing.body)))), promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  /// Ends exchange `id`, whether it is under way, yet to come or over (then nothing happens).
  func cancel(_ id: UInt64) {
    if running?.outgoing.id == id {
      abandon(with: CancellationError())
    } else if id > lastStarted {
      cancelledAhead = id
    }
  }

  /// Ends the exchange under way, if any, and the connection with it: its state is unknown to both sides now.
  private func abandon(with error: any Error) {
    guard running != nil else { return }
    finish(throwing: error)
    context?.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard running != nil else {
      // An answer that nobody asked for: this connection cannot be trusted with the next request.
      return context.close(promise: nil)
    }
    switch unwrapInboundIn(data) {
    case .head(let head):
      // 1xx answers precede the real one (RFC 9110, section 15.2).
      if head.status.code >= 200 { running?.head = head }
    case .body(let buffer):
      guard let limit = running?.outgoing.maximumBytes, let received = running?.body.count else { return }
      guard received + buffer.readableBytes <= limit else {
        return abandon(with: HTTPExchangeError.bodyTooLarge(limit: limit))
      }
      buffer.withUnsafeReadableBytes { running?.body.append(contentsOf: $0) }
    case .end:
      complete()
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let words = running?.head == nil ? "closed before answering" : "closed in the middle of the answer"
    if running?.head == nil {
      finish(throwing: ClosedBeforeAnswer(words: words))
    } else {
      finish(throwing: HTTPExchangeError.malformedResponse(words))
    }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(throwing: exchangeError(for: error))
    context.close(promise: nil)
  }

  private func complete() {
    guard let done = running, let head = done.head else { return }
    running = nil
    done.timer.cancel()
    lastBodyBytes = done.body.count
    let fields = head.headers.map { HTTPField($0.name, $0.value) }
    let response = HTTPExchangeResponse(status: Int(head.status.code), headers: fields, body: done.body)
    let reusable = head.isKeepAlive && context?.channel.isActive == true
    if !reusable { context?.close(promise: nil) }
    done.continuation.resume(returning: (response, reusable))
  }

  private func finish(throwing error: any Error) {
    guard let failed = running else { return }
    running = nil
    failed.timer.cancel()
    failed.continuation.resume(throwing: error)
  }

  private func exchangeError(for error: any Error) -> any Error {
    switch error {
    case let error as NIOHTTPDecompression.DecompressionError:
      if case .limit = error { return HTTPExchangeError.bodyTooLarge(limit: running?.outgoing.maximumBytes ?? 0) }
      return HTTPExchangeError.malformedResponse("the body does not decompress")
    case is NIOHTTPDecompression.ExtraDecompressionError:
      return HTTPExchangeError.malformedResponse("the body does not decompress")
    case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
      return HTTPExchangeError.malformedResponse("closed half-way through the answer")
    case HTTPParserError.headerOverflow: return HTTPExchangeError.malformedResponse("its headers are too long")
    case is HTTPParserError: return HTTPExchangeError.malformedResponse("not HTTP/1.1")
    case let error as NIOSSLError: return HTTPExchangeError.tls("\(error)")
    case let error as NIOSSLExtraError: return HTTPExchangeError.tls("\(error)")
    case is IOError where running?.head == nil: return ClosedBeforeAnswer(words: ConnectFailure.words(for: error))
    default: return HTTPExchangeError.malformedResponse(ConnectFailure.words(for: error))
    }
  }
}

/// The peer closed before a byte of the answer: on a kept connection this is usual, on a fresh one it is an error.
struct ClosedBeforeAnswer: Error {
  let words: String

  var asExchangeError: HTTPExchangeError { .malformedResponse(words) }
}

import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL
import Platform

/// One connection's end of an exchange: sends the request, gathers the answer, and answers the waiting task exactly once.
///
/// Speaks HTTP/1.1 to the bytes themselves, since NIO's codec makes strings, promises and existentials of every part of an
/// answer (`docs/decisions/0004-exchange-client.md`). Compressed answers go through NIO's decompressor, which is put behind
/// this handler with the first of them.
///
/// Lives on its event loop; nothing here is called from elsewhere.
final class ExchangeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = HTTPClientResponsePart
  typealias OutboundOut = ByteBuffer

  struct Answer: Sendable {
    var response: HTTPExchangeResponse
    /// Whether the connection may serve another exchange.
    var reusable: Bool
  }

  struct Outgoing: Sendable {
    /// Rises from exchange to exchange.
    var id: UInt64
    var request: HTTPExchangeRequest
    var endpoint: Endpoint
    var deadline: NIODeadline
    var maximumBytes: Int
  }

  private struct Running {
    var continuation: UnsafeContinuation<Answer, any Error>
    var id: UInt64
    var timeout: Duration
    var alarm: LoopAlarms.Alarm
    var maximumBytes: Int
    var reader: ResponseReader
  }

  private var context: ChannelHandlerContext?
  private var running: Running?
  private var lastStarted: UInt64 = 0
  /// An exchange that was cancelled before it got here.
  private var cancelledAhead: UInt64?
  private var inflated: InflatedBody?
  /// What was sent last, since the next request is mostly the same.
  private var lastRequest: (request: HTTPExchangeRequest, bytes: ByteBuffer)?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    finish(throwing: ClosedBeforeAnswer(words: "the connection was closed"))
  }

  func start(_ outgoing: Outgoing, _ continuation: UnsafeContinuation<Answer, any Error>) {
    lastStarted = outgoing.id
    if cancelledAhead == outgoing.id {
      continuation.resume(throwing: CancellationError())
      context?.close(promise: nil)
      return
    }
    guard let context, context.channel.isActive else {
      return continuation.resume(throwing: ClosedBeforeAnswer(words: "the connection was closed"))
    }
    let alarm = LoopAlarms.on(context.eventLoop).set(at: outgoing.deadline, .expire(self, exchange: outgoing.id))
    running = Running(
      continuation: continuation, id: outgoing.id, timeout: outgoing.request.timeout, alarm: alarm,
      maximumBytes: outgoing.maximumBytes, reader: ResponseReader(maximumBodyBytes: outgoing.maximumBytes))
    context.writeAndFlush(wrapOutboundOut(bytes(of: outgoing)), promise: nil)
  }

  private func bytes(of outgoing: Outgoing) -> ByteBuffer {
    if let lastRequest, lastRequest.request == outgoing.request { return lastRequest.bytes }
    let bytes = RequestBytes.of(outgoing.request, to: outgoing.endpoint)
    // One with a body seldom comes again and may be large.
    lastRequest = outgoing.request.method == .get ? (outgoing.request, bytes) : nil
    return bytes
  }

  /// Ends exchange `id`, whether it is under way, yet to come or over (then nothing happens).
  func cancel(_ id: UInt64) {
    if running?.id == id {
      abandon(with: CancellationError())
    } else if id > lastStarted {
      cancelledAhead = id
    }
  }

  /// The time of exchange `id` is over.
  func expire(_ id: UInt64) {
    guard let running, running.id == id else { return }
    abandon(with: HTTPExchangeError.timeout(after: running.timeout))
  }

  /// Ends the exchange under way, if any, and the connection with it: its state is unknown to both sides now.
  private func abandon(with error: any Error) {
    guard running != nil else { return }
    finish(throwing: error)
    context?.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    defer { ReceiveBuffer.current.giveBack(buffer) }
    guard running != nil else {
      // An answer that nobody asked for: this connection cannot be trusted with the next request.
      return context.close(promise: nil)
    }
    do throws(HTTPExchangeError) {
      let taken = try take(buffer)
      if running?.reader.isComplete == true { complete(isLast: taken < buffer.readableBytes) }
    } catch {
      abandon(with: error)
    }
  }

  private func take(_ buffer: ByteBuffer) throws(HTTPExchangeError) -> Int {
    let result = buffer.withUnsafeReadableBytes { bytes in
      Result { () throws(HTTPExchangeError) -> Int in
        try running?.reader.take(bytes, ReceiveBuffer.current.bodies) ?? 0
      }
    }
    return try result.get()
  }

  func channelInactive(context: ChannelHandlerContext) {
    if running?.reader.hasBegun == true {
      do throws(HTTPExchangeError) {
        try running?.reader.end()
        complete(isLast: true)
      } catch {
        finish(throwing: error)
      }
    } else {
      finish(throwing: ClosedBeforeAnswer(words: "closed before answering"))
    }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(throwing: exchangeError(for: error))
    context.close(promise: nil)
  }

  /// - Parameter isLast: the connection is no good for another exchange, whatever the answer says.
  private func complete(isLast: Bool) {
    guard let done = running else { return }
    let head = done.reader.head
    var body = done.reader.body
    if let encoding = head.encoding {
      do throws(HTTPExchangeError) {
        body = try inflate(body, encoding, limit: done.maximumBytes)
      } catch {
        return abandon(with: error)
      }
    }
    running = nil
    ReceiveBuffer.current.bodies.note(body)
    let response = HTTPExchangeResponse(status: head.status, fieldLines: head.fieldLines, body: body)
    let reusable = head.keepsAlive && !isLast && context?.channel.isActive == true
    if let context {
      LoopAlarms.on(context.eventLoop).takeBack(done.alarm)
      if !reusable { context.close(promise: nil) }
    }
    done.continuation.resume(returning: Answer(response: response, reusable: reusable))
  }

  private func finish(throwing error: any Error) {
    guard let failed = running else { return }
    running = nil
    if let context { LoopAlarms.on(context.eventLoop).takeBack(failed.alarm) }
    failed.continuation.resume(throwing: error)
  }

  private func inflate(
    _ body: [UInt8], _ encoding: ResponseHead.Encoding, limit: Int
  ) throws(HTTPExchangeError) -> [UInt8] {
    guard let context else { throw .malformedResponse("the connection was closed") }
    let inflated: InflatedBody
    if let known = self.inflated {
      inflated = known
    } else {
      inflated = InflatedBody()
      do {
        try context.pipeline.syncOperations.addHandlers(
          [NIOHTTPResponseDecompressor(limit: .size(limit)), inflated], position: .after(self))
      } catch {
        throw .malformedResponse("the body does not decompress")
      }
      self.inflated = inflated
    }
    inflated.begin(limit: limit)
    let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Encoding": encoding.rawValue])
    context.fireChannelRead(wrapInboundOut(.head(head)))
    context.fireChannelRead(wrapInboundOut(.body(ByteBuffer(bytes: body))))
    context.fireChannelRead(wrapInboundOut(.end(nil)))
    return try inflated.end()
  }

  private func exchangeError(for error: any Error) -> any Error {
    switch error {
    case let error as NIOSSLError: return HTTPExchangeError.tls("\(error)")
    case let error as NIOSSLExtraError: return HTTPExchangeError.tls("\(error)")
    case is IOError where running?.reader.hasBegun == false:
      return ClosedBeforeAnswer(words: ConnectFailure.words(for: error))
    default: return HTTPExchangeError.malformedResponse(ConnectFailure.words(for: error))
    }
  }
}

/// Behind the decompressor: gathers what it gives.
private final class InflatedBody: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  private var body: [UInt8] = []
  private var limit = 0
  private var failure: HTTPExchangeError?

  func begin(limit: Int) {
    body = []
    failure = nil
    self.limit = limit
  }

  func end() throws(HTTPExchangeError) -> [UInt8] {
    defer { body = [] }
    if let failure { throw failure }
    return body
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard failure == nil, case .body(let part) = unwrapInboundIn(data) else { return }
    guard part.readableBytes <= limit - body.count else {
      failure = .bodyTooLarge(limit: limit)
      return
    }
    part.withUnsafeReadableBytes { body.append(contentsOf: $0) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard failure == nil else { return }
    if case .limit? = error as? NIOHTTPDecompression.DecompressionError {
      failure = .bodyTooLarge(limit: limit)
    } else {
      failure = .malformedResponse("the body does not decompress")
    }
  }
}

/// The peer closed before a byte of the answer: on a kept connection this is usual, on a fresh one it is an error.
struct ClosedBeforeAnswer: Error {
  let words: String

  var asExchangeError: HTTPExchangeError { .malformedResponse(words) }
}

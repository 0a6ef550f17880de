import FleetModel
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOSSL
import Platform

/// What all calls of a server share.
struct GRPCStreamContext: Sendable {
  var methods: [String: GRPCMethod]
  var policy: AccessPolicy
  var looksForCertificates: Bool
  /// Bytes that a message may have.
  var maximumMessageBytes: Int
  /// For a whole call; a client may ask for less.
  var callTimeout: TimeAmount
  var budget: GRPCBudget
  var instruments: GRPCInstruments
  var time: any TimeSource
  /// Takes a call that is complete; `false` once the server takes none any more.
  var begin: @Sendable (GRPCCall) -> Bool
}

/// One call, which is one HTTP/2 stream
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
///
/// 1. The headers come: method, encoding and access are looked at before anything else is read. 2. The message is gathered, within
/// the bounds of one message and of all calls together. 3. The server does the work. 4. Headers, message and trailers go out; what
/// failed has trailers alone. A call that takes too long ends with `DEADLINE_EXCEEDED`, whatever becomes of its work.
final class GRPCStreamHandler: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private struct Gathering {
    var method: GRPCMethod
    var principal: Principal
    var encoding: GRPCEncoding
    var reader: GRPCMessageReader
  }

  private enum State {
    case idle
    case gathering(Gathering)
    case working
    case answered
  }

  private let shared: GRPCStreamContext
  private var state = State.idle
  private var context: ChannelHandlerContext?
  private var deadline: Scheduled<Void>?
  private var held = 0
  private let life = GRPCStreamLife()
  private var began = Duration.zero
  private var name = "unmatched"
  private var clientHasEnded = false

  init(_ shared: GRPCStreamContext) { self.shared = shared }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    began = shared.time.monotonic()
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  /// The stream is gone: whatever comes of the work has nobody to go to.
  private func leave() {
    if case .answered = state {} else if context != nil { note("CANCELLED") }
    state = .answered
    context = nil
    release()
  }

  private func release() {
    deadline?.cancel()
    deadline = nil
    life.end()
    shared.budget.giveBack(held)
    held = 0
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .headers(let headers):
      clientHasEnded = headers.endStream
      if case .idle = state { start(headers.headers, context) }
      if headers.endStream { finish(context) }
    case .data(let data):
      clientHasEnded = data.endStream
      if case .byteBuffer(let bytes) = data.data { gather(bytes, context) }
      if data.endStream { finish(context) }
    default: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func start(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
    let type = headers.first(name: "content-type") ?? ""
    guard headers.first(name: ":method") == "POST", Self.isGRPC(type) else {
      return refuseAsHTTP(headers.first(name: ":method") == "POST" ? "415" : "405", context)
    }
    do throws(GRPCFailure) {
      let path = headers.first(name: ":path") ?? ""
      guard let method = shared.methods[path] else {
        throw GRPCFailure(
          .unimplemented, "there is no method \(path.prefix(200)); there is OTLP's Export of traces and metrics")
      }
      name = method.path
      let encoding = headers.first(name: "grpc-encoding") ?? "identity"
      guard let encoding = GRPCEncoding(rawValue: encoding.lowercased()) else {
        throw GRPCFailure(
          .unimplemented, "grpc-encoding \"\(encoding.prefix(50))\" is not taken; send \(GRPCEncoding.accepted)")
      }
      let principal = try admit(headers, to: method, context)
      var timeout = shared.callTimeout
      if let asked = headers.first(name: "grpc-timeout") {
        guard let asked = GRPCTimeout.parse(asked) else {
          throw GRPCFailure(
            .internalError, "grpc-timeout \"\(asked.prefix(20))\" is not one; write such as 10S or 500m")
        }
        timeout = min(timeout, asked)
      }
      deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
        self?.answer(
          .failure(GRPCFailure(.deadlineExceeded, "the call took too long; it may have been done all the same")))
      }
      state = .gathering(
        Gathering(
          method: method, principal: principal, encoding: encoding,
          reader: GRPCMessageReader(limit: shared.maximumMessageBytes)))
    } catch {
      answer(.failure(error))
    }
  }

  /// `application/grpc`, alone or with a `+` or parameters behind it; what follows the `+` is to be protobuf.
  private static func isGRPC(_ type: String) -> Bool {
    let essence = type.lowercased().prefix { $0 != ";" && $0 != " " }
    return essence == "application/grpc" || essence == "application/grpc+proto"
  }

  private func admit(
    _ headers: HPACKHeaders, to method: GRPCMethod, _ context: ChannelHandlerContext
  ) throws(GRPCFailure) -> Principal {
    var facts = AccessPolicy.Facts(
      access: method.access, changesState: true, authorization: headers.first(name: "authorization"),
      host: headers.first(name: ":authority") ?? headers.first(name: "host"), origin: headers.first(name: "origin"))
    if shared.looksForCertificates, let connection = context.channel.parent {
      facts.hasClientCertificate = (try? connection.pipeline.syncOperations.nioSSL_peerCertificate()) != nil
    }
    do throws(APIError) { return try shared.policy.admit(facts) } catch { throw GRPCFailure(error) }
  }

  private func gather(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    guard case .gathering(var gathering) = state else { return }
    // Out of the state while it grows, or each part would copy all before it.
    state = .working
    do throws(GRPCFailure) {
      try shared.budget.take(bytes.readableBytes)
      held += bytes.readableBytes
      try gathering.reader.append(bytes)
      state = .gathering(gathering)
    } catch {
      answer(.failure(error))
    }
  }

  private func finish(_ context: ChannelHandlerContext) {
    guard case .gathering(let gathering) = state else { return }
    state = .working
    let this = NIOLoopBound(self, eventLoop: context.eventLoop)
    let loop = context.eventLoop
    do throws(GRPCFailure) {
      try shared.budget.take(GRPCCall.ownBytes)
      held += GRPCCall.ownBytes
      let call = GRPCCall(
        method: gathering.method, principal: gathering.principal, message: try gathering.reader.finish(),
        encoding: gathering.encoding, heldBytes: held, stream: life
      ) { result in
        loop.execute { this.value.answer(result) }
      }
      if !shared.begin(call) { throw GRPCFailure(.unavailable, "the server is shutting down; send it again") }
      held = 0
    } catch {
      answer(.failure(error))
    }
  }

  private func answer(_ result: Result<[UInt8], GRPCFailure>) {
    guard let context else { return }
    if case .answered = state { return }
    state = .answered
    release()
    switch result {
    case .success(let message):
      note("OK")
      send(.headers(.init(headers: Self.head)), context)
      let framed = GRPCMessageReader.framed(message, allocator: context.channel.allocator)
      send(.data(.init(data: .byteBuffer(framed))), context)
      sendLast([("grpc-status", "0")], context)
    case .failure(let failure):
      note(failure.code.word)
      sendLast(
        [
          (":status", "200"), ("content-type", "application/grpc"), ("grpc-accept-encoding", GRPCEncoding.accepted),
          ("grpc-status", "\(failure.code.rawValue)"), ("grpc-message", failure.encodedMessage),
        ], context)
    }
  }

  private static let head: HPACKHeaders = [
    ":status": "200", "content-type": "application/grpc", "grpc-accept-encoding": GRPCEncoding.accepted,
  ]

  /// What is not gRPC gets an answer that is not gRPC either.
  private func refuseAsHTTP(_ status: String, _ context: ChannelHandlerContext) {
    state = .answered
    note("HTTP_\(status)")
    sendLast([(":status", status), ("content-length", "0")], context)
  }

  private func send(_ frame: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(frame), promise: nil)
  }

  private func sendLast(_ headers: [(String, String)], _ context: ChannelHandlerContext) {
    send(.headers(.init(headers: HPACKHeaders(headers), endStream: true)), context)
    // The rest of what the client sends is of no use: it need not send it (RFC 9113, section 8.1).
    if !clientHasEnded { context.write(wrapOutboundOut(.rstStream(.noError)), promise: nil) }
    context.flush()
  }

  private func note(_ code: String) {
    shared.instruments.note(method: name, code: code, took: shared.time.monotonic() - began)
  }
}

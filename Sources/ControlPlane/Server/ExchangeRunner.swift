import FleetModel
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Platform
import ServiceLifecycle

/// One exchange from the request's head to the last byte of the answer: bounded in time, measured, logged.
struct ExchangeRunner: Sendable {
  var handler: RequestHandler
  var connections: Connections
  var configuration: FleetServerConfiguration
  var time: any TimeSource
  var logger: Logger
  let instruments = ExchangeInstruments()
  let dates = HTTPDateMemory()

  /// How long a client may take to read a refusal that leaves its body unread.
  static let lingering: TimeAmount = .seconds(2)

  func run(_ request: Request, _ writer: consuming ResponseWriter, on channel: any Channel) async throws {
    let began = time.monotonic()
    limitTime(of: channel)
    defer { connections.setDeadline(nil, of: channel) }
    let outcome = await handler.answer(request, on: channel) {
      try await writer.writeInformationalHead(HTTPResponse(status: .continue))
    } onLongWork: { route, work in
      connections.setDeadline(nil, of: channel)
      return try await route.stopsWithClient ? connections.whileOpen(channel, work) : work()
    }
    // The client has its time for the answer, however long the work took.
    limitTime(of: channel)
    var response =
      request.method == .head
      ? outcome.response
      : await AnswerCompression.apply(to: outcome.response, accepted: request.headers[.acceptEncoding])
    let streams = if case .stream = response.content { request.method != .head } else { false }
    if streams, !connections.beginStream(on: channel, maximum: configuration.maximumStreams) {
      response =
        APIError(
          .unavailable, "\(configuration.maximumStreams) streams are open already; close one or ask without follow"
        ).response
    }
    defer {
      if streams { connections.endStream(on: channel) }
      measure(request, outcome.route, response.status, since: began)
    }
    let head = head(for: response)
    switch response.content {
    case .bytes(let bytes):
      let body =
        request.method == .head || bytes.readableBytes == 0 ? ResponseBody() : ResponseBody(byteBuffer: bytes)
      try await writer.write(response: head, body: body)
    case .stream where request.method == .head:
      // Without a length the encoder would announce chunks and then send the last of them, which a HEAD has not.
      var head = head
      head.headerFields[.contentLength] = "0"
      try await writer.writeResponse(head)
    case .stream(let produce):
      connections.setDeadline(nil, of: channel)
      var body: any ResponseBodyWriter = try await writer.writeHead(head)
      do { try await stream(produce, to: &body, on: channel) } catch  where response.isWholeOrBroken {
        channel.close(promise: nil)
        throw error
      } catch {
        // Whoever follows something that goes on reads no more.
      }
      try await body.finish(nil)
    }
    if outcome.closesConnection {
      channel.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
    }
  }

  /// Has the channel closed after the request timeout.
  private func limitTime(of channel: any Channel) {
    connections.setDeadline(time.monotonic() + configuration.requestTimeout, of: channel)
  }

  private func head(for response: APIResponse) -> HTTPResponse {
    var fields = response.headers
    if !response.contentType.isEmpty { fields[.contentType] = response.contentType }
    if case .bytes(let bytes) = response.content, response.status != .noContent {
      fields[.contentLength] = "\(bytes.readableBytes)"
    }
    fields[.date] = dates.format(time.now())
    if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
    fields[.xContentTypeOptions] = "nosniff"
    return HTTPResponse(status: response.status, headerFields: fields)
  }

  /// Sends the parts until there are no more, the client has left, or the server shuts down.
  ///
  /// - Throws: what kept the producer from its end.
  private func stream(
    _ produce: @escaping @Sendable (StreamSink) async throws -> Void, to writer: inout any ResponseBodyWriter,
    on channel: any Channel
  ) async throws {
    let (parts, continuation) = AsyncStream.makeStream(
      of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(StreamSink.depth))
    channel.closeFuture.whenComplete { _ in continuation.finish() }
    let sink = StreamSink(continuation: continuation, time: time)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { continuation.finish() }
        try await produce(sink)
      }
      group.addTask {
        try? await gracefulShutdown()
        continuation.finish()
      }
      defer { group.cancelAll() }
      for await part in parts {
        limitTime(of: channel)
        defer { connections.setDeadline(nil, of: channel) }
        try await writer.write(part)
      }
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  private func measure(_ request: Request, _ route: String, _ status: HTTPResponse.Status, since began: Duration) {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
    // Methods are words that a client makes up: each would be a series of its own.
    let method = known.contains(request.method.rawValue) ? request.method.rawValue : "other"
    let elapsed = time.monotonic() - began
    instruments.note(route: route, method: method, code: status.code, took: elapsed)
    logger.debug(
      "request",
      metadata: [
        "method": "\(method)", "path": "\((request.head.path ?? "").prefix { $0 != "?" }.prefix(200))",
        "status": "\(status.code)", "milliseconds": "\(elapsed.wholeMilliseconds)",
      ])
  }
}

extension HTTPTypes.HTTPField.Name {
  /// Not among the names that the HTTP types know.
  static let xContentTypeOptions: HTTPTypes.HTTPField.Name = {
    guard let name = HTTPTypes.HTTPField.Name("X-Content-Type-Options") else {
      preconditionFailure("BUG: X-Content-Type-Options is a token")
    }
    return name
  }()
}

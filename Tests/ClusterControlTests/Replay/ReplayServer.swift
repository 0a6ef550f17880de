import FleetModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A request as it came in.
struct SeenRequest: Sendable {
  var method: String
  /// With its query.
  var path: String
  var headers: [String: String]
  var body: [UInt8]
  /// Of the client's certificate; `nil` without one.
  var hasCertificate = false

  var json: JSONValue? { try? JSONParser.parse(body) }

  /// The path without its query.
  var place: String { String(path.prefix { $0 != "?" }) }

  /// What the query holds, unescaped.
  var query: [String: String] {
    guard let mark = path.firstIndex(of: "?") else { return [:] }
    var query: [String: String] = [:]
    for item in path[path.index(after: mark)...].split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1)
      query[String(parts[0])] = parts.count > 1 ? Self.unescaped(parts[1]) : ""
    }
    return query
  }

  static func unescaped(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What to do with a request.
enum Reply: Sendable {
  case answer(Int, headers: [(String, String)] = [("content-type", "application/json")], body: [UInt8])
  /// Parts, each sent by itself; then the end of the answer, or of the connection, or nothing at all.
  case stream([[UInt8]], then: End)
  /// The connection is closed.
  case cut
  /// Nothing ever comes.
  case silence

  enum End: Sendable {
    case end
    case cut
    case silence
  }

  static func json(_ value: JSONValue, status: Int = 200) -> Reply {
    .answer(status, body: Array(value.description.utf8))
  }

  static func status(_ code: Int, reason: String, message: String = "no", retryAfter: Int? = nil) -> Reply {
    let body: JSONValue = [
      "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": .string(message), "reason": .string(reason),
      "code": .number(Double(code)),
    ]
    var headers = [("content-type", "application/json")]
    if let retryAfter { headers.append(("retry-after", "\(retryAfter)")) }
    return .answer(code, headers: headers, body: Array(body.description.utf8))
  }
}

/// A server over a real socket that answers as a test says and remembers what it was asked.
final class ReplayServer: Sendable {
  typealias Script = @Sendable (SeenRequest) -> Reply

  let url: String
  private let listener: any Channel
  private let log: RequestLog

  private init(_ listener: any Channel, _ log: RequestLog, isSecure: Bool) {
    self.listener = listener
    self.log = log
    let port = listener.localAddress?.port ?? 0
    url = "\(isSecure ? "https" : "http")://127.0.0.1:\(port)"
  }

  /// All requests so far, in the order of their ends.
  var requests: [SeenRequest] { log.requests }

  /// Runs `body` with a server, and ends it with its connections.
  static func with<Value>(
    tls: NIOSSLContext? = nil, _ script: @escaping Script, run body: (ReplayServer) async throws -> Value
  ) async throws -> Value {
    let log = RequestLog()
    let open = OpenChannels()
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        open.add(channel)
        return channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(ReplayHandler(script, log))
        }
      }
    let listener = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
    let server = ReplayServer(listener, log, isSecure: tls != nil)
    do {
      let value = try await body(server)
      try await server.close(open)
      return value
    } catch {
      try await server.close(open)
      throw error
    }
  }

  private func close(_ open: OpenChannels) async throws {
    try await listener.close()
    for channel in open.all { channel.close(promise: nil) }
  }
}

private final class RequestLog: Sendable {
  private let seen = Mutex<[SeenRequest]>([])

  var requests: [SeenRequest] { seen.withLock { $0 } }

  func add(_ request: SeenRequest) { seen.withLock { $0.append(request) } }
}

private final class OpenChannels: Sendable {
  private let channels = Mutex<[any Channel]>([])

  var all: [any Channel] { channels.withLock { $0 } }

  func add(_ channel: any Channel) { channels.withLock { $0.append(channel) } }
}

private final class ReplayHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let script: ReplayServer.Script
  private let log: RequestLog
  private var request: SeenRequest?

  init(_ script: @escaping ReplayServer.Script, _ log: RequestLog) {
    self.script = script
    self.log = log
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      var headers: [String: String] = [:]
      for (name, value) in head.headers {
        headers[name.lowercased()] = headers[name.lowercased()].map { "\($0),\(value)" } ?? value
      }
      request = SeenRequest(method: head.method.rawValue, path: head.uri, headers: headers, body: [])
      request?.hasCertificate =
        (try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self).peerCertificate) != nil
    case .body(let part): request?.body += part.readableBytesView
    case .end:
      guard let request else { return }
      self.request = nil
      log.add(request)
      reply(script(request), context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func reply(_ reply: Reply, _ context: ChannelHandlerContext) {
    switch reply {
    case .silence: break
    case .cut: context.close(promise: nil)
    case .answer(let status, let fields, let body):
      var headers = HTTPHeaders(fields)
      if status != 204 { headers.add(name: "content-length", value: "\(body.count)") }
      write(status, headers, context)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    case .stream(let parts, let end):
      write(200, ["content-type": "application/json", "transfer-encoding": "chunked"], context)
      for part in parts {
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: part)))), promise: nil)
      }
      context.flush()
      switch end {
      case .end: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      case .cut: context.close(promise: nil)
      case .silence: break
      }
    }
  }

  private func write(_ status: Int, _ headers: HTTPHeaders, _ context: ChannelHandlerContext) {
    let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
  }
}

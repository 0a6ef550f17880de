import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Platform
import ServiceLifecycle
import Synchronization

/// Serves a ``Cluster`` over HTTP/1.1, with or without TLS.
struct StandServer: Sendable {
  /// The most a body may hold.
  private static let maximumBody = 3 << 20
  /// From here on answers are compressed for whoever takes gzip.
  private static let compressedFrom = 128 << 10

  let cluster: Cluster
  let latency: Duration
  let time: any TimeSource
  let channels: Channels
  let looksForCertificates: Bool
  /// For a test in another process; `nil` takes none.
  let orders: StandOrders?

  func makeServer(
    port: Int, tls: TLSConfiguration?, onListening: @escaping @Sendable (Int) -> Void
  ) throws -> any Service {
    let plain = HTTPServerBuilder.http1()
    let builder = if let tls { try HTTPServerBuilder.tls(plain, tlsConfiguration: tls) } else { plain }
    var logger = Logger(label: "cluster-stand")
    logger.logLevel = .critical
    return try builder.buildServer(
      configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
    ) { request, writer, channel in
      try await run(request, writer, on: channel)
    } onServerRunning: { channel in
      onListening(channel.localAddress?.port ?? 0)
    }
  }

  private func run(_ request: Request, _ writer: consuming ResponseWriter, on channel: any Channel) async throws {
    channels.note(channel)
    var asked = StandRequest(method: request.method.rawValue, target: request.head.path ?? "")
    asked.accept = request.headers[.accept] ?? ""
    asked.contentType = request.headers[.contentType] ?? ""
    asked.userAgent = request.headers[.userAgent] ?? ""
    let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    var verdict: Cluster.Verdict
    if declared > Self.maximumBody {
      for try await _ in request.body {}
      verdict = Cluster.Verdict(answer: .failure(Self.tooLarge))
    } else {
      do {
        asked.body = Array(buffer: try await request.body.collect(upTo: Self.maximumBody))
        verdict = await carryOut(
          asked, target: request.head.path ?? "", authorization: request.headers[.authorization],
          certificate: await certificate(of: channel))
      } catch is NIOTooManyBytesError {
        verdict = Cluster.Verdict(answer: .failure(Self.tooLarge))
      }
    }
    let delay = latency + verdict.delay
    if delay > .zero { try await SystemTime().sleep(for: delay) }
    guard let answer = verdict.answer, !verdict.isCutBefore else { return try await Self.cut(channel) }
    if case .watch(let start) = answer {
      return try await stream(start, isCut: verdict.isCutAfter, writer, on: channel)
    }
    if verdict.isCutAfter { return try await Self.cut(channel) }
    var (head, bytes) = Self.encode(answer, retryAfter: verdict.retryAfter)
    if bytes.count > Self.compressedFrom, request.headers[.acceptEncoding]?.contains("gzip") == true,
      let smaller = Self.compressed(bytes)
    {
      head.headerFields[.contentEncoding] = "gzip"
      bytes = smaller
    }
    if answer.status == 204 {
      head.headerFields[.contentType] = nil
    } else {
      head.headerFields[.contentLength] = "\(bytes.count)"
    }
    try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// With all the waiting that was ordered.
  private func carryOut(
    _ request: StandRequest, target: String, authorization: String?, certificate: [UInt8]?
  ) async -> Cluster.Verdict {
    if let answer = await orders?.answer(request) { return Cluster.Verdict(answer: answer) }
    var verdict = cluster.handle(request, target: target, authorization: authorization, certificate: certificate)
    if verdict.isHeld {
      guard await cluster.held.hold() else { return Cluster.Verdict(isCutBefore: true) }
      verdict = cluster.handle(
        request, target: target, authorization: authorization, certificate: certificate, meetsFaults: false)
    } else if verdict.isAnswerHeld, await !cluster.held.hold() {
      verdict.isCutBefore = true
    }
    return verdict
  }

  private static let tooLarge = StatusError(
    code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is 3145728")

  private static func cut(_ channel: any Channel) async throws {
    try? await channel.close()
    throw CancellationError()
  }

  private func certificate(of channel: any Channel) async -> [UInt8]? {
    guard looksForCertificates, let certificate = try? await channel.nioSSL_peerCertificate().get() else { return nil }
    return try? certificate.toDERBytes()
  }

  private static func encode(_ answer: StandAnswer, retryAfter: Int?) -> (HTTPResponse, [UInt8]) {
    var head = HTTPResponse(status: .init(code: answer.status))
    var bytes: [UInt8] = []
    switch answer {
    case .tree(_, let tree, let warnings):
      head.headerFields[.contentType] = "application/json"
      let name = HTTPTypes.HTTPField.Name("warning")
      for warning in warnings {
        let quoted = warning.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
          .split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
        if let name { head.headerFields.append(HTTPTypes.HTTPField(name: name, value: "299 - \"\(quoted)\"")) }
      }
      if let seconds = retryAfter ?? tree["details"]?["retryAfterSeconds"]?.integer {
        head.headerFields[.retryAfter] = "\(seconds)"
      }
      bytes = tree.jsonBytes
    case .document(let tree, let type):
      head.headerFields[.contentType] = type
      bytes = tree.jsonBytes
    case .text(_, let text, let type):
      head.headerFields[.contentType] = type
      bytes = Array(text.utf8)
    case .watch: head.headerFields[.contentType] = "application/json"
    }
    return (head, bytes)
  }

  private static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    bytes.withUnsafeBytes { source in
      var target = [UInt8](repeating: 0, count: Gzip.bound(source.count))
      guard let count = target.withUnsafeMutableBytes({ Gzip.compress(source, to: $0) }) else { return nil }
      return Array(target.prefix(count))
    }
  }

  /// Lines as they come, until the server or the client ends it.
  private func stream(
    _ start: WatchStart, isCut: Bool, _ writer: consuming ResponseWriter, on channel: any Channel
  ) async throws {
    defer { cluster.withState { $0.endWatch(start.id, withBookmark: false) } }
    channel.closeFuture.whenComplete { [cluster] _ in
      cluster.withState { $0.endWatch(start.id, withBookmark: false) }
    }
    var head = HTTPResponse(status: .ok)
    head.headerFields[.contentType] = "application/json"
    var body: any ResponseBodyWriter = try await writer.writeHead(head)
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let timeout = start.timeout {
        group.addTask { [cluster, time] in
          try await time.sleep(for: timeout)
          cluster.withState { $0.endWatch(start.id, withBookmark: true) }
        }
      }
      defer { group.cancelAll() }
      for await line in start.lines {
        try await body.write(ByteBuffer(bytes: line))
        if isCut { return try await Self.cut(channel) }
      }
    }
    try await body.finish(nil)
  }
}

/// The connections that have asked something, to be closed when the stand stops.
final class Channels: Sendable {
  private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

  func note(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    let isNew = open.withLock { $0.updateValue(channel, forKey: id) == nil }
    guard isNew else { return }
    channel.closeFuture.whenComplete { [weak self] _ in self?.open.withLock { _ = $0.removeValue(forKey: id) } }
  }

  func closeAll() {
    for channel in open.withLock({ Array($0.values) }) { channel.close(promise: nil) }
  }
}

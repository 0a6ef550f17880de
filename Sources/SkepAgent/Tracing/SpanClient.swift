import AsyncHTTPClient
import FleetModel
import Glibc
import NIOCore
import NIOHTTP1
import WireFormats

extension HTTPClient.Configuration {
  /// For calls to the control plane and to a receiver of spans: without redirects, since a bearer token must not follow one
  /// elsewhere, and without spans of their own.
  static var quiet: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.tracing.tracer = nil
    return configuration
  }
}

/// The calls of the tracer.
struct SpanClient: Sendable {
  let http: HTTPClient
  let endpoint: String
  let configuration: TracerConfiguration

  enum Answer: Sendable, CustomStringConvertible {
    /// `rejections`: the spans that were not taken although the others were.
    case answered(Int, rejections: OTLPRejections, retryAfter: Duration?)
    case unanswered(String)
    /// The connection broke off under a request so long that its length may be why: a server that refuses it before it has
    /// read all closes, and its 413 is lost.
    case brokenOff(String)

    var event: ExportMachine.Event {
      switch self {
      case .answered(let status, _, let after): .answered(status, retryAfter: after)
      case .unanswered, .brokenOff: .unanswered
      }
    }

    /// Whether less at once may be taken.
    var isTooLarge: Bool {
      switch self {
      case .answered(let status, _, _): status == 413
      case .unanswered: false
      case .brokenOff: true
      }
    }

    var description: String {
      switch self {
      case .answered(let status, _, _): "\(status)"
      case .unanswered(let reason), .brokenOff(let reason): reason
      }
    }
  }

  /// Ended spans, by OTLP/HTTP.
  func post(_ spans: [Span], timeout: Duration) async -> Answer {
    guard let batch = SpanBatch(spans) else { return .answered(413, rejections: OTLPRejections(), retryAfter: nil) }
    var request = HTTPClientRequest(url: endpoint)
    request.headers.add(name: "content-type", value: "application/x-protobuf")
    for (name, value) in configuration.headers { request.headers.replaceOrAdd(name: name, value: value) }
    let encoded = OTLPTraceEncoder.encode(batch, as: .protobuf)
    request.body = .bytes(ByteBuffer(bytes: encoded))
    let (answer, body) = await send(
      request, withToken: configuration.sendsToServer, isLong: encoded.count > 256 << 10, timeout: timeout)
    guard case .answered(let status, _, let retryAfter) = answer, (200...299).contains(status),
      let rejections = try? OTLPAnswer.rejections(in: body, as: .protobuf), !rejections.isEmpty
    else { return answer }
    return .answered(status, rejections: rejections, retryAfter: retryAfter)
  }

  /// Spans in flight, to the control plane (SPEC §11).
  func announce(_ spans: [Span], timeout: Duration) async -> Answer {
    guard let address = configuration.startMessageAddress else { return .unanswered("no address") }
    var request = HTTPClientRequest(url: address)
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(ByteBuffer(string: StartMessage.json(of: spans)))
    return await send(request, withToken: true, isLong: false, timeout: timeout).answer
  }

  private func send(_ request: HTTPClientRequest, withToken: Bool, isLong: Bool, timeout: Duration) async -> (
    answer: Answer, body: [UInt8]
  ) {
    var request = request
    request.method = .POST
    do {
      if withToken, let file = configuration.tokenFile, !request.headers.contains(name: "authorization") {
        request.headers.add(name: "authorization", value: try BearerToken.header(fromFile: file))
      }
      let response = try await http.execute(request, timeout: .nanoseconds(timeout.wholeNanoseconds))
      let body = try await response.body.collect(upTo: 1 << 20)
      let status = Int(response.status.code)
      let after = response.headers.first(name: "retry-after").flatMap(UInt16.init).map { Duration.seconds(Int64($0)) }
      return (.answered(status, rejections: OTLPRejections(), retryAfter: after), Array(body.readableBytesView))
    } catch let error where isLong && Self.isBreak(error) {
      return (.brokenOff("\(error)"), [])
    } catch {
      return (.unanswered("\(error)"), [])
    }
  }

  /// Whether there was a connection, and it was closed or reset.
  private static func isBreak(_ error: any Error) -> Bool {
    switch error {
    case let error as HTTPClientError: error == .remoteConnectionClosed
    case let error as ChannelError: error == .ioOnClosedChannel || error == .outputClosed || error == .eof
    case let error as IOError: [EPIPE, ECONNRESET].contains(error.errnoCode)
    default: false
    }
  }
}

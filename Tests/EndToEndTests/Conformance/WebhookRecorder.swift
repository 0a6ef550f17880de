import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP listener that keeps what is posted to it, by path, and answers as it is told.
final class WebhookRecorder: Sendable {
  struct Call: Sendable {
    /// Since the recorder was made.
    var at: Duration
    var body: [UInt8]
    var answered: Int
  }

  private struct State {
    var calls: [String: [Call]] = [:]
    /// What to answer next, by path; 200 when the list is used up.
    var answers: [String: [Int]] = [:]
  }

  private let state = Mutex(State())
  private let start = ContinuousClock.now
  private let channel: any Channel
  let url: String

  init() async throws {
    let recording = Recording()
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelInitializer { channel in
        channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
          try channel.pipeline.syncOperations.addHandler(Handler(recording))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    recording.recorder.withLock { $0 = self }
  }

  func close() async { try? await channel.close() }

  /// What came for the paths that begin with `prefix`, by the rest of the path, in order of arrival.
  func calls(below prefix: String) -> [String: [Call]] {
    state.withLock { state in
      var found: [String: [Call]] = [:]
      for (path, calls) in state.calls where path.hasPrefix(prefix) {
        found[String(path.dropFirst(prefix.count))] = calls
      }
      return found
    }
  }

  func answer(_ path: String, with statuses: [Int]) { state.withLock { $0.answers[path] = statuses } }

  /// How long after the recorder was made `instant` is.
  func offset(of instant: ContinuousClock.Instant) -> Duration { start.duration(to: instant) }

  private func take(_ body: [UInt8], at path: String) -> Int {
    let at = offset(of: .now)
    return state.withLock { state in
      var next = state.answers[path] ?? []
      let status = next.isEmpty ? 200 : next.removeFirst()
      state.answers[path] = next
      state.calls[path, default: []].append(Call(at: at, body: body, answered: status))
      return status
    }
  }

  /// The listener is bound before there is a recorder to hand its requests to.
  private final class Recording: Sendable {
    let recorder = Mutex<WebhookRecorder?>(nil)
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let recording: Recording
    private var path = ""
    private var body: [UInt8] = []

    init(_ recording: Recording) { self.recording = recording }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        path = head.uri
        body = []
      case .body(let part): body += Array(part.readableBytesView)
      case .end:
        let status = recording.recorder.withLock { $0 }?.take(body, at: path) ?? 503
        let head = HTTPResponseHead(
          version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: ["content-length": "0"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }
}

import NIOCore
import NIOPosix
import Synchronization

/// A mail server that says what a test wrote down: the line that a command begins with, and the reply.
final class ScriptedMailServer: Sendable {
  /// Commands, without their line ends; lines of mails too.
  let lines = ArrivalLog<String>()
  let closed = ArrivalLog<Void>()
  private let channel: any Channel

  var port: Int { channel.localAddress?.port ?? 0 }

  /// - Parameters:
  ///   - greeting: `nil` never comes.
  ///   - replies: by the beginning of a command; a command without one hangs, except for those that every server knows.
  static func with(
    greeting: String? = "220 test ESMTP", _ replies: [String: String] = [:],
    _ body: (ScriptedMailServer) async throws -> Void
  ) async throws {
    let server = try await ScriptedMailServer(greeting, replies)
    do {
      try await body(server)
      try await server.channel.close()
    } catch {
      try? await server.channel.close()
      throw error
    }
  }

  /// What a server without extensions answers.
  static let usual = [
    "EHLO": "250 test", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 taken", "QUIT": "221 bye",
  ]
  static let hangs = "hang"
  static let closes = "close"

  private init(_ greeting: String?, _ replies: [String: String]) async throws {
    let (lines, closed) = (lines, closed)
    let script = Self.usual.merging(replies) { _, own in own }
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ScriptHandler(greeting, script, lines, closed))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }
}

private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let greeting: String?
  private let script: [String: String]
  private let lines: ArrivalLog<String>
  private let closed: ArrivalLog<Void>
  private var rest = ""
  private var isMail = false

  init(
    _ greeting: String?, _ script: [String: String], _ lines: ArrivalLog<String>, _ closed: ArrivalLog<Void>
  ) {
    self.greeting = greeting
    self.script = script
    self.lines = lines
    self.closed = closed
  }

  func channelActive(context: ChannelHandlerContext) {
    if let greeting { say(greeting, context) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    rest += String(buffer: unwrapInboundIn(data))
    while let end = rest.firstRange(of: "\r\n") {
      let line = String(rest[..<end.lowerBound])
      rest = String(rest[end.upperBound...])
      lines.append(line)
      if isMail, line != "." { continue }
      isMail = false
      let known = script.keys.filter { line.hasPrefix($0) }.max { $0.count < $1.count }
      guard let known, let reply = script[known], reply != ScriptedMailServer.hangs else { continue }
      if reply == ScriptedMailServer.closes { return context.close(promise: nil) }
      isMail = reply.hasPrefix("354")
      say(reply, context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { closed.append(()) }

  private func say(_ text: String, _ context: ChannelHandlerContext) {
    context.writeAndFlush(NIOAny(ByteBuffer(string: text + "\r\n")), promise: nil)
  }
}

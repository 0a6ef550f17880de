import FleetModel
import Logging
import TestSupport

@testable import Receivers

/// A mail transport with connections of its own, closed with the test.
struct MailSender {
  let transport: MailTransport
  let time: SimulatedTime
  let log: ArrivalLog<String>

  /// A server on loopback that needs no TLS, changed as the test wants it.
  static func options(port: Int, _ change: (inout Receiver.Email) -> Void = { _ in }) -> Receiver.Email {
    var options = Receiver.Email()
    options.smarthost = "127.0.0.1:\(port)"
    options.requireTLS = false
    change(&options)
    return options
  }

  static func with(port: Int, _ body: (MailSender) async throws -> Void) async throws {
    try await with(options(port: port), body)
  }

  static func with(
    _ options: Receiver.Email, implicitTLSPort: Int = 465, _ body: (MailSender) async throws -> Void
  ) async throws {
    let connections = ReceiverConnections(connectTimeout: .seconds(300))
    let time = SimulatedTime()
    let log = ArrivalLog<String>()
    do {
      let transport = try MailTransport(
        options, at: "email_configs[0]", of: "night", connections: connections, time: time,
        logger: Logger(label: "test") { _ in LogKeeper(log: log) }, implicitTLSPort: implicitTLSPort)
      try await body(MailSender(transport: transport, time: time, log: log))
      await connections.shutdown()
    } catch {
      await connections.shutdown()
      throw error
    }
  }

  static let message = "From: skep@example.org\r\nSubject: hi\r\n\r\n.hidden\r\n..\r\nend\r\n"

  static func envelope(
    from sender: String = "skep@example.org", to recipients: [String] = ["night@example.org"],
    _ message: String = message
  ) -> EmailMessage.Envelope {
    EmailMessage.Envelope(sender: sender, recipients: recipients, bytes: Array(message.utf8))
  }

  /// One try; the failure, if it was one.
  func send(_ envelope: EmailMessage.Envelope = Self.envelope()) async throws -> DeliveryFailure? {
    do {
      try await transport.send(envelope, within: .seconds(10))
      return nil
    } catch let failure as DeliveryFailure {
      return failure
    }
  }
}

/// Keeps what is logged, each with what goes with it.
struct LogKeeper: LogHandler {
  let log: ArrivalLog<String>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let extra = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    log.append("\(event.level): \(event.message)\(extra)")
  }
}

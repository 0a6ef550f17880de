import FleetModel
import Logging
import NIOCore
import NIOSSL
import Platform

/// Sends mails as an `email_config` says.
struct MailTransport: Sendable {
  private let host: String
  private let port: Int
  private let isImplicit: Bool
  private let hello: String
  private let requiresTLS: Bool
  private let tls: TLSFiles
  /// What the server's certificate must show; `nil` for an address.
  private let serverName: String?
  private let isVerified: Bool
  private let username: String?
  private let identity: String
  private let password: SecretSource?
  private let secret: SecretSource?
  private let calls = BlockingCalls(label: "skep.mail")
  private let connections: ReceiverConnections
  private let time: any TimeSource
  private let logger: Logger

  /// - Parameter implicitTLSPort: there TLS is spoken from the first byte (RFC 8314), as Alertmanager takes that port too.
  /// - Throws: ``ReceiverError`` if the options could never work.
  init(
    _ options: Receiver.Email, at place: String, of receiver: String, connections: ReceiverConnections,
    time: any TimeSource, logger: Logger, implicitTLSPort: Int = 465
  ) throws(ReceiverError) {
    func refuse(_ problem: String) -> ReceiverError {
      ReceiverError(receiver: receiver, problem: "\(place): \(problem)")
    }
    guard let smarthost = options.smarthost else { throw refuse("smarthost is missing; write HOST:PORT") }
    guard let (host, port) = Self.endpoint(smarthost) else {
      throw refuse("smarthost \"\(smarthost)\" is not HOST:PORT")
    }
    let tlsOptions = options.tls ?? TLSClientOptions()
    if let problem = tlsOptions.problem { throw refuse(problem) }
    let hello = options.hello ?? Receiver.Email.defaultHello
    guard !hello.isEmpty, hello.utf8.count <= 255, hello.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw refuse("hello is not a host name")
    }
    if let username = options.authUsername, username.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      throw refuse("auth_username holds a control character")
    }
    self.host = host
    self.port = port
    isImplicit = port == implicitTLSPort
    self.hello = hello
    requiresTLS = options.requireTLS ?? true
    tls = TLSFiles(tlsOptions)
    serverName = tlsOptions.serverName ?? (NameLookup.isAddress(host) ? nil : host)
    isVerified = !tlsOptions.insecureSkipVerify
    username = options.authUsername
    identity = options.authIdentity ?? ""
    password = SecretSource(options.authPassword, file: options.authPasswordFile)
    secret = SecretSource(options.authSecret, file: nil)
    self.connections = connections
    self.time = time
    self.logger = logger
  }

  /// Makes one try with the mail, for no longer than `timeout`.
  ///
  /// A recipient that the server will never take keeps the mail from no other one: it is logged. Where it may take one later, nobody
  /// gets the mail in this try.
  ///
  /// - Throws: ``DeliveryFailure``, or `CancellationError`.
  func send(_ envelope: EmailMessage.Envelope, within timeout: Duration) async throws {
    let arrival = Arrival()
    do {
      try await TimeBound.run(timeout, by: time) { try await exchange(envelope, timeout, arrival) }
    } catch {
      if !arrival.isConfirmed { throw error }
    }
  }

  private func exchange(_ envelope: EmailMessage.Envelope, _ timeout: Duration, _ arrival: Arrival) async throws {
    let login = try await login()
    let words = Answer(hiding: login?.secrets ?? [])
    let guardian = ConnectionGuard()
    do {
      try await withTaskCancellationHandler {
        let connection = try await connect(timeout, guardian)
        let level: SMTPSession.Security =
          if isImplicit {
            .implicit
          } else if requiresTLS {
            .required(try await security())
          } else {
            .none
          }
        let session = SMTPSession(connection: connection, security: level, hello: hello, login: login)
        for (recipient, reply) in try await session.deliver(envelope, arrival) {
          logger.warning(
            "a mail server does not take a recipient",
            metadata: ["recipient": "\(recipient)", "answer": "\(words.excerpt(reply.text.utf8))"])
        }
      } onCancel: {
        guardian.close()
      }
    } catch {
      // The session closes after good-bye itself.
      guardian.close()
      if Task.isCancelled { throw CancellationError() }
      if let failure = error as? DeliveryFailure {
        throw DeliveryFailure(words.clean(failure.reason), failure.advice)
      }
      throw DeliveryFailure(
        "\(host):\(port): \(words.clean(ConnectionFailure.words(error)))", .retry(after: nil))
    }
  }

  /// Tries the addresses of the host one after another.
  private func connect(_ timeout: Duration, _ guardian: ConnectionGuard) async throws -> SMTPConnection {
    let addresses = try await NameLookup.addresses(of: host, port: port, by: calls)
    let implicit = isImplicit ? try await security() : nil
    let share = max(timeout / addresses.count, .seconds(1))
    var failure: (any Error)?
    for address in addresses {
      do {
        return try await SMTPConnection.open(
          address, on: connections.eventLoops, timeout: TimeAmount(share), tls: implicit, guarded: guardian)
      } catch {
        failure = error
        if Task.isCancelled { break }
      }
    }
    throw failure ?? DeliveryFailure("\(host) has no address", .retry(after: nil))
  }

  private func security() async throws -> MailTLS {
    MailTLS(context: try await tls.context(by: calls), name: serverName, isVerified: isVerified)
  }

  private func login() async throws -> SMTPLogin? {
    guard let username, !username.isEmpty else { return nil }
    return SMTPLogin(
      username: username, identity: identity, password: try await password?.read(by: calls),
      secret: try await secret?.read(by: calls))
  }

  /// `HOST:PORT`, `[ADDRESS]:PORT`.
  private static func endpoint(_ text: String) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (1...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }) else { return nil }
    return (String(host), port)
  }
}

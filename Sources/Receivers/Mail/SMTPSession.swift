import FleetModel

/// One mail over one connection (RFC 5321): greeting, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`.
struct SMTPSession: Sendable {
  enum Security: Sendable {
    /// TLS from the first byte.
    case implicit
    /// `STARTTLS`, and nothing without it.
    case required(MailTLS)
    case none
  }

  let connection: SMTPConnection
  let security: Security
  /// The name that is said to the server.
  let hello: String
  let login: SMTPLogin?

  /// Returns the recipients that the server will never take, if it takes others, each with its words.
  ///
  /// - Throws: ``DeliveryFailure``, or what the connection throws.
  func deliver(_ envelope: EmailMessage.Envelope, _ arrival: Arrival) async throws -> [(
    recipient: String, reply: SMTPReply
  )] {
    let data: [UInt8]
    do throws(MailData.Problem) { data = try MailData.encode(envelope.bytes) } catch {
      throw DeliveryFailure(error.description, .giveUp)
    }
    let greeting = try await connection.reply()
    guard greeting.code == 220 else { throw refusal(greeting, of: "its greeting") }
    var extensions = try await sayHello()
    var isEncrypted = false
    switch security {
    case .implicit: isEncrypted = true
    case .required(let tls):
      guard extensions.has("STARTTLS") else {
        throw DeliveryFailure(
          "the server does not offer STARTTLS, and require_tls is true; set require_tls: false if mail may go there unencrypted",
          .giveUp)
      }
      let reply = try await connection.command("STARTTLS")
      guard reply.code == 220 else { throw refusal(reply, of: "STARTTLS") }
      try await connection.secure(tls)
      extensions = try await sayHello()
      isEncrypted = true
    case .none: break
    }
    if let login, !extensions.authentication.isEmpty {
      try await login.authenticate(
        on: connection, offered: extensions.authentication, isPrivate: isEncrypted || connection.isLoopback)
    }
    let refused = try await introduce(envelope, data, extensions)
    let ready = try await connection.command("DATA")
    guard ready.code == 354 else { throw refusal(ready, of: "DATA") }
    let taken = try await connection.send(data)
    guard taken.isPositive else { throw refusal(taken, of: "the mail") }
    arrival.confirm()
    connection.quit()
    return refused
  }

  private func sayHello() async throws -> SMTPExtensions {
    let reply = try await connection.command("EHLO \(hello)")
    if reply.isPositive { return SMTPExtensions(reply) }
    // A server of before 1995 knows only this.
    guard (500..<505).contains(reply.code) else { throw refusal(reply, of: "EHLO") }
    let old = try await connection.command("HELO \(hello)")
    guard old.isPositive else { throw refusal(old, of: "HELO") }
    return SMTPExtensions()
  }

  /// Names sender and recipients; returns those that the server will never take, if it takes others.
  private func introduce(
    _ envelope: EmailMessage.Envelope, _ data: [UInt8], _ extensions: SMTPExtensions
  ) async throws -> [(recipient: String, reply: SMTPReply)] {
    var parameters = ""
    for address in [envelope.sender] + envelope.recipients where !Self.isPlain(address) {
      throw DeliveryFailure("\"\(address)\" is not an address that SMTP can carry", .giveUp)
    }
    if data.contains(where: { $0 >= 0x80 }) {
      guard extensions.has("8BITMIME") else {
        throw DeliveryFailure("the mail is not ASCII, and the server does not offer 8BITMIME", .giveUp)
      }
      parameters = " BODY=8BITMIME"
    }
    let sender = try await connection.command("MAIL FROM:<\(envelope.sender)>\(parameters)")
    guard sender.isPositive else { throw refusal(sender, of: "the sender \(envelope.sender)") }
    var refused: [(recipient: String, reply: SMTPReply)] = []
    for recipient in envelope.recipients {
      let reply = try await connection.command("RCPT TO:<\(recipient)>")
      // The server is leaving: what follows would only tell so again.
      if reply.code == 421 { throw refusal(reply, of: "the recipient \(recipient)") }
      if !reply.isPositive { refused.append((recipient, reply)) }
    }
    // One that may be taken later is worth the next try, and nobody has got the mail yet.
    if let (recipient, reply) = refused.first(where: { $0.reply.code < 500 }) {
      throw refusal(reply, of: "the recipient \(recipient)")
    }
    guard refused.count < envelope.recipients.count else {
      guard let (recipient, reply) = refused.first else { throw DeliveryFailure("the mail has no recipient", .giveUp) }
      throw refusal(reply, of: "the recipient \(recipient)")
    }
    return refused
  }

  /// Whether it stays one address inside of `<>`.
  private static func isPlain(_ address: String) -> Bool {
    address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
  }

  private func refusal(_ reply: SMTPReply, of what: String) -> DeliveryFailure {
    Self.refusal(reply, of: what, hiding: login?.secrets ?? [])
  }

  /// 4yz passes by itself, 5yz does not (RFC 5321, section 4.2.1).
  static func refusal(_ reply: SMTPReply, of what: String, hiding secrets: [String]) -> DeliveryFailure {
    let passes = (400..<500).contains(reply.code)
    let words = Answer(hiding: secrets).excerpt(reply.text.utf8)
    return DeliveryFailure("the server answers to \(what): \(words)", passes ? .retry(after: nil) : .giveUp)
  }
}

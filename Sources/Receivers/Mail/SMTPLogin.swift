import FleetModel
import FoundationEssentials

/// Who we are to a mail server (`auth_username` and what goes with it).
struct SMTPLogin: Sendable {
  var username: String
  var identity: String
  var password: String?
  /// For CRAM-MD5.
  var secret: String?

  enum Mechanism: String, Sendable, Hashable, CaseIterable {
    case cramMD5 = "CRAM-MD5"
    case plain = "PLAIN"
    case login = "LOGIN"
  }

  /// The first that the server names and that there is something to say for, as Alertmanager chooses.
  func mechanism(among offered: [String]) -> Mechanism? {
    offered.lazy.compactMap(Mechanism.init(rawValue:)).first { mechanism in
      switch mechanism {
      case .cramMD5: secret != nil
      case .plain, .login: password != nil
      }
    }
  }

  /// - Parameters:
  ///   - offered: mechanisms, in the server's order.
  ///   - isPrivate: whether nobody can read along: by TLS, or because the server is on this machine.
  /// - Throws: ``DeliveryFailure``, or what the connection throws.
  func authenticate(on connection: SMTPConnection, offered: [String], isPrivate: Bool) async throws {
    guard let mechanism = mechanism(among: offered) else {
      let known = offered.joined(separator: ", ")
      throw DeliveryFailure(
        "the server takes \(known); auth_password serves for PLAIN and LOGIN, auth_secret for CRAM-MD5", .giveUp)
    }
    switch mechanism {
    case .cramMD5:
      let challenge = try await say("AUTH CRAM-MD5", to: connection, expecting: 334)
      let key = Array((secret ?? "").utf8)
      let code = MD5.authenticationCode(key: key, of: Self.decoded(challenge.lines.first ?? ""))
      _ = try await say(Self.encoded("\(username) \(code)"), to: connection, expecting: 235)
    case .plain:
      try refuseUnless(isPrivate)
      let proof = Self.encoded("\(identity)\0\(username)\0\(password ?? "")")
      _ = try await say("AUTH PLAIN \(proof)", to: connection, expecting: 235)
    case .login:
      try refuseUnless(isPrivate)
      _ = try await say("AUTH LOGIN", to: connection, expecting: 334)
      _ = try await say(Self.encoded(username), to: connection, expecting: 334)
      _ = try await say(Self.encoded(password ?? ""), to: connection, expecting: 235)
    }
  }

  /// What must not be shown.
  var secrets: [String] {
    let plain = [password, secret].compactMap(\.self)
    return plain + plain.map(Self.encoded) + [Self.encoded("\(identity)\0\(username)\0\(password ?? "")")]
  }

  private func refuseUnless(_ isPrivate: Bool) throws(DeliveryFailure) {
    guard !isPrivate else { return }
    throw DeliveryFailure(
      "the connection is not encrypted, and the password is not sent for everybody to read; set require_tls: true",
      .giveUp)
  }

  private func say(_ line: String, to connection: SMTPConnection, expecting code: Int) async throws -> SMTPReply {
    let reply = try await connection.command(line)
    guard reply.code == code else { throw SMTPSession.refusal(reply, of: "AUTH", hiding: secrets) }
    return reply
  }

  private static func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  private static func decoded(_ text: String) -> [UInt8] { Data(base64Encoded: text).map(Array.init) ?? [] }
}

import FleetModel
import TestSupport
import Testing

@testable import Receivers

@Suite("mail servers that do not do their part") struct MailTroubleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var greeting = "220 test"
    var replies: [String: String] = [:]
    var failure: DeliveryFailure
    var testDescription: String { "\(greeting) \(replies)" }
  }

  static let cases: [Case] = [
    Case(
      greeting: "421 too many connections",
      failure: DeliveryFailure("the server answers to its greeting: 421 too many connections", .retry(after: nil))),
    Case(
      greeting: "554 go away", failure: DeliveryFailure("the server answers to its greeting: 554 go away", .giveUp)),
    Case(
      greeting: "SSH-2.0-OpenSSH",
      failure: DeliveryFailure(
        "what answers does not speak SMTP: \"SSH-2.0-OpenSSH\"", .retry(after: nil))),
    Case(
      replies: ["EHLO": "451 not now"],
      failure: DeliveryFailure("the server answers to EHLO: 451 not now", .retry(after: nil))),
    Case(
      replies: ["EHLO": "502 what?", "HELO": "502 what?"],
      failure: DeliveryFailure("the server answers to HELO: 502 what?", .giveUp)),
    Case(
      replies: ["MAIL": "550-first line\r\n550 second line"],
      failure: DeliveryFailure(
        "the server answers to the sender skep@example.org: 550 first line second line", .giveUp)),
    Case(
      replies: ["RCPT": "421 closing"],
      failure: DeliveryFailure(
        "the server answers to the recipient night@example.org: 421 closing", .retry(after: nil))),
    Case(
      replies: ["DATA": "554 no valid recipients"],
      failure: DeliveryFailure("the server answers to DATA: 554 no valid recipients", .giveUp)),
    Case(
      replies: ["MAIL": ScriptedMailServer.closes],
      failure: DeliveryFailure("the server closed the connection", .retry(after: nil))),
    Case(
      replies: [".": ScriptedMailServer.closes],
      failure: DeliveryFailure("the server closed the connection", .retry(after: nil))),
    Case(
      replies: ["MAIL": "250 " + String(repeating: "x", count: 10_000)],
      failure: DeliveryFailure("a reply of the server is too long", .retry(after: nil))),
  ]

  @Test(arguments: cases) func everyTroubleIsNamed(_ example: Case) async throws {
    try await ScriptedMailServer.with(greeting: example.greeting, example.replies) { server in
      try await MailSender.with(port: server.port) { sender in
        var expected = example.failure
        if !expected.reason.hasPrefix("the server answers") {
          expected.reason = "127.0.0.1:\(server.port): \(expected.reason)"
        }
        let outcome1 = try await sender.send()
        #expect(outcome1 == expected)
        await server.closed.wait(for: 1)
      }
    }
  }

  @Test(arguments: [nil, "EHLO", "MAIL", "RCPT", "DATA", "."])
  func aServerThatHangsIsLeftAtTheTime(_ command: String?) async throws {
    var replies: [String: String] = [:]
    if let command { replies[command] = ScriptedMailServer.hangs }
    try await ScriptedMailServer.with(greeting: command == nil ? nil : "220 test", replies) { server in
      try await MailSender.with(port: server.port) { sender in
        async let failure = sender.send()
        while let command,
          !server.lines.entries.contains(where: { $0.hasPrefix(command) && ($0 == "." || command != ".") })
        {
          await server.lines.wait(for: server.lines.entries.count + 1)
        }
        await sender.time.waitForSleepers(1)
        sender.time.advance(by: .seconds(10))
        let outcome2 = try await failure
        #expect(outcome2 == DeliveryFailure("no whole answer within 10s", .retry(after: nil)))
        // Where the time is over before there is a connection, none is left behind either.
        if command != nil { await server.closed.wait(for: 1) }
      }
    }
  }

  @Test func aTryThatIsCancelledClosesItsConnection() async throws {
    try await ScriptedMailServer.with(["DATA": ScriptedMailServer.hangs]) { server in
      try await MailSender.with(port: server.port) { sender in
        let transport = sender.transport
        let task = Task { try await transport.send(MailSender.envelope(), within: .seconds(10)) }
        await server.lines.wait(for: 4)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await server.closed.wait(for: 1)
      }
    }
  }

  /// It took the mail: what comes after that must not send it again.
  @Test func aServerThatHangsAtGoodByeHasTakenTheMail() async throws {
    try await ScriptedMailServer.with(["QUIT": ScriptedMailServer.hangs]) { server in
      try await MailSender.with(port: server.port) { sender in
        let outcome3 = try await sender.send()
        #expect(outcome3 == nil)
        await server.lines.wait(for: 4 + 6 + 1 + 1)
        #expect(server.lines.entries.last == "QUIT")
      }
    }
  }

  @Test func withoutTLSNothingIsSaid() async throws {
    try await ScriptedMailServer.with { server in
      try await MailSender.with(MailSender.options(port: server.port) { $0.requireTLS = nil }) { sender in
        let failure = try await sender.send()
        #expect(failure?.advice == .giveUp)
        #expect(
          failure?.reason
            == "the server does not offer STARTTLS, and require_tls is true; set require_tls: false if mail may go there unencrypted"
        )
        #expect(server.lines.entries == ["EHLO localhost"])
      }
    }
  }

  /// Commands that somebody on the way puts behind the server's agreement are not taken for the server's
  /// (<https://nostarttls.secvuln.info/>).
  @Test func whatIsSlippedInBeforeTLSIsRefused() async throws {
    try await ScriptedMailServer.with([
      "EHLO": "250-test\r\n250 STARTTLS", "STARTTLS": "220 go\r\n250-evil\r\n250 AUTH PLAIN",
    ]) { server in
      try await MailSender.with(MailSender.options(port: server.port) { $0.requireTLS = true }) { sender in
        let failure = try await sender.send()
        #expect(
          failure?.reason.hasSuffix("in the clear after the server agreed to TLS; the connection is not safe") == true)
        #expect(server.lines.entries.filter { $0.hasPrefix("EHLO") }.count == 1)
      }
    }
  }

  @Test func whatCannotBeUsedToLogInIsSaid() async throws {
    try await ScriptedMailServer.with(["EHLO": "250-test\r\n250 AUTH XOAUTH2 NTLM"]) { server in
      try await MailSender.with(
        MailSender.options(port: server.port) {
          $0.authUsername = "skep"
          $0.authPassword = SecretText("hive")
        }
      ) { sender in
        let failure = try await sender.send()
        #expect(
          failure?.reason
            == "the server takes XOAUTH2, NTLM; auth_password serves for PLAIN and LOGIN, auth_secret for CRAM-MD5")
      }
    }
  }

  @Test(arguments: ["a@b>\r\nRSET", "a b@example.org", "a@b\n", "ä@example.org", "<a@b>"])
  func anAddressIsNeverMoreThanAnAddress(_ address: String) async throws {
    try await ScriptedMailServer.with { server in
      try await MailSender.with(port: server.port) { sender in
        for envelope in [MailSender.envelope(from: address), MailSender.envelope(to: ["x@example.org", address])] {
          let failure = try await sender.send(envelope)
          #expect(failure?.advice == .giveUp)
          #expect(failure?.reason.hasSuffix("is not an address that SMTP can carry") == true)
        }
        #expect(server.lines.entries.allSatisfy { $0.hasPrefix("EHLO") })
      }
    }
  }

  @Test(arguments: [
    (nil, "smarthost is missing; write HOST:PORT"), ("mail", "smarthost \"mail\" is not HOST:PORT"),
    ("mail:0", "smarthost \"mail:0\" is not HOST:PORT"), (":25", "smarthost \":25\" is not HOST:PORT"),
    ("a b:25", "smarthost \"a b:25\" is not HOST:PORT"),
  ])
  func aSmarthostThatIsNoneIsRefused(_ smarthost: String?, _ problem: String) async throws {
    let expected = ReceiverError(receiver: "night", problem: "email_configs[0]: \(problem)")
    await #expect(throws: expected) {
      try await MailSender.with(MailSender.options(port: 1) { $0.smarthost = smarthost }) { _ in }
    }
  }

  @Test func whatCannotConnectSaysWhere() async throws {
    let port = try ReservedPort()
    try await MailSender.with(port: port.port) { sender in
      let failure = try await sender.send()
      #expect(
        failure
          == DeliveryFailure("127.0.0.1:\(port.port): connection refused", .retry(after: nil)))
    }
  }
}

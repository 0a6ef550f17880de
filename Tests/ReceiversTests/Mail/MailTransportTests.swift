import FleetModel
import SystemPackage
import TestSupport
import Testing

@testable import Receivers

@Suite("mails to aiosmtpd", .enabled("needs python3 with aiosmtpd") { await RealMailServer.isThere() })
struct MailTransportTests {
  @Test func aMailArrivesAsItWasWritten() async throws {
    try await RealMailServer.with { server in
      let options = MailSender.options(port: server.port) { $0.hello = "skep.example.org" }
      try await MailSender.with(options) { sender in
        let failure = try await sender.send(MailSender.envelope(to: ["a@example.org", "b@example.org"]))
        #expect(failure == nil)
        let mail = try server.mail()
        #expect(mail.from == "skep@example.org")
        #expect(mail.to == ["a@example.org", "b@example.org"])
        #expect(mail.data == MailSender.message)
        #expect(mail.host == "skep.example.org")
        #expect(!mail.isEncrypted && mail.login == nil)
      }
    }
  }

  @Test func bytesBeyondASCIINeedAServerThatTakesThem() async throws {
    try await RealMailServer.with { server in
      try await MailSender.with(port: server.port) { sender in
        let failure = try await sender.send(MailSender.envelope("Subject: x\n\nü\n"))
        #expect(failure == nil)
        #expect(try server.mail().options.contains("BODY=8BITMIME"))
      }
    }
    try await ScriptedMailServer.with { server in
      try await MailSender.with(port: server.port) { sender in
        let failure = try await sender.send(MailSender.envelope("Subject: x\n\nü\n"))
        #expect(
          failure == DeliveryFailure("the mail is not ASCII, and the server does not offer 8BITMIME", .giveUp))
      }
    }
  }

  @Test(
    .enabled(if: TestCertificates.openssl != nil, "needs the openssl command"),
    arguments: [("server", nil), ("named", "receiver.example")] as [(String, String?)])
  func tlsIsSpokenBeforeAnythingElse(_ certificate: String, _ name: String?) async throws {
    let certificates = try await TestCertificates()
    var serving = RealMailServer.Options(certificates, certificate)
    serving.requiresTLS = true
    try await RealMailServer.with(serving) { server in
      func options(_ authority: String?, _ name: String?) -> Receiver.Email {
        MailSender.options(port: server.port) {
          $0.requireTLS = nil
          $0.tls = TLSClientOptions()
          $0.tls?.caFile = authority
          $0.tls?.serverName = name
        }
      }
      try await MailSender.with(options(certificates.ca, name)) { sender in
        let failure = try await sender.send()
        #expect(failure == nil)
        #expect(try server.mail().isEncrypted)
      }
      // Of an authority that the system does not know; and of another name.
      var strangers = [options(nil, name), options(certificates.ca, "other.example")]
      if certificate == "named" { strangers.append(options(certificates.ca, nil)) }
      for stranger in strangers {
        try await MailSender.with(stranger) { sender in
          let failure = try await sender.send()
          #expect(failure?.reason.contains("TLS: ") == true, "\(failure?.reason ?? "delivered")")
          #expect(failure?.advice == .retry(after: nil))
        }
      }
      // The server wants TLS, and we were told that it is not needed.
      try await MailSender.with(port: server.port) { sender in
        let failure = try await sender.send()
        #expect(failure?.advice == .giveUp)
        #expect(failure?.reason.contains("530") == true)
      }
      #expect(try server.mails().count == 1)
    }
  }

  @Test(.enabled(if: TestCertificates.openssl != nil, "needs the openssl command"))
  func tlsFromTheFirstByteIsSpokenToo() async throws {
    let certificates = try await TestCertificates()
    var serving = RealMailServer.Options(certificates, "server")
    serving.implicit = true
    try await RealMailServer.with(serving) { server in
      let options = MailSender.options(port: server.port) {
        $0.requireTLS = true
        $0.tls = TLSClientOptions()
        $0.tls?.caFile = certificates.ca
      }
      try await MailSender.with(options, implicitTLSPort: server.port) { sender in
        let failure = try await sender.send()
        #expect(failure == nil)
        #expect(try server.mail().data == MailSender.message)
      }
      try await MailSender.with(MailSender.options(port: server.port), implicitTLSPort: server.port) { sender in
        let failure = try await sender.send()
        #expect(failure?.reason.contains("TLS: the certificate is not trusted") == true)
      }
      let elsewhere = MailSender.options(port: server.port) {
        $0.tls = options.tls
        $0.tls?.serverName = "other.example"
      }
      try await MailSender.with(elsewhere, implicitTLSPort: server.port) { sender in
        let failure = try await sender.send()
        #expect(failure?.reason.contains("TLS: the certificate is not of the name other.example") == true)
      }
      #expect(try server.mails().count == 1)
    }
  }

  @Test(arguments: ["PLAIN", "LOGIN", "CRAM-MD5"])
  func everyMechanismLogsIn(_ mechanism: String) async throws {
    let files = try ScratchDirectory()
    let password = try files.write("password", "hï ve\n").string
    var serving = RealMailServer.Options()
    serving.mechanisms = [mechanism]
    serving.requiresLogin = true
    try await RealMailServer.with(serving) { server in
      let right = MailSender.options(port: server.port) {
        $0.authUsername = "skep"
        $0.authPasswordFile = password
        $0.authSecret = SecretText("tanstaaftanstaaf")
      }
      try await MailSender.with(right) { sender in
        let failure = try await sender.send()
        #expect(failure == nil)
        #expect(try server.mail().login == mechanism)
      }
      let wrong = MailSender.options(port: server.port) {
        $0.authUsername = "skep"
        $0.authPassword = SecretText("wrong-password")
        $0.authSecret = SecretText("wrong-secret")
      }
      try await MailSender.with(wrong) { sender in
        let failure = try await sender.send()
        #expect(failure?.advice == .giveUp)
        #expect(failure?.reason.hasPrefix("the server answers to AUTH: 535 ") == true, "\(failure?.reason ?? "")")
        #expect(failure?.reason.contains("wrong") == false)
      }
      // Nobody said who we are.
      try await MailSender.with(port: server.port) { sender in
        let failure = try await sender.send()
        #expect(failure?.reason.contains("530") == true)
      }
    }
  }

  @Test(arguments: [
    ("451 4.3.0 try later", DeliveryFailure.Advice.retry(after: nil)), ("554 5.7.1 spam", .giveUp),
  ])
  func whatTheServerRefusesIsTriedAgainOrNot(_ reply: String, _ advice: DeliveryFailure.Advice) async throws {
    var serving = RealMailServer.Options()
    serving.mail = reply
    try await RealMailServer.with(serving) { server in
      try await MailSender.with(port: server.port) { sender in
        let failure = try await sender.send()
        #expect(failure == DeliveryFailure("the server answers to the mail: \(reply)", advice))
      }
    }
  }

  @Test func oneRecipientThatIsRefusedKeepsTheMailFromNoOther() async throws {
    var serving = RealMailServer.Options()
    serving.recipients = [
      "gone@example.org": "550 5.1.1 no such user", "lost@example.org": "550 5.1.1 no such user",
      "full@example.org": "452 4.2.2 mailbox full",
    ]
    try await RealMailServer.with(serving) { server in
      try await MailSender.with(port: server.port) { sender in
        let all = ["gone@example.org", "night@example.org", "lost@example.org"]
        let failure = try await sender.send(MailSender.envelope(to: all))
        #expect(failure == nil)
        #expect(try server.mail().to == ["night@example.org"])
        let warning = "warning: a mail server does not take a recipient answer="
        #expect(
          sender.log.entries == [
            "\(warning)550 5.1.1 no such user recipient=gone@example.org",
            "\(warning)550 5.1.1 no such user recipient=lost@example.org",
          ])
        // Whoever may take it later gets it with all others.
        let later = try await sender.send(MailSender.envelope(to: ["night@example.org", "full@example.org"]))
        #expect(later?.reason == "the server answers to the recipient full@example.org: 452 4.2.2 mailbox full")
        #expect(later?.advice == .retry(after: nil))
        #expect(try server.mails().count == 1)
        // Nobody is left: one of them may take it later.
        let nobody = try await sender.send(MailSender.envelope(to: ["gone@example.org", "full@example.org"]))
        #expect(nobody?.reason == "the server answers to the recipient full@example.org: 452 4.2.2 mailbox full")
        #expect(nobody?.advice == .retry(after: nil))
        let gone = try await sender.send(MailSender.envelope(to: ["gone@example.org"]))
        #expect(gone?.reason == "the server answers to the recipient gone@example.org: 550 5.1.1 no such user")
        #expect(gone?.advice == .giveUp)
      }
    }
  }
}

extension RealMailServer.Options {
  init(_ certificates: TestCertificates, _ name: String) {
    self.init()
    certificate = certificates.path("\(name).pem")
    key = certificates.path("\(name).key")
  }
}

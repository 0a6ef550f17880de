import AlertLogic
import FleetModel
import GoTemplate
import Logging

/// The message of one notification: headers, and the bodies as alternatives (RFC 5322, RFC 2046).
struct EmailMessage: Sendable {
  /// What SMTP is told, and the message.
  struct Envelope: Sendable, Hashable {
    var sender: String
    var recipients: [String]
    /// With CRLF at the end of each line; dots at the beginning of lines are not doubled yet.
    var bytes: [UInt8]
  }

  private let email: Receiver.Email
  private let texts: MessageTexts

  init(_ email: Receiver.Email, of receiver: String, _ templates: NotificationTexts, logger: Logger? = nil)
    throws(ReceiverError)
  {
    self.email = email
    typealias D = DefaultTexts.Email
    // Beside a body of the user's the default plain text would say something else.
    let text = email.text ?? (email.html == nil ? D.text : "")
    let html = email.html ?? D.html
    var own: [String: String?] = ["to": email.to, "from": email.from, "text": text, "html": html]
    for (name, value) in email.headers { own["headers.\(name)"] = value }
    if !email.headers.keys.contains(where: { $0.lowercased() == "subject" }) { own["subject"] = D.subject }
    texts = try MessageTexts(own, html: ["html"], in: "email_configs", of: receiver, templates, logger: logger)
  }

  /// - Parameter nonce: different for each message, so that no two have the same id.
  func envelope(of notification: GroupNotification, nonce: UInt64) throws(DeliveryFailure) -> Envelope {
    let data = NotificationTemplateData(notification)
    guard let recipients = EmailAddress.list(try texts.write("to", data)) else {
      throw DeliveryFailure("\"to\" gives no list of e-mail addresses for this notification", .giveUp)
    }
    guard let sender = EmailAddress.list(try texts.write("from", data))?.first else {
      throw DeliveryFailure("\"from\" gives no e-mail address for this notification", .giveUp)
    }
    var headers: [(name: String, value: String)] = [
      ("From", sender.header), ("To", recipients.map(\.header).joined(separator: ", ")),
      ("Subject", MailHeader.text(try texts.write("subject", data))),
    ]
    for name in email.headers.keys.sorted() {
      let value = try Self.value(of: name, try texts.write("headers.\(name)", data))
      headers.removeAll { $0.name.lowercased() == name.lowercased() }
      headers.append((name, value))
    }
    let mark = Self.hexadecimal(nonce)
    let group = GroupHash.text(notification.groupKey)
    let thread = "<\(group.prefix(32))@\(sender.domain)>"
    let own: [(name: String, value: String)] = [
      ("Date", GoTime(milliseconds: notification.at.milliseconds).formatted("Mon, 02 Jan 2006 15:04:05 -0700")),
      ("Message-Id", "<\(notification.at.milliseconds).\(mark).\(group.prefix(16))@\(sender.domain)>"),
      // All messages of a group hang on one that was never sent: mail programs show them together.
      ("In-Reply-To", thread), ("References", thread), ("Auto-Submitted", "auto-generated"), ("MIME-Version", "1.0"),
    ]
    for (name, value) in own where !headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
      headers.append((name, value))
    }
    let boundary = "=_skep_\(mark)"
    var message = headers.map { MailHeader.field($0.name, $0.value) }.joined()
    message += MailHeader.field("Content-Type", "multipart/alternative; boundary=\"\(boundary)\"") + "\r\n"
    let bodies = [("text/plain", try texts.write("text", data)), ("text/html", try texts.write("html", data))]
    for (type, body) in bodies where !body.isEmpty {
      message += "--\(boundary)\r\nContent-Transfer-Encoding: quoted-printable\r\n"
      message += "Content-Type: \(type); charset=UTF-8\r\n\r\n" + QuotedPrintable.text(body) + "\r\n"
    }
    message += "--\(boundary)--\r\n"
    return Envelope(
      sender: sender.address, recipients: Self.unique(recipients.map(\.address)), bytes: Array(message.utf8))
  }

  private static func unique(_ addresses: [String]) -> [String] {
    var seen: Set<String> = []
    return addresses.filter { seen.insert($0).inserted }
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// Headers that hold addresses are taken apart: an encoded word may stand only in the place of a name.
  private static func value(of name: String, _ text: String) throws(DeliveryFailure) -> String {
    guard ["from", "to", "cc", "bcc", "reply-to", "sender"].contains(name.lowercased()) else {
      return MailHeader.text(text)
    }
    guard let addresses = EmailAddress.list(text) else {
      throw DeliveryFailure("the header \"\(name)\" gives no e-mail addresses for this notification", .giveUp)
    }
    return addresses.map(\.header).joined(separator: ", ")
  }
}

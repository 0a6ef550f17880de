import AlertLogic
import FleetModel
import Foundation
import TestSupport
import Testing

@testable import Receivers

/// Messages as RFC 5322 and MIME want them, whatever stands in the alerts.
@Suite struct EmailMessageTests {
  static let hostile = "Ünïcode \u{202e}\u{5d0}\r\nBcc: thief@example.org\r\n\r\n<b>body</b> \"q\" =?utf-8?q?x?="

  static func notification(_ name: String, resolved: Bool = false) -> GroupNotification {
    let start = Timestamp(milliseconds: 1_767_340_800_000)
    return GroupNotification(
      receiver: "r", groupKey: "{}:{a=\"\(name)\"}", groupLabels: LabelSet(["alertname": name]),
      alerts: [
        NotifiedAlert(
          labels: LabelSet(["alertname": name, "agent_id": "planner", "severity": "critical"]),
          annotations: LabelSet(["summary": name + "\n.\n" + String(repeating: "x", count: 300)]), startsAt: start,
          endsAt: resolved ? start + .seconds(60) : nil, updatedAt: start)
      ], externalURL: "https://skep.example", at: start + .seconds(61))
  }

  static func email(_ change: (inout Receiver.Email) -> Void = { _ in }) -> Receiver.Email {
    var email = Receiver.Email()
    email.to = "night@example.org, \"Watch, Night\" <watch@example.org>, Jörg <j@example.org>, night@example.org"
    email.from = "Skep <skep@example.org>"
    change(&email)
    return email
  }

  static func envelope(
    _ email: Receiver.Email = email(), _ notification: GroupNotification = notification("HighMemory")
  ) throws -> EmailMessage.Envelope {
    try EmailMessage(email, of: "r", NotificationTexts()).envelope(of: notification, nonce: 7)
  }

  /// Names in small letters, values unfolded; and what follows.
  static func parse(_ bytes: [UInt8]) throws -> (headers: [String: [String]], body: String) {
    let text = String(decoding: bytes, as: UTF8.self)
    let end = try #require(text.range(of: "\r\n\r\n"))
    let unfolded = text[..<end.lowerBound].replacingOccurrences(of: "\r\n ", with: " ")
    var headers: [String: [String]] = [:]
    for line in unfolded.components(separatedBy: "\r\n") {
      let colon = try #require(line.firstIndex(of: ":"))
      headers[line[..<colon].lowercased(), default: []].append(
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
    }
    return (headers, String(text[end.upperBound...]))
  }

  static func decoded(quotedPrintable text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "=") else {
        bytes.append(byte)
        continue
      }
      let code = String(decoding: rest.prefix(2), as: UTF8.self)
      if code != "\r\n" { bytes.append(UInt8(code, radix: 16) ?? 0) }
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func decoded(words: String) -> String {
    words.split(separator: " ").map { word in
      guard word.hasPrefix("=?utf-8?B?"), word.hasSuffix("?=") else { return String(word) }
      return String(decoding: Data(base64Encoded: String(word.dropFirst(10).dropLast(2))) ?? Data(), as: UTF8.self)
    }.joined()
  }

  @Test func headers() throws {
    let envelope = try Self.envelope()
    #expect(envelope.sender == "skep@example.org")
    #expect(envelope.recipients == ["night@example.org", "watch@example.org", "j@example.org"])
    let (headers, _) = try Self.parse(envelope.bytes)
    #expect(headers["from"] == ["Skep <skep@example.org>"])
    #expect(headers["subject"] == ["CRITICAL: HighMemory on planner"])
    #expect(headers["date"] == ["Fri, 02 Jan 2026 08:01:01 +0000"])
    #expect(headers["to"]?.first?.contains("\"Watch, Night\" <watch@example.org>") ?? false)
    #expect(headers["to"]?.first?.contains("=?utf-8?B?SsO2cmc=?= <j@example.org>") ?? false)
    #expect(headers["mime-version"] == ["1.0"])
    let id = try #require(headers["message-id"]?.first)
    #expect(id.hasPrefix("<") && id.hasSuffix("@example.org>"))
    #expect(headers["references"] == headers["in-reply-to"])
    let again = try EmailMessage(Self.email(), of: "r", NotificationTexts())
      .envelope(of: Self.notification("HighMemory", resolved: true), nonce: 8)
    let (later, _) = try Self.parse(again.bytes)
    #expect(later["references"] == headers["references"])
    #expect(later["message-id"] != headers["message-id"])
    #expect(later["subject"] == ["RESOLVED: HighMemory on planner"])
  }

  @Test func nothingGetsIntoTheHeaders() throws {
    let email = Self.email {
      $0.headers = [
        "Subject": "{{ .GroupLabels.alertname }}", "X-Team": "{{ .GroupLabels.alertname }}", "reply-to": "a@b",
      ]
    }
    let envelope = try Self.envelope(email, Self.notification(Self.hostile))
    let (headers, _) = try Self.parse(envelope.bytes)
    #expect(headers["bcc"] == nil)
    #expect(headers["reply-to"] == ["a@b"])
    #expect(headers.values.allSatisfy { $0.count == 1 })
    let oneLine = Self.hostile.replacingOccurrences(of: "\r\n", with: "  ")
    #expect(Self.decoded(words: try #require(headers["subject"]?.first)) == oneLine)
    #expect(envelope.recipients.count == 3)
    for line in String(decoding: envelope.bytes, as: UTF8.self).components(separatedBy: "\r\n") {
      #expect(line.utf8.count <= 200)
      #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f || $0 == 0x09 })
    }
  }

  @Test func bodies() throws {
    let (headers, body) = try Self.parse(Self.envelope(Self.email(), Self.notification(Self.hostile)).bytes)
    let type = try #require(headers["content-type"]?.first)
    let boundary = try #require(type.components(separatedBy: "boundary=\"").last?.dropLast())
    let parts = body.components(separatedBy: "--\(boundary)")
    #expect(parts.count == 4 && parts[3] == "--\r\n")
    #expect(parts[1].contains("Content-Type: text/plain; charset=UTF-8"))
    #expect(parts[2].contains("Content-Type: text/html; charset=UTF-8"))
    let text = Self.decoded(quotedPrintable: parts[1])
    #expect(text.contains("Look at it: https://skep.example/#/alerts?receiver=r"))
    let html = Self.decoded(quotedPrintable: parts[2])
    #expect(html.contains("&lt;b&gt;body&lt;/b&gt;") && !html.contains("<b>body</b>"))
  }

  @Test func oneBodyOfTheUsers() throws {
    let text = Self.email {
      $0.text = "only {{ .Status }}"
      $0.html = ""
    }
    let (_, body) = try Self.parse(Self.envelope(text).bytes)
    #expect(body.contains("only firing") && !body.contains("text/html"))
    let html = Self.email { $0.html = "<p>{{ .Status }}</p>" }
    let (_, other) = try Self.parse(Self.envelope(html).bytes)
    #expect(other.contains("<p>firing</p>") && !other.contains("text/plain"))
  }

  @Test(arguments: [
    "", "nobody", "a@b@c", "a b@c", "a@b, ,c", "<a@b> x", "a@b\u{e9}.org", "x <a@b", "a@", "@b", "a@b;c@d",
  ]) func noAddress(_ to: String) throws {
    let email = Self.email { $0.to = "{{ \"\(to)\" }}" }
    #expect {
      _ = try Self.envelope(email)
    } throws: { ($0 as? DeliveryFailure)?.advice == .giveUp }
  }

  @Test func quotedPrintableComesBack() {
    let random = SeededRandom(seed: 5)
    let pieces = [
      "a", "=", " ", "\t", ".", "\n", "é", "\u{202e}", "😀", "--x", String(repeating: "w", count: 80), "\u{0}",
    ]
    for _ in 0..<500 {
      let count = Int(random.next() % 60)
      let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
      let encoded = QuotedPrintable.text(text)
      for line in encoded.components(separatedBy: "\r\n") {
        #expect(line.utf8.count <= 76 && !line.hasSuffix(" ") && !line.hasSuffix("\t") && !line.hasPrefix("."))
      }
      let wanted = text.replacingOccurrences(of: "\n", with: "\r\n")
      #expect(Self.decoded(quotedPrintable: encoded) == wanted + (text.isEmpty || text.hasSuffix("\n") ? "" : "\r\n"))
    }
  }
}

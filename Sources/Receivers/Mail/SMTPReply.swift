/// A server's reply (RFC 5321, section 4.2).
struct SMTPReply: Sendable, Hashable {
  var code: Int
  /// Each without its code.
  var lines: [String]

  var isPositive: Bool { (200..<400).contains(code) }

  /// `550 5.1.1 no such user`, on one line.
  var text: String { ([String(code)] + lines.filter { !$0.isEmpty }).joined(separator: " ") }
}

/// Puts replies together from bytes as they arrive. What it holds is bounded.
struct SMTPReplyReader: Sendable {
  /// Four times and more what RFC 5321, section 4.5.3.1.5 allows.
  static let lineLimit = 2_048
  static let replyLimit = 32 << 10

  struct Malformed: Error, Hashable, CustomStringConvertible {
    var description: String
  }

  private var line: [UInt8] = []
  private var code: Int?
  private var lines: [String] = []
  private var size = 0

  /// Whether nothing of a reply has come yet.
  var isEmpty: Bool { line.isEmpty && lines.isEmpty }

  /// Takes bytes; returns the replies that are whole with them.
  mutating func take(_ bytes: some Sequence<UInt8>) throws(Malformed) -> [SMTPReply] {
    var replies: [SMTPReply] = []
    for byte in bytes {
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        size += 1
        guard line.count <= Self.lineLimit, size <= Self.replyLimit else {
          throw Malformed(description: "a reply of the server is too long")
        }
        continue
      }
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if let reply = try finishLine() { replies.append(reply) }
    }
    return replies
  }

  private mutating func finishLine() throws(Malformed) -> SMTPReply? {
    defer { line.removeAll(keepingCapacity: true) }
    let digits = line.prefix(3)
    guard digits.count == 3, digits.allSatisfy({ (48...57).contains($0) }),
      let number = Int(String(decoding: digits, as: UTF8.self)), (200..<600).contains(number)
    else { throw Malformed(description: "what answers does not speak SMTP: \(shown)") }
    if let code, code != number { throw Malformed(description: "a reply changes its code: \(shown)") }
    code = number
    let mark = line.dropFirst(3).first
    guard mark == nil || mark == UInt8(ascii: " ") || mark == UInt8(ascii: "-") else {
      throw Malformed(description: "what answers does not speak SMTP: \(shown)")
    }
    lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
    if mark == UInt8(ascii: "-") { return nil }
    defer {
      code = nil
      lines = []
      size = 0
    }
    return SMTPReply(code: number, lines: lines)
  }

  private var shown: String { "\"" + Answer(hiding: []).excerpt(line.prefix(60)) + "\"" }
}

/// What a server said it can do (RFC 5321, section 4.1.1.1).
struct SMTPExtensions: Sendable, Hashable {
  /// By name in capitals.
  private var parameters: [String: [String]] = [:]

  init() {}

  /// - Parameter reply: to `EHLO`.
  init(_ reply: SMTPReply) {
    for line in reply.lines.dropFirst() {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { $0.uppercased() }
      guard let name = words.first else { continue }
      // An old form of some servers: AUTH=LOGIN.
      if name.hasPrefix("AUTH=") {
        parameters["AUTH", default: []] += [String(name.dropFirst(5))] + words.dropFirst()
      } else {
        parameters[name, default: []] += words.dropFirst()
      }
    }
  }

  func has(_ name: String) -> Bool { parameters[name] != nil }

  /// In the server's order.
  var authentication: [String] { parameters["AUTH"] ?? [] }
}

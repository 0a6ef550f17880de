import TestSupport
import Testing

@testable import Receivers

@Suite("replies of mail servers") struct SMTPReplyTests {
  private func read(_ text: String) throws -> [SMTPReply] {
    var reader = SMTPReplyReader()
    return try reader.take(Array(text.utf8))
  }

  @Test func repliesHaveOneLineOrSeveral() throws {
    #expect(try read("220 hello\r\n") == [SMTPReply(code: 220, lines: ["hello"])])
    #expect(try read("250\r\n") == [SMTPReply(code: 250, lines: [""])])
    #expect(
      try read("250-a\r\n250-SIZE 1\r\n250 AUTH PLAIN\r\n221 bye\n")
        == [SMTPReply(code: 250, lines: ["a", "SIZE 1", "AUTH PLAIN"]), SMTPReply(code: 221, lines: ["bye"])])
    #expect(try read("250-a\r\n250").isEmpty)
    #expect(SMTPReply(code: 550, lines: ["5.1.1 no", "", "such user"]).text == "550 5.1.1 no such user")
  }

  @Test(arguments: [
    "HTTP/1.1 400 Bad Request\r\n", "25 ok\r\n", "250!ok\r\n", "250-a\r\n251 b\r\n", "\r\n", "999 ok\r\n", "١٢٣ ok\r\n",
  ])
  func whatIsNoReplyIsRefused(_ text: String) {
    #expect(throws: SMTPReplyReader.Malformed.self) { try read(text) }
  }

  @Test func noReplyIsWithoutEnd() {
    #expect(throws: SMTPReplyReader.Malformed.self) { try read("250 " + String(repeating: "x", count: 5_000)) }
    #expect(throws: SMTPReplyReader.Malformed.self) { try read(String(repeating: "250-more\r\n", count: 10_000)) }
  }

  /// However the network cuts it, it is the same.
  @Test func piecesMakeTheSameReplies() throws {
    let text = "220 hi\r\n250-a\r\n250-b c\r\n250 d\r\n354 go\r\n"
    let whole = try read(text)
    let random = SeededRandom(seed: 7)
    for _ in 0..<200 {
      var reader = SMTPReplyReader()
      var replies: [SMTPReply] = []
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = Int(random.next() % 9) + 1
        replies += try reader.take(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      #expect(replies == whole)
      #expect(reader.isEmpty)
    }
  }

  @Test func bytesOfAnyKindNeverCrash() {
    let random = SeededRandom(seed: 11)
    let alphabet = Array("0123456789 -\r\nab\u{7f}".utf8)
    for _ in 0..<2_000 {
      var reader = SMTPReplyReader()
      let bytes = (0..<40).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      _ = try? reader.take(bytes)
    }
  }

  @Test func extensionsAreReadWhateverTheirCase() {
    let extensions = SMTPExtensions(
      SMTPReply(code: 250, lines: ["test greets you", "starttls", "AUTH login PLAIN", "AUTH=CRAM-MD5", "SIZE 10"]))
    #expect(extensions.has("STARTTLS"))
    #expect(!extensions.has("8BITMIME"))
    #expect(!extensions.has("TEST"))
    #expect(extensions.authentication == ["LOGIN", "PLAIN", "CRAM-MD5"])
  }

  @Test func theFirstMechanismThatHasASecretIsTaken() {
    var login = SMTPLogin(username: "skep", identity: "")
    #expect(login.mechanism(among: ["PLAIN", "CRAM-MD5"]) == nil)
    login.password = "p"
    #expect(login.mechanism(among: ["XOAUTH2", "CRAM-MD5", "LOGIN", "PLAIN"]) == .login)
    login.secret = "s"
    #expect(login.mechanism(among: ["XOAUTH2", "CRAM-MD5", "LOGIN", "PLAIN"]) == .cramMD5)
  }
}

@Suite("mails on the wire") struct MailDataTests {
  private func encoded(_ text: String) throws -> String {
    String(decoding: try MailData.encode(Array(text.utf8)), as: UTF8.self)
  }

  @Test func dotsAndLineEndsAreAsSMTPWantsThem() throws {
    #expect(try encoded("a\nb\r\nc\rd") == "a\r\nb\r\nc\r\nd\r\n.\r\n")
    #expect(try encoded(".\n..\n.x\nx.\n") == "..\r\n...\r\n..x\r\nx.\r\n.\r\n")
    #expect(try encoded("") == ".\r\n")
    #expect(try encoded("a\n\n") == "a\r\n\r\n.\r\n")
  }

  @Test func noLineIsTooLong() throws {
    #expect(try encoded(String(repeating: "x", count: 998)).utf8.count == 998 + 5)
    #expect(throws: MailData.Problem.self) { try encoded(String(repeating: "x", count: 999)) }
    #expect(throws: MailData.Problem.self) { try encoded("a\0b") }
  }

  /// Whatever a mail holds, it ends where it ends, and comes out of the server's reading as it went in.
  @Test func noTextEndsTheMailEarly() throws {
    let random = SeededRandom(seed: 3)
    let alphabet = Array(".\r\na".utf8)
    for _ in 0..<2_000 {
      let text = (0..<Int(random.next() % 31)).map { _ in alphabet[Int(random.next() % 4)] }
      var lines: [[UInt8]] = []
      var rest = try MailData.encode(text)[...]
      while let end = rest.firstIndex(of: 10) {
        lines.append(Array(rest[..<end].dropLast()))
        rest = rest[(end + 1)...]
      }
      #expect(rest.isEmpty)
      #expect(lines.firstIndex(of: [46]) == lines.count - 1)
      let read = lines.dropLast().map { $0.first == 46 ? Array($0.dropFirst()) : $0 }
      #expect(read == Self.lines(of: text))
    }
  }

  /// What a reader of the text sees as its lines.
  private static func lines(of text: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var line: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index] == 13 || text[index] == 10 {
        if text[index] == 13, index + 1 < text.count, text[index + 1] == 10 { index += 1 }
        lines.append(line)
        line = []
      } else {
        line.append(text[index])
      }
      index += 1
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

@Suite("MD5") struct MD5Tests {
  /// RFC 1321, section A.5.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      "57edf4a22be3c955ac49da2e2107b67a"
    ),
  ])
  func hashesAreThoseOfTheStandard(_ text: String, _ expected: String) {
    let hash = MD5.hash(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(hash == expected)
  }

  /// RFC 2195, section 2, and RFC 2202, section 2, test cases 2 and 6.
  @Test func keyedHashesAreThoseOfTheStandards() {
    func code(_ key: [UInt8], _ text: String) -> String { MD5.authenticationCode(key: key, of: Array(text.utf8)) }
    #expect(
      code(Array("tanstaaftanstaaf".utf8), "<1896.697170952@postoffice.reston.mci.net>")
        == "b913a602c7eda7a495b4e6e7334d3890")
    #expect(code(Array("Jefe".utf8), "what do ya want for nothing?") == "750c783e6ab0b503eaa86e310a5db738")
    #expect(
      code([UInt8](repeating: 0xaa, count: 80), "Test Using Larger Than Block-Size Key - Hash Key First")
        == "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd")
  }

  @Test func everyLengthAroundABlockIsPaddedWell() {
    for count in 0...200 { #expect(MD5.hash([UInt8](repeating: 97, count: count)).count == 16) }
  }
}

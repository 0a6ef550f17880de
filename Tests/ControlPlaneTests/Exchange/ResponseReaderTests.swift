import Platform
import Testing

@testable import ControlPlane

@Suite("responses from their bytes")
struct ResponseReaderTests {
  static let ok = "HTTP/1.1 200 OK\r\n"

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var status = 200
    var body = ""
    /// Bytes of `text` behind the response.
    var rest = 0
    var keepsAlive = true

    var testDescription: String { name }
  }

  static let good: [Case] = [
    Case(name: "by length", text: "\(ok)Content-Length: 5\r\n\r\nup 1\n", body: "up 1\n"),
    Case(name: "empty", text: "\(ok)Content-Length: 0\r\n\r\n"),
    Case(name: "no content", text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
    Case(name: "no reason", text: "HTTP/1.1 404\r\ncontent-length:2\r\n\r\nno", status: 404, body: "no"),
    Case(name: "line feeds alone", text: "HTTP/1.1 200 OK\nContent-Length: 2\n\nab", body: "ab"),
    Case(
      name: "chunks", text: "\(ok)Transfer-Encoding: Chunked\r\n\r\n" + "2\r\nab\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
      body: "ab0123456789"),
    Case(
      name: "trailers", text: "\(ok)transfer-encoding: chunked\r\n\r\n" + "1\r\na\r\n00\r\nX: y\r\n\r\n", body: "a"),
    Case(
      name: "interim answers",
      text: "HTTP/1.1 100 Continue\r\n\r\n" + "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\(ok)"
        + "Content-Length: 1\r\n\r\na",
      body: "a"),
    Case(
      name: "the last on its connection",
      text: "\(ok)Connection: x, Close\r\nContent-Length: 1\r\n\r\na", body: "a", keepsAlive: false),
    Case(name: "an old server", text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", body: "a", keepsAlive: false),
    Case(
      name: "something behind it", text: "\(ok)Content-Length: 1\r\n\r\nabc", body: "a", rest: 2),
  ]

  /// However the bytes are cut into pieces, the same comes out.
  @Test(arguments: good) func readsEveryCut(_ expected: Case) throws {
    let bytes = Array(expected.text.utf8)
    for size in 1...bytes.count {
      var reader = ResponseReader(maximumBodyBytes: 100)
      let memory = BodyMemory()
      var taken = 0
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        taken += try piece.withUnsafeBytes { try reader.take($0, memory) }
      }
      #expect(reader.isComplete && taken == bytes.count - expected.rest, "in pieces of \(size)")
      #expect(reader.head.status == expected.status && reader.head.keepsAlive == expected.keepsAlive)
      #expect(String(decoding: reader.body, as: UTF8.self) == expected.body)
    }
  }

  @Test func theEndOfTheConnectionEndsABodyWithoutLength() throws {
    var reader = ResponseReader(maximumBodyBytes: 100)
    _ = try Array(("\(Self.ok)\r\nab").utf8).withUnsafeBytes { try reader.take($0, BodyMemory()) }
    #expect(!reader.isComplete)
    try reader.end()
    #expect(reader.isComplete && reader.body == Array("ab".utf8))
  }

  static let ambiguous: [String] = [
    "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 099 no\r\n\r\n", "ICY 200 OK\r\n\r\n", "\r\n\r\n",
    "HTTP/1.1 101 Switching\r\n\r\n", "\(ok)no colon\r\n\r\n", "\(ok): x\r\n\r\n",
    "\(ok)A : x\r\n\r\n", "\(ok)A: x\r\n folded\r\n\r\n", "\(ok)A: \u{0}\r\n\r\n",
    "\(ok)Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "\(ok)Content-Length: -1\r\n\r\n",
    "\(ok)Content-Length: 99999999999999999999\r\n\r\n", "\(ok)Content-Length: 1, 1\r\n\r\na",
    "\(ok)Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
    "\(ok)Transfer-Encoding: gzip, chunked\r\n\r\n", "\(ok)Transfer-Encoding: chunked\r\n\r\nx\r\n",
    "\(ok)Transfer-Encoding: chunked\r\n\r\n\r\n", "\(ok)Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    "\(ok)Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
  ]

  @Test(arguments: ambiguous)
  func refusesWhatTwoReadersMightReadDifferently(_ text: String) {
    for size in [1, text.utf8.count] {
      #expect(throws: HTTPExchangeError.self, "in pieces of \(size)") {
        var reader = ResponseReader(maximumBodyBytes: 100)
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
          let piece = Array(bytes[start..<min(start + size, bytes.count)])
          _ = try piece.withUnsafeBytes { try reader.take($0, BodyMemory()) }
        }
      }
    }
  }

  @Test(arguments: [
    "\(ok)Content-Length: 101\r\n\r\n",
    "\(ok)Transfer-Encoding: chunked\r\n\r\n65\r\n" + String(repeating: "a", count: 101),
    "\(ok)\r\n" + String(repeating: "a", count: 101),
  ])
  func aBodyOverItsLimitIsRefused(_ text: String) {
    #expect(throws: HTTPExchangeError.bodyTooLarge(limit: 100)) {
      var reader = ResponseReader(maximumBodyBytes: 100)
      _ = try Array(text.utf8).withUnsafeBytes { try reader.take($0, BodyMemory()) }
    }
  }

  @Test(arguments: ["\(ok)A: ", "\(ok)Transfer-Encoding: chunked\r\n\r\n0\r\nA: ", ""])
  func endlessLinesAreRefused(_ beginning: String) {
    #expect(throws: HTTPExchangeError.self) {
      var reader = ResponseReader(maximumBodyBytes: 100)
      for text in [beginning] + Array(repeating: String(repeating: "a", count: 1000), count: 100) {
        _ = try Array(text.utf8).withUnsafeBytes { try reader.take($0, BodyMemory()) }
      }
    }
  }

  @Test func bodiesUseMemoryAgainAndNeverEachOthers() {
    let memory = BodyMemory()
    var held: [[UInt8]] = []
    for round in 0..<100 {
      var body = memory.take()
      #expect(body.isEmpty)
      body.append(contentsOf: repeatElement(UInt8(round), count: 1000))
      memory.note(body)
      if round % 7 == 0 { held.append(body) }
    }
    for (index, body) in held.enumerated() { #expect(body == Array(repeating: UInt8(index * 7), count: 1000)) }
  }

  @Test(arguments: [
    ("content-type", "text/plain; version=0.0.4"), ("CONTENT-TYPE", "text/plain; version=0.0.4"), ("X", "1"),
    ("Content", nil),
    ("empty", ""),
  ])
  func headersAreFoundInAnyCase(name: String, value: String?) {
    let lines = "Date: x\r\nContent-Type:  text/plain; version=0.0.4 \r\nX: 1\r\nX: 2\r\nEmpty:\r\n\r\n"
    let response = HTTPExchangeResponse(status: 200, fieldLines: Array(lines.utf8), body: [])
    #expect(response.header(name) == value)
  }
}

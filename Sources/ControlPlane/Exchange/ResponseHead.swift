import Platform

/// What a response's status line and fields say of how to go on.
struct ResponseHead {
  enum Encoding: String { case gzip, deflate }

  private(set) var status = 0
  /// The lines behind the status line.
  private(set) var fieldLines: [UInt8] = []
  private(set) var contentLength: Int?
  private(set) var isChunked = false
  /// Whether the connection may serve another request after this response.
  private(set) var keepsAlive = false
  private(set) var encoding: Encoding?

  init() {}

  /// - Parameter text: all lines with the empty one that ends them.
  init(_ text: UnsafeRawBufferPointer) throws(HTTPExchangeError) {
    guard let first = text.firstIndex(of: UInt8(ascii: "\n")) else { throw .malformedResponse("not HTTP/1.1") }
    try readStatus(Self.withoutReturn(text[..<first]))
    var start = first + 1
    while let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = Self.withoutReturn(text[start..<end])
      if line.isEmpty { break }
      try readField(line)
      start = end + 1
    }
    if isChunked, contentLength != nil { throw .malformedResponse("has both a length and chunks") }
    fieldLines = Array(text[(first + 1)..<start])
  }

  private typealias Text = Slice<UnsafeRawBufferPointer>

  /// `HTTP/1.1 200 OK`; the reason may be missing.
  private mutating func readStatus(_ line: Text) throws(HTTPExchangeError) {
    let text = UnsafeRawBufferPointer(rebasing: line)
    guard text.count >= 12, text.starts(with: "HTTP/1.".utf8), text[7] == 48 || text[7] == 49, text[8] == 32,
      text[9...11].allSatisfy({ $0 >= 48 && $0 <= 57 }), text.count == 12 || text[12] == 32
    else { throw .malformedResponse("not HTTP/1.1") }
    status = text[9...11].reduce(0) { $0 * 10 + Int($1) - 48 }
    guard status >= 100 else { throw .malformedResponse("not HTTP/1.1") }
    keepsAlive = text[7] == 49
  }

  private mutating func readField(_ line: Text) throws(HTTPExchangeError) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(Self.isToken), line[colon...].allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 })
    else { throw .malformedResponse("a header is not \"NAME: VALUE\"") }
    let name = line[..<colon]
    let value = Self.trimmed(line[(colon + 1)...])
    if Self.isSame(name, "content-length") {
      guard contentLength == nil, !value.isEmpty, value.count <= 18, value.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
        throw .malformedResponse("its length is not one number")
      }
      contentLength = value.reduce(0) { $0 * 10 + Int($1) - 48 }
    } else if Self.isSame(name, "transfer-encoding") {
      guard !isChunked, Self.isSame(value, "chunked") else {
        throw .malformedResponse("its transfer coding is not just \"chunked\"")
      }
      isChunked = true
    } else if Self.isSame(name, "connection") {
      for token in value.split(separator: UInt8(ascii: ",")) {
        if Self.isSame(Self.trimmed(token), "close") { keepsAlive = false }
        if Self.isSame(Self.trimmed(token), "keep-alive") { keepsAlive = true }
      }
    } else if Self.isSame(name, "content-encoding") {
      if Self.isSame(value, "gzip") { encoding = .gzip }
      if Self.isSame(value, "deflate") { encoding = .deflate }
    }
  }

  private static func withoutReturn(_ line: Text) -> Text {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  private static func trimmed(_ text: Text) -> Text {
    var text = text.drop { $0 == 32 || $0 == 9 }
    while let last = text.last, last == 32 || last == 9 { text.removeLast() }
    return text
  }

  /// `word` is in lower case.
  private static func isSame(_ text: Text, _ word: StaticString) -> Bool {
    guard text.count == word.utf8CodeUnitCount else { return false }
    var position = 0
    for byte in text {
      if (byte >= 65 && byte <= 90 ? byte | 0x20 : byte) != word.utf8Start[position] { return false }
      position += 1
    }
    return true
  }

  /// `tchar` of RFC 9110, section 5.6.2.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}

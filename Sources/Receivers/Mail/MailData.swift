/// A mail's text as it goes over the wire after `DATA` (RFC 5321, section 4.5.2).
enum MailData {
  /// Without its line end (RFC 5322, section 2.1.1).
  static let lineLimit = 998

  struct Problem: Error, Hashable, CustomStringConvertible {
    var description: String
  }

  /// Lines end with CR LF, whatever they ended with before; a dot at a line's beginning is doubled; a single dot ends the whole.
  static func encode(_ message: [UInt8]) throws(Problem) -> [UInt8] {
    let carriageReturn = UInt8(ascii: "\r")
    let lineFeed = UInt8(ascii: "\n")
    let dot = UInt8(ascii: ".")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(message.count + message.count / 32 + 8)
    var column = 0
    var index = 0
    while index < message.count {
      let byte = message[index]
      index += 1
      if byte == carriageReturn || byte == lineFeed {
        if byte == carriageReturn, index < message.count, message[index] == lineFeed { index += 1 }
        bytes += [carriageReturn, lineFeed]
        column = 0
        continue
      }
      if byte == 0 { throw Problem(description: "the mail holds a NUL") }
      if column == 0, byte == dot { bytes.append(dot) }
      bytes.append(byte)
      column += 1
      if column > lineLimit { throw Problem(description: "the mail has a line of more than \(lineLimit) bytes") }
    }
    if column > 0 { bytes += [carriageReturn, lineFeed] }
    bytes += [dot, carriageReturn, lineFeed]
    return bytes
  }
}

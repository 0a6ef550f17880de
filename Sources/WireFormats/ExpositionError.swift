/// Why a body was refused, and where.
public struct ExpositionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a program decides by; the message is for people.
  public enum Code: String, Sendable, Hashable {
    /// The body is not what its format allows.
    case malformed
    /// It has more samples than the caller takes.
    case tooManySamples
  }

  public var code: Code
  /// From 1; 0 for a body that has no lines.
  public var line: Int
  /// From 1, in Unicode scalars; 0 for a body that has no lines.
  public var column: Int
  /// The place in a body that has no lines, in bytes from 0.
  public var byte: Int?
  public var message: String

  public init(_ code: Code = .malformed, line: Int, column: Int, message: String) {
    self.code = code
    self.line = line
    self.column = column
    self.message = message
  }

  /// Of a body that has no lines.
  public init(_ code: Code = .malformed, byte: Int, message: String) {
    self.init(code, line: 0, column: 0, message: message)
    self.byte = byte
  }

  public var description: String { "\(place): \(message)" }

  /// In words.
  public var place: String { byte.map { "byte \($0)" } ?? "line \(line), column \(column)" }

  /// Where lines are searched for only in a body that has some.
  init(_ fault: ExpositionFault, in body: UnsafeBufferPointer<UInt8>, _ format: ExpositionFormat) {
    if format == .prometheusProtobuf {
      self.init(fault.code, byte: fault.offset, message: fault.message)
    } else {
      self.init(fault, in: body)
    }
  }

  /// The place of byte `offset` is searched for only now, so that good bodies pay nothing for it. O(offset).
  private init(_ fault: ExpositionFault, in body: UnsafeBufferPointer<UInt8>) {
    var line = 1
    var column = 1
    for byte in body.prefix(fault.offset) {
      if byte == newline {
        line += 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    self.init(fault.code, line: line, column: column, message: fault.message)
  }
}

/// An error before its line is known.
struct ExpositionFault: Error {
  var offset: Int
  var message: String
  var code = ExpositionError.Code.malformed

  static func tooManySamples(over limit: Int, at offset: Int) -> ExpositionFault {
    ExpositionFault(
      offset: offset,
      message: "more than \(limit) samples in one body; expose fewer series or raise the limit of samples",
      code: .tooManySamples)
  }
}

let newline = UInt8(ascii: "\n")

/// At most 40 characters of `bytes` in quotes, fit for a message: control characters and broken UTF-8 are shown escaped.
func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
  var text = "\""
  for scalar in String(decoding: bytes.prefix(40), as: UTF8.self).unicodeScalars {
    switch scalar {
    case "\n": text += "\\n"
    case "\t": text += "\\t"
    case "\r": text += "\\r"
    case "\"": text += "\\\""
    case _ where scalar.value < 0x20: text += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text + (bytes.count > 40 ? "…\"" : "\"")
}

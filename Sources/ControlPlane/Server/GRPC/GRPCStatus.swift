/// What a call came to, as gRPC's trailers say it (<https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>).
struct GRPCFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// With gRPC's numbers.
  enum Code: Int, Sendable, CaseIterable {
    case cancelled = 1
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case permissionDenied = 7
    case resourceExhausted = 8
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case unauthenticated = 16

    /// gRPC's word for it, as a label of metrics.
    var word: String {
      switch self {
      case .cancelled: "CANCELLED"
      case .invalidArgument: "INVALID_ARGUMENT"
      case .deadlineExceeded: "DEADLINE_EXCEEDED"
      case .notFound: "NOT_FOUND"
      case .permissionDenied: "PERMISSION_DENIED"
      case .resourceExhausted: "RESOURCE_EXHAUSTED"
      case .unimplemented: "UNIMPLEMENTED"
      case .internalError: "INTERNAL"
      case .unavailable: "UNAVAILABLE"
      case .unauthenticated: "UNAUTHENTICATED"
      }
    }
  }

  var code: Code
  var message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// A refusal of access as gRPC says it.
  init(_ error: APIError) {
    let code: Code =
      switch error.code {
      case .unauthorized: .unauthenticated
      case .forbidden, .misdirectedRequest: .permissionDenied
      case .notFound, .methodNotAllowed: .unimplemented
      case .invalidRequest, .unsupportedMediaType: .invalidArgument
      case .payloadTooLarge: .resourceExhausted
      case .unavailable: .unavailable
      case .conflict, .internalError: .internalError
      }
    self.init(code, error.message)
  }

  var description: String { "\(code.word): \(message)" }

  /// The message as the trailer `grpc-message` carries it: bytes outside printable ASCII, and `%`, are percent-encoded
  /// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses>). Cut off after a kilobyte.
  var encodedMessage: String {
    var text = ""
    let digits = Array("0123456789ABCDEF")
    for byte in message.utf8.prefix(1024) {
      if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%"
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
      }
    }
    return text
  }
}

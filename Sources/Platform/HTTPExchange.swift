/// One request to another process.
public struct HTTPExchangeRequest: Sendable, Hashable {
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case delete = "DELETE"
  }

  public var method: Method
  /// Absolute, `http` or `https`.
  public var url: String
  public var headers: [HTTPField]
  public var body: [UInt8]
  /// For the whole exchange, connecting included.
  public var timeout: Duration
  /// A longer answer, after decompression, is an error and is not read to its end.
  public var maximumResponseBytes: Int

  public init(
    _ method: Method = .get, url: String, headers: [HTTPField] = [], body: [UInt8] = [], timeout: Duration,
    maximumResponseBytes: Int = 16 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.maximumResponseBytes = maximumResponseBytes
  }
}

public struct HTTPField: Sendable, Hashable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

public struct HTTPExchangeResponse: Sendable {
  public var status: Int
  /// Decompressed.
  public var body: [UInt8]
  /// The field lines as they came, each ended by a line feed: whoever asks for one header pays for one.
  private let fieldLines: [UInt8]

  public init(status: Int, headers: [HTTPField] = [], body: [UInt8] = []) {
    let lines = headers.map { "\($0.name): \($0.value)\n" }.joined()
    self.init(status: status, fieldLines: Array(lines.utf8), body: body)
  }

  /// - Parameter fieldLines: `NAME: VALUE`, each ended by a line feed, with or without a carriage return before it.
  public init(status: Int, fieldLines: [UInt8], body: [UInt8]) {
    self.status = status
    self.fieldLines = fieldLines
    self.body = body
  }

  /// The first header of that name, whatever its case, without blanks around it. O(bytes of all headers).
  public func header(_ name: String) -> String? {
    var name = name
    return name.withUTF8 { name in
      fieldLines.withUnsafeBufferPointer { lines in
        var start = 0
        while start < lines.count {
          let end = lines[start...].firstIndex(of: UInt8(ascii: "\n")) ?? lines.count
          let colon = start + name.count
          if colon < end, lines[colon] == UInt8(ascii: ":"), Self.isSame(lines[start..<colon], name) {
            return String(decoding: Self.trim(lines[(colon + 1)..<end]), as: UTF8.self)
          }
          start = end + 1
        }
        return nil
      }
    }
  }

  private typealias Text = Slice<UnsafeBufferPointer<UInt8>>

  private static func isSame(_ text: Text, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
    for (index, byte) in text.enumerated() where lowercase(byte) != lowercase(name[index]) { return false }
    return true
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 0x20 : byte }

  private static func trim(_ text: Text) -> Text {
    func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }
}

/// Why an exchange gave no whole answer. An answer with an error status is an answer.
public enum HTTPExchangeError: Error, Sendable, Hashable, CustomStringConvertible {
  case invalidURL(String)
  case cannotConnect(String)
  case timeout(after: Duration)
  case bodyTooLarge(limit: Int)
  /// The peer closed before the end, sent what is not HTTP, or an encoding that does not decode.
  case malformedResponse(String)
  case tls(String)

  public var description: String {
    switch self {
    case .invalidURL(let url): "\"\(url)\" is not an absolute http or https URL"
    case .cannotConnect(let reason): "cannot connect: \(reason)"
    case .timeout(let duration): "no whole answer within \(duration)"
    case .bodyTooLarge(let limit): "the body is larger than the limit of \(limit) bytes"
    case .malformedResponse(let reason): "malformed response: \(reason)"
    case .tls(let reason): "TLS: \(reason)"
    }
  }
}

/// Makes exchanges. Redirects are not followed: an agent may not send Skep elsewhere.
public protocol HTTPExchanger: Sendable {
  /// Ends within the request's timeout, whatever the peer does: nobody else watches over it.
  ///
  /// - Throws: ``HTTPExchangeError``, or `CancellationError` when the task is cancelled.
  nonisolated(nonsending) func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse
}

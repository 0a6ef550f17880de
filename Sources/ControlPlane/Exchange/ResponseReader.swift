import Platform

/// Reads one HTTP/1.1 response from its bytes as they come (RFC 9112). Knows nothing of sockets and of compression.
///
/// 1. The head is gathered until its empty line, then judged as a whole.
/// 2. The body ends by its length, by its last chunk, or by the end of the connection.
/// 3. From then on ``isComplete`` holds and no byte more is taken.
///
/// Interim answers (1xx) are skipped. Stricter than the RFC asks for where two readers might disagree on where a body ends:
/// two lengths, a length beside chunks, or an unknown transfer coding are errors.
struct ResponseReader {
  /// Status line and fields of a response, all lines together.
  static let maximumHeadBytes = 64 << 10

  private enum State {
    case head
    case sized(remaining: Int)
    case chunkSize
    case chunk(remaining: Int)
    case chunkEnd
    case trailers
    case untilEnd
    case complete
  }

  private var state = State.head
  /// Bytes of the head, of a chunk's size or of a trailer, until the line or the head is whole.
  private var gathered: [UInt8] = []
  private var trailerBytes = 0
  private var maximumBodyBytes: Int
  private(set) var head = ResponseHead()
  private(set) var body: [UInt8] = []

  /// - Parameter maximumBodyBytes: as sent, before decompression.
  init(maximumBodyBytes: Int) { self.maximumBodyBytes = maximumBodyBytes }

  var isComplete: Bool { if case .complete = state { true } else { false } }

  /// Whether a byte of the answer has come.
  var hasBegun: Bool { if case .head = state { !gathered.isEmpty } else { true } }

  /// Takes bytes until the response is complete.
  ///
  /// - Parameter memory: gives room for the body once it begins.
  /// - Returns: how many were taken.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ memory: BodyMemory
  ) throws(HTTPExchangeError) -> Int {
    var position = 0
    while position < bytes.count || needsNoByte {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      switch state {
      case .complete: return position
      case .head: position += try takeHead(rest, memory)
      case .sized(let remaining):
        let count = min(remaining, rest.count)
        try append(rest, count)
        position += count
        state = count == remaining ? .complete : .sized(remaining: remaining - count)
      case .untilEnd:
        try append(rest, rest.count)
        position += rest.count
      case .chunk(let remaining):
        let count = min(remaining, rest.count)
        try append(rest, count)
        position += count
        state = count == remaining ? .chunkEnd : .chunk(remaining: remaining - count)
      case .chunkSize, .chunkEnd, .trailers: position += try takeLine(rest)
      }
    }
    return position
  }

  /// Notes that the peer has closed the connection.
  ///
  /// - Throws: if the response is not whole by that.
  mutating func end() throws(HTTPExchangeError) {
    switch state {
    case .complete: break
    case .untilEnd: state = .complete
    default: throw .malformedResponse("closed in the middle of the answer")
    }
  }

  /// An empty body is complete without another byte.
  private var needsNoByte: Bool { if case .sized(remaining: 0) = state { true } else { false } }

  private mutating func append(_ bytes: UnsafeRawBufferPointer, _ count: Int) throws(HTTPExchangeError) {
    guard count <= maximumBodyBytes - body.count else { throw .bodyTooLarge(limit: maximumBodyBytes) }
    body.append(contentsOf: bytes[..<count])
  }

  // MARK: Head

  private mutating func takeHead(
    _ bytes: UnsafeRawBufferPointer, _ memory: BodyMemory
  ) throws(HTTPExchangeError) -> Int {
    if gathered.isEmpty, let end = Self.endOfHead(bytes) {
      // The whole head in one piece, as it nearly always comes.
      try judge(UnsafeRawBufferPointer(rebasing: bytes[..<end]), memory)
      return end
    }
    // Line by line: only behind a line can the head end.
    let text = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let taken = min(text.count + 1, bytes.count)
    gathered.append(contentsOf: bytes[..<taken])
    guard gathered.count <= Self.maximumHeadBytes else { throw .malformedResponse("its headers are too long") }
    guard gathered.last == UInt8(ascii: "\n"), endsWithEmptyLine else { return taken }
    let head = gathered
    gathered = []
    let result = head.withUnsafeBytes { bytes in
      Result { () throws(HTTPExchangeError) in try judge(bytes, memory) }
    }
    try result.get()
    return taken
  }

  /// How many bytes the head has, with the empty line that ends it; `nil` if it does not end here.
  private static func endOfHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")), end < maximumHeadBytes {
      if start > 0, end == start || end == start + 1 && bytes[start] == UInt8(ascii: "\r") { return end + 1 }
      start = end + 1
    }
    return nil
  }

  private var endsWithEmptyLine: Bool {
    var line = gathered.dropLast()
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    return line.isEmpty || line.last == UInt8(ascii: "\n")
  }

  private mutating func judge(
    _ text: UnsafeRawBufferPointer, _ memory: BodyMemory
  ) throws(HTTPExchangeError) {
    let head = try ResponseHead(text)
    // 1xx answers precede the real one (RFC 9110, section 15.2); nobody asked for another protocol.
    guard head.status != 101 else { throw .malformedResponse("switches to another protocol") }
    guard head.status >= 200 else { return }
    self.head = head
    if head.status == 204 || head.status == 304 {
      state = .complete
      return
    }
    body = memory.take()
    if head.isChunked {
      state = .chunkSize
    } else if let length = head.contentLength {
      guard length <= maximumBodyBytes else { throw .bodyTooLarge(limit: maximumBodyBytes) }
      // What is announced need not come: more than this is only taken as it comes.
      body.reserveCapacity(min(length, 1 << 20))
      state = .sized(remaining: length)
    } else {
      state = .untilEnd
    }
  }

  // MARK: Chunks

  private mutating func takeLine(_ bytes: UnsafeRawBufferPointer) throws(HTTPExchangeError) -> Int {
    let text = bytes.prefix { $0 != UInt8(ascii: "\n") }
    gathered.append(contentsOf: text)
    guard gathered.count <= 4096 else { throw .malformedResponse("a line between its chunks is too long") }
    guard text.count < bytes.count else { return text.count }
    if gathered.last == UInt8(ascii: "\r") { gathered.removeLast() }
    try endLine()
    gathered.removeAll(keepingCapacity: true)
    return text.count + 1
  }

  private mutating func endLine() throws(HTTPExchangeError) {
    switch state {
    case .chunkSize:
      let size = try chunkSize()
      state = size == 0 ? .trailers : .chunk(remaining: size)
    case .chunkEnd:
      guard gathered.isEmpty else { throw .malformedResponse("a chunk is longer than it says") }
      state = .chunkSize
    default:
      trailerBytes += gathered.count
      guard trailerBytes <= Self.maximumHeadBytes else { throw .malformedResponse("its trailers are too long") }
      if gathered.isEmpty { state = .complete }
    }
  }

  /// Hexadecimal digits, behind which an extension may follow (RFC 9112, section 7.1).
  private func chunkSize() throws(HTTPExchangeError) -> Int {
    var size = 0
    var digits = 0
    for byte in gathered {
      guard let digit = Self.hexadecimal(byte) else {
        guard digits > 0, byte == UInt8(ascii: ";") || byte == 32 || byte == 9 else { break }
        return size
      }
      digits += 1
      guard digits <= 15 else { break }
      size = size << 4 | digit
    }
    guard digits > 0, digits == gathered.count, digits <= 15 else {
      throw .malformedResponse("a chunk's size is not a number")
    }
    return size
  }

  private static func hexadecimal(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 87
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 55
    default: nil
    }
  }
}

import Tracing

/// How much a span may hold. What goes beyond is left out and counted in the span itself, so that whoever looks at it knows.
public struct SpanLimits: Sendable, Hashable {
  /// Of a span, an event or a link.
  public var attributes = 128
  public var attributesPerEvent = 128
  public var attributesPerLink = 128
  public var events = 128
  public var links = 128
  /// Characters (Unicode scalars); longer text is cut. OpenTelemetry knows no such bound by default; here there is one, so that
  /// a queue of spans has a bound in bytes as well.
  public var valueLength = 65_536
  /// Of the text of one span, in bytes (UTF-8). A control plane refuses a span with more than 512 KiB; events, links and the
  /// status get half at most.
  public var spanBytes = 448 << 10
  /// Longer keys are left out.
  static let keyBytes = 1024
  static let nameBytes = 4096
  static let messageBytes = 16_384

  public init() {}

  /// Text no longer than ``valueLength``.
  func cut(_ text: String) -> String {
    guard text.utf8.count > valueLength else { return text }
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: valueLength, limitedBy: scalars.endIndex) else {
      return text
    }
    return String(scalars[..<end])
  }

  /// Text of at most `bytes` bytes, whole characters (Unicode scalars).
  static func prefix(of text: String, bytes: Int) -> String {
    let utf8 = text.utf8
    guard utf8.count > bytes else { return text }
    var end = utf8.index(utf8.startIndex, offsetBy: max(bytes, 0))
    while end > utf8.startIndex, UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
    return String(text.unicodeScalars[..<end])
  }

  /// What may be kept of `value`, and how many bytes its text has. Elements of a list are kept from the first on, as many as
  /// have ``valueLength`` bytes as JSON.
  func bounded(_ value: Tracing.SpanAttribute) -> (value: Tracing.SpanAttribute, bytes: Int) {
    switch value {
    case .string(let text):
      let text = cut(text)
      return (.string(text), text.utf8.count)
    case .stringConvertible(let thing):
      let text = cut("\(thing)")
      return (.string(text), text.utf8.count)
    case .int32Array(let numbers):
      let kept = numbers.prefix(room(of: 12))
      return (.int32Array(Array(kept)), kept.count * 12)
    case .int64Array(let numbers):
      let kept = numbers.prefix(room(of: 21))
      return (.int64Array(Array(kept)), kept.count * 21)
    case .doubleArray(let numbers):
      let kept = numbers.prefix(room(of: 25))
      return (.doubleArray(Array(kept)), kept.count * 25)
    case .boolArray(let flags):
      let kept = flags.prefix(room(of: 6))
      return (.boolArray(Array(kept)), kept.count * 6)
    case .stringArray(let texts): return bounded(texts) { $0 }
    case .stringConvertibleArray(let things): return bounded(things) { "\($0)" }
    default: return (value, 8)
    }
  }

  private func room(of bytes: Int) -> Int { max(valueLength, 0) / bytes }

  private func bounded<Element>(
    _ elements: [Element], _ write: (Element) -> String
  ) -> (value: Tracing.SpanAttribute, bytes: Int) {
    var kept: [String] = []
    var bytes = 0
    for element in elements {
      let text = cut(write(element))
      // In quotes and with a comma; a control character is six.
      var size = 3
      for byte in text.utf8 { size += byte < 0x20 ? 6 : byte == 0x22 || byte == 0x5C ? 2 : 1 }
      if size > max(valueLength, 0) - bytes { break }
      bytes += size
      kept.append(text)
    }
    return (.stringArray(kept), bytes)
  }

  /// Attributes of an event or a link: the first by name.
  func bounded(_ source: SpanAttributes, atMost most: Int, dropped: inout UInt32) -> (kept: SpanAttributes, bytes: Int)
  {
    var kept = SpanAttributes()
    var bytes = 0
    let list = source.list.filter { $0.key.utf8.count <= Self.keyBytes }.sorted { $0.key < $1.key }
    for (key, value) in list.prefix(max(most, 0)) {
      let (value, size) = bounded(value)
      kept.set(key, value: value)
      bytes += key.utf8.count + size
    }
    dropped &+= UInt32(clamping: source.count - kept.count)
    return (kept, bytes)
  }
}

import FleetModel

/// Attributes: a `KeyValue` with an `AnyValue` (`opentelemetry/proto/common/v1/common.proto`).
extension TraceMessage {
  /// Adds one attribute to the batch; one without a key is refused with its span.
  @inline(__always)
  mutating func readAttribute(_ range: Range<Int>) throws(WireFault) {
    var key = BatchRange()
    var value: Range<Int>?
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: key = checkedText(try cursor.content())
      case 0x12: value = try cursor.content()
      default: try cursor.skip(tag)
      }
    }
    if key.isEmpty { note("an attribute has no key") }
    batch.attributes.append(try attribute(key, value))
  }

  @inline(__always)
  private mutating func attribute(_ key: BatchRange, _ range: Range<Int>?) throws(WireFault) -> AttributeRecord {
    guard let range else { return nested(key, .none) }
    switch try AnyValue(message, range) {
    case .string(let range): return AttributeRecord(key: key, kind: .string, text: checkedText(range))
    case .int(let value): return AttributeRecord(key: key, kind: .int, payload: UInt64(bitPattern: value))
    case .double(let bits): return AttributeRecord(key: key, kind: .double, payload: bits)
    case .bool(let value): return AttributeRecord(key: key, kind: .bool, payload: value ? 1 : 0)
    case .bytes(let range): return AttributeRecord(key: key, kind: .bytes, text: checkedLength(range))
    case let value: return nested(key, value)
    }
  }

  /// As JSON, in the text behind the message.
  private mutating func nested(_ key: BatchRange, _ value: AnyValue) -> AttributeRecord {
    let start = text.count
    var json = NestedValue(message, limits)
    do throws(NestedValue.Flaw) { try json.write(value, to: &text) } catch {
      text.removeSubrange(start...)
      note("the value of attribute \(quoted(bytes(key))) \(error.problem)", overLimit: error.overLimit)
    }
    return AttributeRecord(
      key: key, kind: .nested, text: range32(message.count + start, message.count + text.count))
  }

  /// Notes what the attribute says of the agent.
  @inline(__always)
  func note(_ record: AttributeRecord, for agent: inout AgentName, ofResource: Bool) {
    guard record.kind == .string, record.key.count <= 17, record.key.count >= 12 else { return }
    let rank = AgentName.rank(
      of: UnsafeRawBufferPointer(rebasing: message[record.key.range]), ofResource: ofResource)
    if rank < AgentName.unknown, !record.text.isEmpty { agent.take(record.text, rank: rank) }
  }

  /// Notes a flaw where it is too long or not UTF-8.
  @inline(__always)
  mutating func checkedText(_ range: Range<Int>) -> BatchRange {
    let bytes = UnsafeRawBufferPointer(rebasing: message[range])
    if !WireText.isASCII(bytes) || bytes.count > limits.textBytes {
      if let problem = WireText.problem(of: bytes, limits) {
        note(problem, overLimit: bytes.count > limits.textBytes)
      }
    }
    return range32(range.lowerBound, range.upperBound)
  }

  @inline(__always)
  private mutating func checkedLength(_ range: Range<Int>) -> BatchRange {
    if range.count > limits.textBytes { note(WireText.excess(range.count, limits), overLimit: true) }
    return range32(range.lowerBound, range.upperBound)
  }
}

/// The value of an attribute, of which lists are still to be read.
enum AnyValue {
  case none
  case string(Range<Int>)
  case bool(Bool)
  case int(Int64)
  /// The bits of the number.
  case double(UInt64)
  case array(Range<Int>)
  case list(Range<Int>)
  case bytes(Range<Int>)

  /// The last of the fields counts, as of every `oneof`.
  @inline(__always)
  init(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    self = .none
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x0a: self = .string(try cursor.content())
      case 0x10: self = .bool(try cursor.varint() != 0)
      case 0x18: self = .int(Int64(bitPattern: try cursor.varint()))
      case 0x21: self = .double(try cursor.fixed64())
      case 0x2a: self = .array(try cursor.content())
      case 0x32: self = .list(try cursor.content())
      case 0x3a: self = .bytes(try cursor.content())
      default: try cursor.skip(tag)
      }
    }
  }
}

enum WireText {
  /// Why this is no text that may be taken: it is too long or not UTF-8; `nil` where it may.
  static func problem(of bytes: UnsafeRawBufferPointer, _ limits: OTLPLimits) -> String? {
    let characters = bytes.assumingMemoryBound(to: UInt8.self)
    if !isValidUTF8(characters) { return "the text \(quoted(characters)) is not UTF-8" }
    return bytes.count > limits.textBytes ? excess(bytes.count, limits) : nil
  }

  static func excess(_ count: Int, _ limits: OTLPLimits) -> String {
    "a text of \(count) bytes is longer than the limit of \(limits.textBytes); record less"
  }

  /// Eight bytes at a time, the last eight perhaps twice.
  @inline(__always)
  static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let count = bytes.count
    guard let base = bytes.baseAddress else { return true }
    var seen: UInt64 = 0
    if count >= 8 {
      var index = 0
      while index &+ 8 <= count {
        seen |= base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        index &+= 8
      }
      seen |= base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    } else {
      for index in 0..<count { seen |= UInt64(base.load(fromByteOffset: index, as: UInt8.self)) }
    }
    return seen & 0x8080_8080_8080_8080 == 0
  }
}

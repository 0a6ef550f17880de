import FleetModel
import HTTPTypes
import NIOCore

/// Writes an answer of the Prometheus API as bytes into one buffer; no text is made on the way.
///
/// The caller writes punctuation with ``raw(_:)``. Answers that are small can be a ``JSONValue`` instead: see
/// ``APIResponse/prometheus(_:warnings:infos:)``.
struct PrometheusJSON {
  private(set) var buffer: ByteBuffer

  init(capacity: Int = 1024) { buffer = ByteBufferAllocator().buffer(capacity: capacity) }

  /// Bytes that are JSON already.
  mutating func raw(_ json: StaticString) {
    buffer.writeStaticString(json)
  }

  mutating func raw(_ json: String) { buffer.writeString(json) }

  /// A string with its quotes.
  mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { string(bytes: $0) }
  }

  /// A string with its quotes; the bytes are UTF-8.
  mutating func string(bytes text: UnsafeBufferPointer<UInt8>) {
    write(atMost: Self.longest(text.count)) { Self.write(text, to: $0) }
  }

  mutating func strings(_ texts: some Sequence<String>) {
    raw("[")
    var isFirst = true
    for text in texts {
      if !isFirst { raw(",") }
      isFirst = false
      string(text)
    }
    raw("]")
  }

  /// `{"__name__":"up","job":"a"}`.
  mutating func labels(_ labels: LabelSet) {
    // Of each label: quotes, colon, comma; a length is at least a byte of the encoding.
    write(atMost: labels.encoded.count * 6 + 8) { bytes in
      bytes[0] = UInt8(ascii: "{")
      var count = 1
      labels.encoded.withUnsafeBufferPointer { encoded in
        var position = 0
        var isValue = false
        while let text = Self.text(encoded, &position) {
          if isValue {
            bytes[count] = UInt8(ascii: ":")
            count += 1
          } else if count > 1 {
            bytes[count] = UInt8(ascii: ",")
            count += 1
          }
          count += Self.write(text, to: bytes + count)
          isValue.toggle()
        }
      }
      bytes[count] = UInt8(ascii: "}")
      return count + 1
    }
  }

  /// Seconds: `1435781451.781`.
  mutating func time(_ milliseconds: Int64) {
    write(atMost: SampleText.longestTime) { SampleText.write(time: milliseconds, to: $0) }
  }

  /// A value in quotes: `"0.5"`.
  mutating func value(_ value: Double) {
    write(atMost: SampleText.longestValue + 2) { Self.write(value, to: $0) }
  }

  /// `[1435781451.781,"1"]`.
  mutating func sample(_ milliseconds: Int64, _ value: Double) {
    write(atMost: Self.longestSample) { Self.write(milliseconds, value, to: $0) }
  }

  /// `[[1435781451.781,"1"],…]`.
  mutating func samples(_ columns: SampleColumns) {
    raw("[")
    columns.timestamps.withUnsafeBufferPointer { times in
      columns.values.withUnsafeBufferPointer { values in
        var next = 0
        while next < times.count {
          let end = min(next + 256, times.count)
          write(atMost: (end - next) * Self.longestSample) { bytes in
            var count = 0
            for index in next..<end {
              if index > 0 {
                bytes[count] = UInt8(ascii: ",")
                count += 1
              }
              count += Self.write(times[index], values[index], to: bytes + count)
            }
            return count
          }
          next = end
        }
      }
    }
    raw("]")
  }

  mutating func integer(_ number: Int) { buffer.writeString(String(number)) }

  /// - Parameter body: writes through the pointer and returns how many bytes it wrote.
  private mutating func write(atMost count: Int, _ body: (SampleText.Bytes) -> Int) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return body(base.assumingMemoryBound(to: UInt8.self))
    }
  }

  // MARK: parts

  private static let longestSample = SampleText.longestTime + SampleText.longestValue + 8

  private static func write(_ value: Double, to bytes: SampleText.Bytes) -> Int {
    bytes[0] = UInt8(ascii: "\"")
    let count = SampleText.write(value: value, to: bytes + 1)
    bytes[count + 1] = UInt8(ascii: "\"")
    return count + 2
  }

  private static func write(_ milliseconds: Int64, _ value: Double, to bytes: SampleText.Bytes) -> Int {
    bytes[0] = UInt8(ascii: "[")
    var count = 1 + SampleText.write(time: milliseconds, to: bytes + 1)
    bytes[count] = UInt8(ascii: ",")
    count += 1
    count += write(value, to: bytes + count)
    bytes[count] = UInt8(ascii: "]")
    return count + 1
  }

  /// Every byte may become `\u001f`.
  private static func longest(_ count: Int) -> Int { count * 6 + 2 }

  private static func write(_ text: UnsafeBufferPointer<UInt8>, to bytes: SampleText.Bytes) -> Int {
    bytes[0] = UInt8(ascii: "\"")
    var count = 1
    for byte in text {
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        bytes[count] = byte
        count += 1
        continue
      }
      bytes[count] = UInt8(ascii: "\\")
      count += 1
      switch byte {
      case UInt8(ascii: "\n"): bytes[count] = UInt8(ascii: "n")
      case UInt8(ascii: "\r"): bytes[count] = UInt8(ascii: "r")
      case UInt8(ascii: "\t"): bytes[count] = UInt8(ascii: "t")
      case 0..<0x20:
        bytes[count] = UInt8(ascii: "u")
        bytes[count + 1] = UInt8(ascii: "0")
        bytes[count + 2] = UInt8(ascii: "0")
        bytes[count + 3] = UInt8(ascii: byte < 0x10 ? "0" : "1")
        bytes[count + 4] = (byte & 15) + (byte & 15 < 10 ? 0x30 : 0x57)
        count += 4
      default: bytes[count] = byte
      }
      count += 1
    }
    bytes[count] = UInt8(ascii: "\"")
    return count + 1
  }

  /// The next text of a ``LabelSet``'s bytes: length (LEB128), then so many bytes.
  private static func text(_ encoded: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> UnsafeBufferPointer<UInt8>?
  {
    guard position < encoded.count else { return nil }
    var length = 0
    var shift = 0
    while position < encoded.count, shift < 35 {
      let byte = encoded[position]
      position += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    let end = min(position + length, encoded.count)
    defer { position = end }
    return UnsafeBufferPointer(rebasing: encoded[position..<end])
  }
}

extension APIResponse {
  /// A success of the Prometheus API: `{"status":"success","data":…,"warnings":[…],"infos":[…]}`, the lists only where they hold
  /// something.
  static func prometheus(
    capacity: Int = 1024, warnings: [String] = [], infos: [String] = [], _ data: (inout PrometheusJSON) -> Void
  ) -> APIResponse {
    var json = PrometheusJSON(capacity: capacity)
    json.raw("{\"status\":\"success\",\"data\":")
    data(&json)
    if !warnings.isEmpty {
      json.raw(",\"warnings\":")
      json.strings(warnings)
    }
    if !infos.isEmpty {
      json.raw(",\"infos\":")
      json.strings(infos)
    }
    json.raw("}")
    return APIResponse(status: .ok, contentType: Self.json, content: .bytes(json.buffer))
  }

  /// The same for data that is small.
  static func prometheus(_ data: JSONValue, warnings: [String] = [], infos: [String] = []) -> APIResponse {
    prometheus(warnings: warnings, infos: infos) { $0.raw(data.description) }
  }

}

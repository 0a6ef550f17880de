import TestSupport

/// Writes OTLP's messages field by field, good and bad ones.
struct OTLPBytes {
  var bytes: [UInt8] = []

  init() {}
  init(_ fill: (inout OTLPBytes) -> Void) { fill(&self) }

  mutating func content(_ number: UInt64, _ content: [UInt8]) {
    WriteRequestBytes.varint(number << 3 | 2, to: &bytes)
    WriteRequestBytes.varint(UInt64(content.count), to: &bytes)
    bytes += content
  }

  mutating func text(_ number: UInt64, _ text: String) { content(number, Array(text.utf8)) }
  mutating func message(_ number: UInt64, _ fill: (inout OTLPBytes) -> Void) { content(number, OTLPBytes(fill).bytes) }

  mutating func varint(_ number: UInt64, _ value: UInt64) {
    WriteRequestBytes.varint(number << 3, to: &bytes)
    WriteRequestBytes.varint(value, to: &bytes)
  }

  mutating func fixed64(_ number: UInt64, _ value: UInt64) {
    WriteRequestBytes.varint(number << 3 | 1, to: &bytes)
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  mutating func double(_ number: UInt64, _ value: Double) { fixed64(number, value.bitPattern) }

  mutating func fixed32(_ number: UInt64, _ value: UInt32) {
    WriteRequestBytes.varint(number << 3 | 5, to: &bytes)
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  /// A `KeyValue` with a string.
  mutating func attribute(_ number: UInt64, _ key: String, _ value: String) {
    attribute(number, key) { $0.text(1, value) }
  }

  mutating func attribute(_ number: UInt64, _ key: String, _ value: (inout OTLPBytes) -> Void) {
    message(number) {
      $0.text(1, key)
      $0.message(2, value)
    }
  }

  static let traceID: [UInt8] = Array(1...16)
  static let spanID: [UInt8] = Array(1...8)

  /// A good span of 5 ns.
  mutating func goodSpan(_ name: String, _ more: (inout OTLPBytes) -> Void = { _ in }) {
    message(2) {
      $0.content(1, Self.traceID)
      $0.content(2, Self.spanID)
      $0.text(5, name)
      $0.fixed64(7, 1_000)
      $0.fixed64(8, 1_005)
      more(&$0)
    }
  }

  /// A request of one resource, `service.name` s, and one scope.
  static func traces(_ spans: (inout OTLPBytes) -> Void) -> [UInt8] {
    OTLPBytes {
      $0.message(1) {
        $0.message(1) { $0.attribute(1, "service.name", "s") }
        $0.message(2) {
          $0.message(1) {
            $0.text(1, "lib")
            $0.text(2, "1.0")
          }
          spans(&$0)
        }
      }
    }.bytes
  }
}

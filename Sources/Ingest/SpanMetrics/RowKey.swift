import FleetModel

/// Rows as numbers: of an operation, its agent in 20 bits, its name in 24, kind and state; of an edge, both agents in 20 bits each.
enum RowKey {
  /// What is beyond a bound.
  static let overflow: Int32 = 0xf_ffff

  @inline(__always)
  static func operation(_ agent: Int32, _ name: Int32, _ kind: SpanKind, _ state: SpanState) -> UInt64 {
    UInt64(UInt32(bitPattern: agent)) | UInt64(UInt32(bitPattern: name)) << 20 | UInt64(kind.rawValue) << 48
      | UInt64(state.rawValue) << 56
  }

  static func agent(_ key: UInt64) -> Int32 { Int32(truncatingIfNeeded: key & 0xf_ffff) }
  static func name(_ key: UInt64) -> Int32 { Int32(truncatingIfNeeded: key >> 20 & 0xff_ffff) }
  static func kind(_ key: UInt64) -> SpanKind {
    SpanKind(rawValue: UInt8(truncatingIfNeeded: key >> 48)) ?? .unspecified
  }
  static func state(_ key: UInt64) -> SpanState {
    SpanState(rawValue: UInt8(truncatingIfNeeded: key >> 56)) ?? .completed
  }

  /// The key of an operation after its name has got another number.
  static func renamed(_ key: UInt64, _ numbers: [Int32: Int32]) -> UInt64 {
    guard let number = numbers[name(key)] else { return key }
    return operation(agent(key), number, kind(key), state(key))
  }

  static func edge(_ client: Int32, _ server: Int32, isMessage: Bool) -> UInt64 {
    UInt64(UInt32(bitPattern: client)) | UInt64(UInt32(bitPattern: server)) << 20 | (isMessage ? 1 << 48 : 0)
  }

  static let edgeOverflow = edge(overflow, overflow, isMessage: false)
  static func client(_ key: UInt64) -> Int32 { agent(key) }
  static func server(_ key: UInt64) -> Int32 { Int32(truncatingIfNeeded: key >> 20 & 0xf_ffff) }
  static func isMessage(_ key: UInt64) -> Bool { key >> 48 & 1 == 1 }
}

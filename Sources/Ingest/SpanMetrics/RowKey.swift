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

  /// The key of an operation after its names have got other numbers.
  static func operation(_ key: UInt64, _ changed: Renumbering) -> UInt64 {
    operation(
      changed.agents[agent(key)] ?? agent(key), changed.names[name(key)] ?? name(key), kind(key), state(key))
  }

  /// The key of an edge after its agents have got other numbers.
  static func edge(_ key: UInt64, _ changed: Renumbering) -> UInt64 {
    edge(
      changed.agents[client(key)] ?? client(key), changed.agents[server(key)] ?? server(key), isMessage: isMessage(key))
  }

  static func edge(_ client: Int32, _ server: Int32, isMessage: Bool) -> UInt64 {
    UInt64(UInt32(bitPattern: client)) | UInt64(UInt32(bitPattern: server)) << 20 | (isMessage ? 1 << 48 : 0)
  }

  static let edgeOverflow = edge(overflow, overflow, isMessage: false)
  static func client(_ key: UInt64) -> Int32 { agent(key) }
  static func server(_ key: UInt64) -> Int32 { Int32(truncatingIfNeeded: key >> 20 & 0xf_ffff) }
  static func isMessage(_ key: UInt64) -> Bool { key >> 48 & 1 == 1 }
}

/// What numbers of names became when those that no row has any more were let go.
struct Renumbering: Sendable {
  var agents: [Int32: Int32] = [:]
  var names: [Int32: Int32] = [:]
}

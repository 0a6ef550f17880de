/// FNV-1a with 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): the same in every process and on every machine, so
/// it may stand in identifiers that outlive a restart. Not for keys that an attacker may choose to collide.
public struct StableHash: Sendable, Hashable {
  public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  public init() {}

  public mutating func add(byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

  public mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte: byte) }
  }

  /// Adds `text` so that no other division of the same bytes into texts gives the same value.
  public mutating func add(delimited text: String) {
    var length = UInt64(text.utf8.count)
    for _ in 0..<8 {
      add(byte: UInt8(truncatingIfNeeded: length))
      length >>= 8
    }
    add(text)
  }

  /// Sixteen lower-case hexadecimal digits.
  public var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

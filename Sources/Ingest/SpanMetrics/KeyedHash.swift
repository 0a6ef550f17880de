/// Hashes that senders cannot foresee: multiplication folded onto itself, as in wyhash (<https://github.com/wangyi-fudan/wyhash>).
struct KeyedHash: Sendable {
  private let first: UInt64
  private let second: UInt64
  private let third: UInt64

  init(seed: UInt64) {
    first = seed ^ 0xa076_1d64_78bd_642f
    second = (seed << 32 | seed >> 32) ^ 0xe703_7ed1_a0b4_28db
    third = (seed << 17 | seed >> 47) ^ 0x8ebc_6af0_9c88_c6e3
  }

  @inline(__always)
  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  @inline(__always)
  func hash(_ left: UInt64, _ right: UInt64) -> UInt64 { Self.fold(left ^ first, right ^ second) }

  @inline(__always)
  func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    guard let base = bytes.baseAddress else { return first }
    var hash = third ^ UInt64(truncatingIfNeeded: bytes.count)
    var position = 0
    while position &+ 8 <= bytes.count {
      hash = Self.fold(hash ^ base.loadUnaligned(fromByteOffset: position, as: UInt64.self), first)
      position &+= 8
    }
    var rest: UInt64 = 0
    while position < bytes.count {
      rest = rest << 8 | UInt64(base.load(fromByteOffset: position, as: UInt8.self))
      position &+= 1
    }
    return Self.fold(hash ^ rest, second)
  }
}

/// Hash of label bytes: eight bytes a step by a folded 64 × 64 bit multiplication. The seed keeps a sender of labels
/// from making them collide.
enum LabelHash {
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt32 {
    var state = fold(seed ^ UInt64(bytes.count), 0xD6E8_FEB8_6659_FD93)
    guard let base = bytes.baseAddress else { return UInt32(truncatingIfNeeded: state) }
    var offset = 0
    while offset + 8 <= bytes.count {
      state = fold(state ^ base.loadUnaligned(fromByteOffset: offset, as: UInt64.self), factor ^ seed)
      offset += 8
    }
    if offset < bytes.count {
      var rest: UInt64 = 0
      while offset < bytes.count {
        rest = rest << 8 | UInt64(base.load(fromByteOffset: offset, as: UInt8.self))
        offset += 1
      }
      state = fold(state ^ rest, factor)
    }
    return UInt32(truncatingIfNeeded: state ^ state >> 32)
  }

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (high, low) = (a ^ factor).multipliedFullWidth(by: b)
    return high ^ low
  }
}

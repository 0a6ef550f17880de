/// 128 bits that stand for the bytes of a series' labels as one sender writes them. Two different runs of bytes agree by
/// chance with a probability of about n² / 2^129, and nobody can find two that do without the seed.
public struct WrittenIdentity: Hashable, Sendable {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// What the seed makes of the constants. A constant that the world knows would let a sender write the word that makes one
  /// factor zero, which wipes out all before it.
  struct Key: Sendable {
    fileprivate let left: UInt64
    fileprivate let right: UInt64
    fileprivate let tail: UInt64

    init(seed: UInt64) {
      left = ByteHash.fold(seed ^ 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db)
      right = ByteHash.fold(seed ^ 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3)
      tail = ByteHash.fold(seed ^ 0x2d35_8dcc_aa6c_78a5, 0x8bb8_4b93_962e_acc9)
    }
  }

  /// Two chains of multiply and fold (as `ByteHash`) over the same words, side by side; over long runs two such pairs, each
  /// over every other word, because a chain waits for each of its multiplications. O(bytes).
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, _ key: Key) {
    var left = key.right
    var right = key.left
    let count = bytes.count
    var first: UInt64 = 0
    var second: UInt64 = 0
    if let base = bytes.baseAddress {
      var index = 0
      if count >= 32 {
        var left2 = key.tail
        var right2 = key.tail ^ key.left
        while index &+ 32 <= count {
          let a = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
          let b = base.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self)
          let c = base.loadUnaligned(fromByteOffset: index &+ 16, as: UInt64.self)
          let d = base.loadUnaligned(fromByteOffset: index &+ 24, as: UInt64.self)
          left = ByteHash.fold(a ^ key.left, b ^ left)
          right = ByteHash.fold(b ^ key.right, a ^ right)
          left2 = ByteHash.fold(c ^ key.left, d ^ left2)
          right2 = ByteHash.fold(d ^ key.right, c ^ right2)
          index &+= 32
        }
        left = ByteHash.fold(left ^ key.tail, left2)
        right = ByteHash.fold(right ^ key.tail, right2)
      }
      if index &+ 16 <= count {
        let a = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let b = base.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self)
        left = ByteHash.fold(a ^ key.left, b ^ left)
        right = ByteHash.fold(b ^ key.right, a ^ right)
        index &+= 16
      }
      if index &+ 8 <= count {
        first = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        index &+= 8
      }
      while index < count {
        second = second << 8 | UInt64(base.load(fromByteOffset: index, as: UInt8.self))
        index &+= 1
      }
    }
    left = ByteHash.fold(first ^ key.tail, second ^ left)
    right = ByteHash.fold(second ^ key.tail, first ^ right)
    high = ByteHash.fold(left ^ key.right, UInt64(count) ^ right)
    low = ByteHash.fold(right ^ key.left, UInt64(count) ^ left)
  }

  /// Of no series.
  static let unknown = WrittenIdentity(high: 0, low: 0)

  /// Makes one identity of several in their order: of a series, of those of its symbols.
  struct Chain {
    private let key: Key
    private var left: UInt64
    private var right: UInt64

    @inline(__always)
    init(_ key: Key) {
      self.key = key
      left = key.right
      right = key.left
    }

    @inline(__always)
    mutating func add(_ part: WrittenIdentity) {
      left = ByteHash.fold(part.high ^ key.left, part.low ^ left)
      right = ByteHash.fold(part.low ^ key.right, part.high ^ right)
    }

    @inline(__always)
    func finish(count: Int) -> WrittenIdentity {
      WrittenIdentity(
        high: ByteHash.fold(left ^ key.tail, UInt64(truncatingIfNeeded: count) ^ right),
        low: ByteHash.fold(right ^ key.left, UInt64(truncatingIfNeeded: count) ^ left))
    }
  }

  /// This identity within `scope`: the same labels are another series there.
  public func within(_ scope: UInt64) -> WrittenIdentity {
    var scoped = self
    scoped.high ^= scope
    scoped.low = ByteHash.fold(low ^ scope, 0x9e37_79b9_7f4a_7c15)
    return scoped
  }
}

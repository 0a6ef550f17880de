/// A tabled asymmetric numeral system (J. Duda, arXiv:1311.2540): the entropy code of a column's symbols.
///
/// The table has `2^bits` states. How many of them a symbol gets follows from its weight, which the column's header holds
/// in four bits; see ``ValueColumn``. A decoder goes from state to state with one look-up a symbol.
enum SymbolCode {
  static let maximumBits = 8
  static let minimumBits = 4
  static let maximumSymbols = 64

  /// What the four bits of a weight stand for. Zero: the symbol does not occur.
  @inline(__always)
  static func weight(_ nibble: UInt8) -> Int {
    // 0, 1, then 2 and 3 times powers of two.
    nibble < 2 ? Int(nibble) : (2 + Int(nibble & 1)) << Int((nibble - 2) >> 1)
  }

  /// Shares the states out: one for each symbol that occurs, the others by weight, what is left to the heaviest.
  ///
  /// - Returns: `false` if no symbol occurs or there are more than states; `shares` are then of no meaning.
  static func share(
    _ nibbles: UnsafePointer<UInt8>, symbols: Int, bits: Int, into shares: UnsafeMutablePointer<UInt16>
  ) -> Bool {
    var total = 0
    var occurring = 0
    var heaviest = 0
    for symbol in 0..<symbols {
      total += weight(nibbles[symbol])
      occurring += nibbles[symbol] > 0 ? 1 : 0
      if nibbles[symbol] > nibbles[heaviest] { heaviest = symbol }
    }
    let spare = 1 << bits - occurring
    guard occurring > 0, spare >= 0 else { return false }
    // One division a column: shares are rounded down in 32.32 fixed point.
    let scale = UInt64(spare) << 32 / UInt64(total)
    var left = spare
    for symbol in 0..<symbols {
      let share = Int((UInt64(weight(nibbles[symbol])) &* scale) >> 32)
      left -= share
      shares[symbol] = nibbles[symbol] > 0 ? UInt16(truncatingIfNeeded: share + 1) : 0
    }
    shares[heaviest] += UInt16(truncatingIfNeeded: left)
    return true
  }

  /// Scatters the symbols over the states, each as often as it has shares.
  @inline(__always)
  static func spread(
    _ shares: UnsafePointer<UInt16>, symbols: Int, bits: Int, into symbolOf: UnsafeMutablePointer<UInt8>
  ) {
    let mask = 1 << bits - 1
    let stride = (5 << bits) >> 3 + 3
    var state = 0
    for symbol in 0..<symbols {
      for _ in 0..<shares[symbol] {
        symbolOf[state] = UInt8(truncatingIfNeeded: symbol)
        state = (state &+ stride) & mask
      }
    }
  }
}

/// One state of a decoder: its symbol, and how it goes on.
struct SymbolState {
  private let packed: UInt32

  /// - Parameter rank: which of the symbol's states it is, counted from the number of them; its highest bits are those of the
  ///   state that follows.
  @inline(__always)
  init(symbol: Int, rank: Int, rawBits: Int, tableBits: Int) {
    let stateBits = tableBits &- (63 &- rank.leadingZeroBitCount)
    let next = (rank &<< stateBits) &- (1 &<< tableBits)
    packed = UInt32(truncatingIfNeeded: symbol | stateBits &<< 8 | rawBits &<< 12 | next &<< 20)
  }

  @inline(__always) var symbol: Int { Int(truncatingIfNeeded: packed & 0xff) }
  @inline(__always) var stateBits: UInt64 { UInt64(truncatingIfNeeded: packed &>> 8 & 0xf) }
  @inline(__always) var rawBits: UInt64 { UInt64(truncatingIfNeeded: packed &>> 12 & 0xff) }
  /// Without the bits that the stream adds.
  @inline(__always) var next: Int { Int(truncatingIfNeeded: packed &>> 20) }
}

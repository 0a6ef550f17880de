/// How an unsigned number is cut into a symbol, which is entropy coded, and the bits below, which are written as they are.
///
/// Like a float with few digits: numbers below `2^(shift + digits + 1)` fall into steps of `2^shift`; above that each
/// octave has `2^digits` symbols. Few octaves make it linear, few digits logarithmic.
struct SymbolScale: Equatable {
  var shift: Int
  var digits: Int

  @inline(__always)
  func symbol(_ number: UInt64) -> (symbol: Int, rawBits: Int) {
    let scaled = number &>> UInt64(shift)
    let octave = max(0, 63 &- digits &- (scaled | 1).leadingZeroBitCount)
    let symbol = Int(truncatingIfNeeded: scaled &>> UInt64(octave)) &+ octave &<< digits
    return (symbol, shift &+ octave)
  }

  /// Any symbol is safe.
  @inline(__always)
  func base(_ symbol: Int) -> SymbolBase {
    let octave = max(0, symbol &>> digits &- 1)
    let scaled = UInt64(bitPattern: Int64(symbol &- octave &<< digits))
    let rawBits = shift + octave
    return SymbolBase(number: scaled << UInt64(rawBits), rawBits: min(rawBits, 64))
  }
}

/// The least number of a symbol, and how many bits are added to it.
struct SymbolBase {
  let number: UInt64
  let rawBits: Int
}

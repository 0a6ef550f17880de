/// Reckons the bits that the codes of a column take under a scale, from a histogram of them.
struct ScaleTrial {
  let bins: UnsafeBufferPointer<SymbolBin>
  let count: Int
  let top: UInt64
  /// The code of zero and how often it occurs.
  let zero: UInt64
  let zeros: Int

  /// Takes `scale` into the plan if that saves bits.
  func improve(_ plan: inout ColumnPlan, with scale: SymbolScale) {
    // A symbol for zero alone pays only where zero shares its symbol with others.
    let hasZero = scale.shift > 0 && zeros > count / 64 + 1
    let symbols = scale.symbol(top).symbol + 1 + (hasZero ? 1 : 0)
    guard symbols <= SymbolCode.maximumSymbols else { return }
    var raw = 0
    var entropy: Float = Float(count) * Self.logarithm(Float(count))
    var rarest = count
    if hasZero {
      entropy -= Float(zeros) * Self.logarithm(Float(zeros))
      rarest = zeros
    }
    var current = -1
    var collected = 0
    func close() {
      guard collected > 0 else { return }
      entropy -= Float(collected) * Self.logarithm(Float(collected))
      rarest = min(rarest, collected)
      collected = 0
    }
    var zerosLeft = hasZero ? zeros : 0
    for bin in bins {
      let (symbol, rawBits) = scale.symbol(bin.least)
      var many = Int(bin.count)
      if zerosLeft > 0, bin.least <= zero, scale.symbol(zero).symbol == symbol, many >= zerosLeft, SymbolScale(shift: 0, digits: 5).symbol(zero) == SymbolScale(shift: 0, digits: 5).symbol(bin.least) {
        many -= zerosLeft
        zerosLeft = 0
      }
      if symbol != current {
        close()
        current = symbol
      }
      collected += many
      raw += many * rawBits
    }
    close()
    let flat = Float(count) * Self.logarithm(Float(symbols))
    let isFlat = flat < entropy + Float(4 * symbols)
    let bits = Float(raw + 24 + 16) + (isFlat ? flat : entropy + Float(4 * symbols))
    guard bits < plan.bits else { return }
    plan.bits = bits
    plan.header.scale = scale
    plan.header.symbols = symbols
    plan.header.hasZero = hasZero
    plan.header.isFlat = isFlat
    let share = Self.logarithm(Float(count) / Float(max(1, rarest)))
    let least = 64 - (symbols - 1).leadingZeroBitCount
    plan.header.tableBits = isFlat ? min(8, max(4, least + 2)) : min(8, max(4, least + 1, Int(share) + 2))
  }

  /// log2, wrong by less than 0.01.
  @inline(__always)
  static func logarithm(_ number: Float) -> Float {
    let mantissa = number.significand
    return Float(number.exponent) + ((-0.333_333_33 * mantissa + 2) * mantissa - 1.666_666_67)
  }
}

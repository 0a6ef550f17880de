/// How often the codes of a column lie where, coarsely; from that it reckons the bits that they take under a scale.
struct CodeHistogram {
  private let count: Int
  private let top: UInt64
  /// Bits of the greatest code.
  private let width: Int
  private let zeros: Int
  private let zeroCode: UInt64
  /// Up to 64 parts of equal width.
  private let parts: UnsafeMutablePointer<UInt16>
  private let partBits: Int
  /// Four symbols an octave.
  private let octaves: UnsafeMutablePointer<UInt16>
  private let occurring: UnsafeMutablePointer<UInt8>
  private let logarithms: UnsafePointer<Float>

  private static let octaveScale = SymbolScale(shift: 0, digits: 2)
  /// A weight in the header.
  private static let weightBits: Float = 4
  /// Bits a code that an entropy code must save: plain bits are read three times as fast.
  private static let gain: Float = 0.1

  init(
    _ codes: UnsafePointer<UInt64>, count: Int, top: UInt64, zero: UInt64?, _ scratch: borrowing ColumnScratch
  ) {
    self.count = count
    self.top = top
    zeroCode = zero ?? .max
    width = 64 - top.leadingZeroBitCount
    partBits = min(width, 6)
    parts = scratch.parts
    octaves = scratch.octaves
    occurring = scratch.symbolOf
    logarithms = UnsafePointer(scratch.logarithms)
    parts.update(repeating: 0, count: 64)
    octaves.update(repeating: 0, count: 256)
    let shift = UInt64(truncatingIfNeeded: width &- partBits)
    var zeros = 0
    for index in 0..<count {
      let code = codes[index]
      parts[Int(truncatingIfNeeded: code &>> shift)] &+= 1
      octaves[Self.octaveScale.symbol(code).symbol] &+= 1
      zeros &+= code == zeroCode ? 1 : 0
    }
    self.zeros = zeros
  }

  /// One part in 64 holds more than an eighth.
  var isPeaked: Bool {
    guard width > 6 else { return false }
    for part in 0..<64 where Int(parts[part]) > count / 8 { return true }
    return false
  }

  /// Sets the scale under which the codes take the fewest bits.
  func choose(_ plan: inout ColumnPlan) {
    plan.header.scale = SymbolScale(shift: width, digits: 0)
    plan.bits = Float(count * width + 16)
    guard width > 0 else { return }
    // A symbol for zero alone pays where zero would share one with others.
    let hasZero = zeros > count / 64 + 1
    if partBits == width { tryParts(width, hasZero: false, &plan) }
    if hasZero {
      parts[Int(zeroCode >> UInt64(width - partBits))] -= UInt16(zeros)
      octaves[Self.octaveScale.symbol(zeroCode).symbol] -= UInt16(zeros)
    }
    for bits in stride(from: min(partBits, width - 1), to: 0, by: -1) { tryParts(bits, hasZero: hasZero, &plan) }
    guard plan.isPeaked else { return }
    let filled = fillOctaves()
    for digits in 0...2 {
      for octaves in [64, 20, 12, 8, 5] {
        tryScale(SymbolScale(shift: max(0, width - octaves), digits: digits), filled, hasZero: hasZero, &plan)
      }
    }
  }

  /// `2^bits` symbols of equal width.
  private func tryParts(_ bits: Int, hasZero: Bool, _ plan: inout ColumnPlan) {
    let merged = 1 << (partBits - bits)
    var tally = Tally(logarithms)
    for first in stride(from: 0, to: 1 << partBits, by: merged) {
      var sum = 0
      for part in first..<(first + merged) { sum += Int(parts[part]) }
      tally.add(sum, rawBits: width - bits)
    }
    take(tally, SymbolScale(shift: width - bits, digits: bits - 1), hasZero: hasZero, &plan)
  }

  /// Lists the octaves' symbols that occur.
  private func fillOctaves() -> UnsafeBufferPointer<UInt8> {
    var used = 0
    for octave in 0...Self.octaveScale.symbol(top).symbol where octaves[octave] > 0 {
      occurring[used] = UInt8(truncatingIfNeeded: octave)
      used += 1
    }
    return UnsafeBufferPointer(start: occurring, count: used)
  }

  private func tryScale(
    _ scale: SymbolScale, _ filled: UnsafeBufferPointer<UInt8>, hasZero: Bool, _ plan: inout ColumnPlan
  ) {
    guard scale.symbol(top).symbol < SymbolCode.maximumSymbols else { return }
    var tally = Tally(logarithms)
    var symbol = 0
    var rawBits = scale.shift
    var sum = 0
    for octave in filled {
      let next = scale.symbol(Self.octaveScale.base(Int(octave)).number)
      if next.symbol != symbol {
        tally.add(sum, rawBits: rawBits)
        sum = 0
        (symbol, rawBits) = next
      }
      sum += Int(octaves[Int(octave)])
    }
    tally.add(sum, rawBits: rawBits)
    take(tally, scale, hasZero: hasZero, &plan)
  }

  /// Takes the scale into the plan if it saves bits.
  private func take(_ tally: Tally, _ scale: SymbolScale, hasZero: Bool, _ plan: inout ColumnPlan) {
    var tally = tally
    if hasZero { tally.add(zeros, rawBits: 0) }
    let symbols = scale.symbol(top).symbol + (hasZero ? 2 : 1)
    guard symbols <= SymbolCode.maximumSymbols else { return }
    let weighted = logarithms[count] - tally.logarithms + Float(symbols) * Self.weightBits
    let flat = Float(count) * logarithms[symbols] / Float(symbols)
    let bits = Float(tally.rawBits + 40) + min(weighted, flat)
    let isPlain = plan.header.tableBits == 0
    guard bits < plan.bits - (isPlain ? Float(count) * Self.gain : 0) else { return }
    plan.bits = bits
    plan.header.scale = scale
    plan.header.symbols = symbols
    plan.header.hasZero = hasZero
    plan.header.isFlat = flat <= weighted
    let least = 64 - (symbols - 1).leadingZeroBitCount
    let rarest = 64 - (count / max(1, tally.rarest)).leadingZeroBitCount
    let tableBits = plan.header.isFlat ? least + 2 : max(least + 1, rarest + 1)
    plan.header.tableBits = min(SymbolCode.maximumBits, max(SymbolCode.minimumBits, tableBits))
  }

  private struct Tally {
    private let table: UnsafePointer<Float>
    private(set) var logarithms: Float = 0
    private(set) var rawBits = 0
    private(set) var rarest = Int.max

    init(_ table: UnsafePointer<Float>) { self.table = table }

    mutating func add(_ count: Int, rawBits: Int) {
      guard count > 0 else { return }
      logarithms += table[count]
      self.rawBits += count * rawBits
      rarest = min(rarest, count)
    }
  }
}

/// `n * log2(n)`, wrong by less than `0.01 * n`.
func weightedLogarithm(_ number: Int) -> Float {
  guard number > 1 else { return 0 }
  let float = Float(number)
  let mantissa = float.significand
  return float * (Float(float.exponent) + ((-0.333_333_33 * mantissa + 2) * mantissa - 1.666_666_67))
}

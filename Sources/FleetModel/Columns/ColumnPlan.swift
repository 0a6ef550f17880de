/// How a column of integers will be written, and the bits that this is thought to take.
struct ColumnPlan {
  var kind: IntegerColumn.Kind
  var header = IntegerColumn.Header()
  var patches = 0
  var bits: Float = .infinity

  /// Looks at `count` sources, works out their codes, and how these are coded best.
  ///
  /// - Parameters:
  ///   - codes, patched: filled: the codes; the positions of the sources that are to be patched.
  static func make(
    _ kind: IntegerColumn.Kind, _ sources: UnsafePointer<Int64>, count: Int, codes: UnsafeMutablePointer<UInt64>,
    patched: UnsafeMutablePointer<UInt16>, _ scratch: borrowing ColumnScratch
  ) -> ColumnPlan {
    var plan = ColumnPlan(kind: kind)
    let center = kind == .numbers ? sources[count / 2] : 0
    let limit = outlierLimit(sources, count: count, center: center)
    var low = Int64.max
    var high = Int64.min
    for index in 0..<count {
      let source = sources[index]
      if ZigZag.unsigned(source &- center) > limit {
        patched[plan.patches] = UInt16(truncatingIfNeeded: index)
        plan.patches += 1
      } else {
        low = min(low, source)
        high = max(high, source)
      }
    }
    if kind != .signedSteps {
      plan.header.low = low
    } else if low >= 0 || high <= 0 {
      return plan
    }
    plan.header.hasPatches = plan.patches > 0
    plan.fillCodes(sources, count: count, center: center, limit: limit, codes: codes)
    plan.chooseScale(codes, count: count, scratch)
    var patchBits = 0
    for index in 0..<plan.patches { patchBits += 16 + 8 * byteSize(sources[Int(patched[index])]) }
    plan.bits += Float(patchBits)
    return plan
  }

  /// How many bytes hold a signed number.
  static func byteSize(_ number: Int64) -> Int { (65 - (number ^ number >> 63).leadingZeroBitCount + 7) / 8 }

  /// Beyond this zigzag distance from the centre lie few values, and far away.
  private static func outlierLimit(_ sources: UnsafePointer<Int64>, count: Int, center: Int64) -> UInt64 {
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 65) { sizes in
      sizes.initialize(repeating: 0)
      for index in 0..<count {
        sizes[64 &- ZigZag.unsigned(sources[index] &- center).leadingZeroBitCount] &+= 1
      }
      let allowed = min(count / 32 + 1, 200)
      var above = 0
      var size = 64
      var top = -1
      // Down over the sizes, as long as what lies above is little.
      while size > 0, above + Int(sizes[size]) <= allowed {
        if sizes[size] > 0 {
          above += Int(sizes[size])
          top = max(top, size)
        }
        size -= 1
      }
      guard above > 0, top >= size + 4 else { return .max }
      // Those next to the rest stay with it: the gap must be wide.
      var gapEnd = size + 1
      while gapEnd <= top, gapEnd < size + 4 { if sizes[gapEnd] > 0 { size = gapEnd }; gapEnd += 1 }
      guard top >= size + 3 else { return .max }
      return size >= 64 ? .max : (UInt64(1) << UInt64(size)) - 1
    }
  }

  private mutating func fillCodes(
    _ sources: UnsafePointer<Int64>, count: Int, center: Int64, limit: UInt64, codes: UnsafeMutablePointer<UInt64>
  ) {
    let low = header.low
    var common: UInt64 = 0
    var last: UInt64?
    var lead = 0
    for index in 0..<count {
      if patches > 0, ZigZag.unsigned(sources[index] &- center) > limit {
        // Any code will do: that of its neighbour.
        codes[index] = last ?? 0
        if last == nil { lead += 1 }
        continue
      }
      let distance = sources[index] &- low
      if common != 1 { common = Self.commonDivisor(common, distance.magnitude(unsigned: kind != .signedSteps)) }
      let code = kind == .signedSteps ? ZigZag.unsigned(distance) : UInt64(bitPattern: distance)
      codes[index] = code
      last = code
    }
    for index in 0..<lead { codes[index] = codes[lead] }
    guard common > 1, common <= UInt64(Int64.max) else { return }
    header.factor = common
    for index in 0..<count {
      if kind == .signedSteps {
        codes[index] = ZigZag.unsigned(ZigZag.signed(codes[index]) / Int64(common))
      } else {
        codes[index] /= common
      }
    }
  }

  private static func commonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var (large, small) = (first, second)
    while small != 0 { (large, small) = (small, large % small) }
    return large
  }

  /// Tries scales and keeps the one with the fewest bits.
  private mutating func chooseScale(
    _ codes: UnsafePointer<UInt64>, count: Int, _ scratch: borrowing ColumnScratch
  ) {
    let fine = SymbolScale(shift: 0, digits: 5)
    let zero = kind == .signedSteps || header.low <= 0 ? header.zero : UInt64.max
    var zeros = 0
    var most = 0
    var top: UInt64 = 0
    for index in 0..<count {
      let code = codes[index]
      if code == zero { zeros &+= 1 }
      top = max(top, code)
      let symbol = fine.symbol(code).symbol
      scratch.histogram[symbol] &+= 1
      most = max(most, symbol)
    }
    var bins = 0
    for symbol in 0...most where scratch.histogram[symbol] > 0 {
      scratch.bins[bins] = SymbolBin(least: fine.base(symbol).number, count: Int32(scratch.histogram[symbol]))
      scratch.histogram[symbol] = 0
      bins += 1
    }
    let width = 64 - top.leadingZeroBitCount
    bits = Float(count * width + 16)
    header.tableBits = 0
    header.scale = SymbolScale(shift: width, digits: 0)
    guard width > 0 else { return }
    let trial = ScaleTrial(
      bins: UnsafeBufferPointer(start: scratch.bins, count: bins), count: count, top: top, zero: zero, zeros: zeros)
    for scale in Self.candidates(width: width) {
      trial.improve(&self, with: scale)
    }
  }

  private static func candidates(width: Int) -> [SymbolScale] {
    var all: [SymbolScale] = []
    for symbolBits in 1...6 where symbolBits <= max(width, 1) {
      all.append(SymbolScale(shift: width - symbolBits, digits: symbolBits - 1))
    }
    for (digits, octaves) in [(0, 40), (0, 12), (0, 7), (1, 20), (1, 8), (1, 5), (2, 6), (2,12)] where width > digits + 1 {
      all.append(SymbolScale(shift: max(0, width - octaves), digits: digits))
    }
    return all
  }
}

extension Int64 {
  fileprivate func magnitude(unsigned: Bool) -> UInt64 { unsigned ? UInt64(bitPattern: self) : magnitude }
}

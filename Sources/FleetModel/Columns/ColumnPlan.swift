/// How a column of integers will be written, and the bits that this is thought to take.
struct ColumnPlan {
  let kind: IntegerColumn.Kind
  var header = IntegerColumn.Header()
  var patches = 0
  var bits: Float = .infinity
  /// Many sources lie near each other, few far away.
  var isPeaked = false
  /// From the least source to the greatest.
  private(set) var range: UInt64 = 0

  /// Looks at `count` sources, works out their codes, and how these are coded best.
  ///
  /// - Parameters:
  ///   - codes, patched: filled: the codes; the positions of the sources that are to be patched.
  init(
    _ kind: IntegerColumn.Kind, _ sources: UnsafePointer<Int64>, count: Int, codes: UnsafeMutablePointer<UInt64>,
    patched: UnsafeMutablePointer<UInt16>, _ scratch: borrowing ColumnScratch
  ) {
    self.kind = kind
    let center = kind == .numbers ? sources[count / 2] : 0
    let extent = Extent(sources, count: count, center: center)
    let isSigned = kind == .signedSteps
    guard !isSigned || extent.low < 0 && extent.high > 0 else { return }
    range = UInt64(bitPattern: extent.high &- extent.low)
    if !isSigned { header.low = extent.low }
    header.factor = extent.commonDivisor(sources, count: count, isSigned: isSigned)
    let top =
      isSigned
      ? max(ZigZag.unsigned(extent.low / header.signedFactor), ZigZag.unsigned(extent.high / header.signedFactor))
      : range / header.factor
    fill(codes, patched, from: sources, count: count, extent)
    header.hasPatches = patches > 0
    let histogram = CodeHistogram(codes, count: count, top: top, zero: header.zeroCode(isSigned), scratch)
    isPeaked = histogram.isPeaked
    histogram.choose(&self)
    for index in 0..<patches { bits += Float(16 + 8 * Self.byteSize(sources[Int(patched[index])])) }
  }

  /// How many bytes hold a signed number.
  static func byteSize(_ number: Int64) -> Int { (65 - (number ^ number >> 63).leadingZeroBitCount + 7) / 8 }

  private mutating func fill(
    _ codes: UnsafeMutablePointer<UInt64>, _ patched: UnsafeMutablePointer<UInt16>, from sources: UnsafePointer<Int64>,
    count: Int, _ extent: Extent
  ) {
    let low = header.low
    // Pages and floats of 32 bits have powers of two: shifting is much quicker than dividing.
    let shift = UInt64(truncatingIfNeeded: header.factor.trailingZeroBitCount)
    let odd = header.factor &>> shift
    var neighbour = extent.anyInside
    for index in 0..<count {
      var source = sources[index]
      if extent.hasOutliers {
        if extent.isOutlier(source) {
          patched[patches] = UInt16(truncatingIfNeeded: index)
          patches += 1
          // Any code will do: that of its neighbour.
          source = neighbour
        }
        neighbour = source
      }
      if kind == .signedSteps {
        let part = source &>> Int64(bitPattern: shift)
        codes[index] = ZigZag.unsigned(odd > 1 ? part / Int64(bitPattern: odd) : part)
      } else {
        let part = UInt64(bitPattern: source &- low) &>> shift
        codes[index] = odd > 1 ? part / odd : part
      }
    }
  }
}

/// How far the sources of a column reach, but for a few far away from the rest.
private struct Extent {
  private(set) var low = Int64.max
  private(set) var high = Int64.min
  private(set) var hasOutliers = false
  /// A source that is no outlier.
  var anyInside: Int64 { low }
  private let center: Int64
  private var limit = UInt64.max

  init(_ sources: UnsafePointer<Int64>, count: Int, center: Int64) {
    self.center = center
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 65) { sizes in
      sizes.initialize(repeating: 0)
      for index in 0..<count {
        let source = sources[index]
        low = min(low, source)
        high = max(high, source)
        sizes[64 &- ZigZag.unsigned(source &- center).leadingZeroBitCount] &+= 1
      }
      limit = Self.limit(sizes, count: count)
    }
    guard limit < .max else { return }
    hasOutliers = true
    (low, high) = (.max, .min)
    for index in 0..<count where !isOutlier(sources[index]) {
      low = min(low, sources[index])
      high = max(high, sources[index])
    }
  }

  func isOutlier(_ source: Int64) -> Bool { ZigZag.unsigned(source &- center) > limit }

  /// What all sources are multiples of, less the least one unless `isSigned`.
  func commonDivisor(_ sources: UnsafePointer<Int64>, count: Int, isSigned: Bool) -> UInt64 {
    var common: UInt64 = 0
    for index in 0..<count where !(hasOutliers && isOutlier(sources[index])) {
      var rest = isSigned ? sources[index].magnitude : UInt64(bitPattern: sources[index] &- low)
      // Mostly it is a multiple, and mostly of a power of two: that is seen without a division.
      if rest == common || (common & (common &- 1) == 0 && rest & (common &- 1) == 0 && common > 0) { continue }
      while rest != 0 { (common, rest) = (rest, common % rest) }
      if common == 1 { return 1 }
    }
    return common > 0 && common <= UInt64(Int64.max) ? common : 1
  }

  /// The zigzag distance from the centre beyond which there are few sources and a gap of three bits before them.
  private static func limit(_ sizes: UnsafeMutableBufferPointer<UInt16>, count: Int) -> UInt64 {
    let allowed = min(count / 32 + 1, 200)
    var above = 0
    var empty = 0
    var best = 64
    for size in stride(from: 64, to: 0, by: -1) {
      if sizes[size] > 0 {
        if above > 0, empty >= 3 { best = size }
        empty = 0
        above += Int(sizes[size])
        if above > allowed { break }
      } else {
        empty += 1
      }
    }
    // All others may be zero.
    if above <= allowed, above > 0, above < count, empty >= 3 { best = 0 }
    return best == 64 ? .max : (1 << UInt64(best)) - 1
  }
}

extension IntegerColumn.Header {
  fileprivate var signedFactor: Int64 { Int64(bitPattern: factor) }

  /// The code of zero if there is one.
  fileprivate func zeroCode(_ isSigned: Bool) -> UInt64? { isSigned || low <= 0 ? zero : nil }
}

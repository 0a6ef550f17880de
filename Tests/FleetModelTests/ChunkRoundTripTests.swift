import FleetModel
import Testing

/// Random numbers that repeat from their seed (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct ChunkRoundTripTests {
  private static func column(_ count: Int = 240, _ value: (Int) -> Double) -> [Double] { (0..<count).map(value) }

  private static let special: [Double] = [
    0, -0.0, .infinity, -.infinity, .nan, Double(nan: 0x1234, signaling: false), StaleMarker.value,
    .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.leastNormalMagnitude, 1, StaleMarker.value, 2, -0.0, 3, 0.1,
  ]

  /// At rest, counters, resets, large and small, decimals, doubles, special values.
  static let values: [[Double]] = [
    column { _ in 7 },
    column { _ in 0 },
    column { Double($0 * 3 + $0 % 7) },
    column { $0 < 100 ? Double($0 * 100) : Double(($0 - 100) * 5) },
    column { Double(1000 - $0 * 9) },
    column { $0 % 2 == 0 ? 1e15 : -1e15 },
    column { 9_007_199_254_740_992 - Double($0 % 3) },
    column { $0 % 2 == 0 ? 9_007_199_254_740_992 : -9_007_199_254_740_992 },
    column { Double(sign: .plus, exponent: 53 + $0 % 20, significand: 1.25) },
    column { Double(($0 * 7919) % 5000) / 100 },
    column { $0 < 8 ? Double($0) : Double($0 * 13) / 1000 },
    column { 1 / Double($0 * 3 + 7) },
    special,
    [StaleMarker.value, 1, 2, 3, .nan],
    [-0.0, 0, -0.0],
    column(50) { Double($0) } + [StaleMarker.value],
    column(52) { Double(sign: $0 % 3 == 0 ? .minus : .plus, exponent: $0, significand: 1) },
    column { $0 % 40 == 39 ? 0.1 + Double($0) / 3 : Double($0) },
  ]

  /// Regular, with jitter, the least, all sizes.
  static let distances: [[Int64]] = [
    [1000], [1000, 998, 1003, 1001], [1],
    [1, 33, 31, 4095, 4097, 524_287, 524_289, 2_147_483_647, 1, 2_147_483_647, 15_000],
  ]

  @Test(arguments: values.indices, distances.indices)
  func everyBitComesBack(_ values: Int, _ distances: Int) throws {
    let values = Self.values[values]
    let distances = Self.distances[distances]
    var time: Int64 = -5_000
    var times: [Int64] = []
    for index in values.indices {
      times.append(time)
      time += distances[index % distances.count]
    }
    try roundTrip(times, values)
  }

  @Test(arguments: 0..<200)
  func anySequenceComesBack(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let kind = Int.random(in: 0..<6, using: &random)
    var value = Double(Int.random(in: -1000...1000, using: &random))
    var time = Int64.random(in: -1_000_000_000_000...2_000_000_000_000, using: &random)
    var times: [Int64] = []
    var values: [Double] = []
    for _ in 0..<Int.random(in: 1...600, using: &random) {
      times.append(time)
      values.append(value)
      time += Int64.random(in: 1...(1 << Int64.random(in: 0...33, using: &random)), using: &random)
      switch kind {
      case 0: value += Double(Int.random(in: 0...(1 << Int.random(in: 0...30, using: &random)), using: &random))
      case 1: value = Double(Int.random(in: -5_000...5_000, using: &random)) / 100
      case 2: value = Double(bitPattern: random.next())
      case 3: value += Double.random(in: -1...1, using: &random)
      case 4: value = [0, 1, .nan, StaleMarker.value, -0.0, 0.5, .infinity].randomElement(using: &random) ?? 0
      default: if Int.random(in: 0..<10, using: &random) == 0 { value = Double(Int.random(in: 0...9, using: &random)) }
      }
    }
    try roundTrip(times, values)
  }

  @Test func extremeTimesStartAnotherChunk() {
    var builder = ChunkBuilder(startingWith: 1)
    #expect(builder.append(1, at: .min) == .appended)
    #expect(builder.append(1, at: .max) == .chunkFull)
    #expect(builder.append(1, at: .min) == .chunkFull)
    #expect(builder.append(1, at: .min + 1) == .appended)
  }

  @Test func aFullChunkRefuses() {
    var builder = ChunkBuilder(startingWith: 1)
    for index in 0..<ChunkCodec.maximumSamples { #expect(builder.append(1, at: Int64(index)) == .appended) }
    #expect(builder.append(1, at: 1_000_000) == .chunkFull)
  }

  @Test(arguments: [
    (1.0, 0), (-3, 0), (0.5, 1), (99.99, 2), (0.001234, 6), (1e-9, 9), (9_007_199_254_740_992, 0),
  ])
  func decimalsAreScaled(_ value: Double, _ exponent: Int) {
    #expect(ChunkCodec.fitting(value) == .scaled(exponent: exponent))
  }

  @Test(arguments: [0.1 + 0.2, -0.0, .nan, .infinity, 1e-10, 1e300, StaleMarker.value])
  func othersAreNot(_ value: Double) { #expect(ChunkCodec.fitting(value) == .xor) }

  @Test func aValueAtRestTakesTwoBits() { expect(Self.column { _ in 5 }, bits: 2.8) }

  @Test func aCounterOfSmallStepsTakesFewBits() { expect(Self.column { Double($0 * 2) }, bits: 5) }

  @Test func aPercentageTakesNoMoreThanItsDigits() {
    expect(Self.column { Double(($0 * 7919) % 10_000) / 100 }, bits: 17)
  }

  private func expect(_ values: [Double], bits: Double) {
    var builder = ChunkBuilder(codec: values.withUnsafeBufferPointer { ChunkCodec.fitting($0) })
    for (index, value) in values.enumerated() { #expect(builder.append(value, at: Int64(index) * 1000) == .appended) }
    #expect(Double(builder.finish().bytes.count * 8) / Double(values.count) <= bits)
  }

  /// Cuts the samples into chunks as a store does and reads them back.
  private func roundTrip(_ times: [Int64], _ values: [Double]) throws {
    var chunks: [EncodedChunk] = []
    var start = 0
    var index = 0
    var builder = ChunkBuilder(startingWith: values[0])
    while index < values.count {
      switch builder.append(values[index], at: times[index]) {
      case .appended: index += 1
      case .chunkFull:
        chunks.append(builder.finish())
        start = index
        builder = ChunkBuilder(startingWith: values[index])
      case .otherCodec:
        builder = ChunkBuilder(codec: values[start...index].withUnsafeBufferPointer { ChunkCodec.fitting($0) })
        index = start
      }
    }
    chunks.append(builder.finish())
    var position = 0
    for chunk in chunks {
      let reread = try EncodedChunk(serialized: chunk.serialized)
      #expect(reread == chunk)
      let columns = try reread.decoded()
      for index in 0..<columns.count {
        guard columns.timestamps[index] == times[position],
          columns.values[index].bitPattern == values[position].bitPattern
        else {
          Issue.record("sample \(position): \(columns.values[index]) for \(values[position]), codec \(chunk.codec)")
          return
        }
        position += 1
      }
    }
    #expect(position == values.count)
  }
}

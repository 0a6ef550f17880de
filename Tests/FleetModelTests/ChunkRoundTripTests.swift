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
  static let values: [(name: String, values: [Double])] = [
    ("at rest", Array(repeating: 7, count: 240)),
    ("zeros", Array(repeating: 0, count: 240)),
    ("counter", (0..<240).map { Double($0 * 3 + $0 % 7) }),
    ("falling once", (0..<240).map { $0 < 100 ? Double($0 * 100) : Double(($0 - 100) * 5) }),
    ("falling always", (0..<240).map { Double(1000 - $0 * 9) }),
    ("alternating", (0..<240).map { $0 % 2 == 0 ? 1e15 : -1e15 }),
    ("largest integers", (0..<240).map { 9_007_199_254_740_992 - Double($0 % 3) * ($0 % 2 == 0 ? 1 : -1) }),
    ("beyond 2^53", (0..<240).map { Double(sign: .plus, exponent: 53 + $0 % 20, significand: 1.25) }),
    ("decimals", (0..<240).map { Double(($0 * 7919) % 5000) / 100 }),
    ("more digits as they come", (0..<240).map { $0 < 8 ? Double($0) : Double($0 * 13) / 1000 }),
    ("doubles", (1...240).map { Double($0).squareRoot() }),
    (
      "special", [
        0, -0.0, .infinity, -.infinity, .nan, Double(nan: 0x1234, signaling: false), StaleMarker.value,
        .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.leastNormalMagnitude, 1, StaleMarker.value, 2, -0.0, 3, 0.1,
      ]
    ),
    ("special first", [StaleMarker.value, 1, 2, 3, .nan]),
    ("negative zero first", [-0.0, 0, -0.0]),
    ("a counter that ends", (0..<50).map { Double($0) } + [StaleMarker.value]),
    ("steps of all sizes", (0..<52).map { Double(sign: $0 % 3 == 0 ? .minus : .plus, exponent: $0, significand: 1) }),
    ("odd ones out", (0..<240).map { $0 % 40 == 39 ? 0.1 + Double($0) / 3 : Double($0) }),
  ]

  static let distances: [(name: String, distances: [Int64])] = [
    ("regular", [1000]), ("jitter", [1000, 998, 1003, 1001]), ("one", [1]),
    ("all sizes", [1, 33, 31, 4095, 4097, 524_287, 524_289, 2_147_483_647, 1, 2_147_483_647, 15_000]),
  ]

  @Test(arguments: values.indices, distances.indices)
  func everyBitComesBack(_ values: Int, _ distances: Int) throws {
    let values = Self.values[values].values
    let distances = Self.distances[distances].distances
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

  @Test(arguments: [
    ("a value at rest", 2.2, { (_: Int) in 5.0 }), ("a counter of small steps", 4.5, { Double($0 * 2) }),
    ("a percentage", 16, { Double(($0 &* 7919) % 10_000) / 100 }),
  ] as [(String, Double, @Sendable (Int) -> Double)])
  func bitsASample(_ name: String, _ most: Double, _ value: @Sendable (Int) -> Double) {
    var builder = ChunkBuilder(startingWith: value(7))
    for index in 0..<240 { #expect(builder.append(value(index + 7), at: Int64(index) * 1000) == .appended) }
    let chunk = builder.finish()
    #expect(Double(chunk.bytes.count * 8) / 240 <= most + 0.6, "\(name)")
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

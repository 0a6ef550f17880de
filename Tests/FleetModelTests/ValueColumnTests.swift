import FleetModel
import Testing

@Suite struct ValueColumnTests {
  private static func column(_ count: Int = 480, _ value: (Int) -> Double) -> [Double] { (0..<count).map(value) }

  /// What the forms of a column turn on: outliers, factors, many zeros, two sizes, all widths.
  static let corners: [[Double]] =
    ChunkRoundTripTests.values + [
      column(1) { _ in 1e300 },
      column(2) { Double($0) * 1e12 },
      column { $0 == 300 ? 0 : 1_700_000_000 + Double($0) * 15 },
      column { $0 % 100 == 99 ? -1e15 : Double($0 % 3) },
      column { $0 % 100 == 99 ? .nan : Double($0) * 15 },
      column(1024) { _ in .nan },
      column(1024) { $0 % 2 == 0 ? .nan : StaleMarker.value },
      column(1024) { $0 % 2 == 0 ? Double($0) : .nan },
      column(1024) { $0 < 1000 ? .nan : Double($0) },
      column { Double(($0 * 7919 % 401) * 4096) },
      column { Double(Float(1) / Float($0 + 3)) },
      column { $0 % 3 == 0 ? 0 : 1 / Double($0) },
      column { ($0 % 2 == 0 ? 1 : -1) * Double(sign: .plus, exponent: $0 % 60, significand: 1) },
      column { 1e18 + Double($0) * 1024 },
      column { Double($0 % 64) },
      column { Double($0 % 65) },
      column { Double($0 % 2) * .greatestFiniteMagnitude },
      column { Double(bitPattern: UInt64($0) &* 0x9E37_79B9_7F4A_7C15) },
      column { Double(bitPattern: UInt64($0 % 7)) },
      column { $0 % 10 == 0 ? Double($0 * $0) * 1e3 : 0 },
    ]

  @Test(arguments: corners.indices)
  func everyBitComesBack(_ index: Int) throws {
    let values = Self.corners[index]
    for length in [1, 2, 3, 7, 100, values.count] where length <= values.count {
      try Columns.roundTrip(Array(values.prefix(length)))
      try Columns.roundTrip(Array(values.suffix(length)))
    }
  }

  @Test(arguments: 0..<400)
  func anySequenceComesBack(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    try Columns.roundTrip(Columns.any(&random))
  }

  @Test func anEncoderForgetsTheColumnBefore() {
    var random = SplitMix(state: 3)
    let encoder = ColumnEncoder()
    for _ in 0..<200 {
      let values = Columns.any(&random)
      var bytes: [UInt8] = []
      values.withUnsafeBufferPointer { encoder.encode($0, into: &bytes) }
      #expect(bytes == Columns.encoded(values))
    }
  }

  @Test func itAppends() {
    var bytes: [UInt8] = [1, 2, 3]
    [4.0, 5, 7].withUnsafeBufferPointer { ValueColumn.encode($0, into: &bytes) }
    #expect(Array(bytes.prefix(3)) == [1, 2, 3])
    #expect(Array(bytes.dropFirst(3)) == Columns.encoded([4, 5, 7]))
  }

  /// 480 values and the bits that each may take.
  static let sizes: [(values: [Double], bits: Double)] = [
    (column { _ in 7 }, 0.1),
    (column { 1_700_000_000 + Double($0) * 15 }, 0.2),
    (column { $0 == 479 ? StaleMarker.value : 7 }, 0.2),
    (column { $0 == 200 ? .nan : 1e9 + Double($0) * 15 }, 0.6),
    (column { $0 % 60 == 0 ? Double($0) : Double($0 / 60 * 60) }, 0.5),
    (column { $0 < 240 ? Double($0 * 3) : Double(($0 - 240) * 3) }, 0.4),
    (column { Double($0 * 7919 % 5) }, 2.7),
    (column { Double($0 * 7919 % 10_000) / 100 }, 13.7),
    (column { Double($0 * 7919 % 401) * 4096 }, 9.2),
    (column { Double(Float($0 * 7919 % 4001) / 3) }, 26),
  ]

  @Test(arguments: sizes.indices)
  func itTakesNoMoreThanWhatIsNew(_ index: Int) {
    let (values, bits) = Self.sizes[index]
    let taken = Double(Columns.encoded(values).count * 8) / Double(values.count)
    #expect(taken <= bits)
  }

  @Test func nothingTakesMoreThanItself() {
    var random = SplitMix(state: 1)
    let values = (0..<1024).map { _ in Double(bitPattern: random.next()) }
    #expect(Columns.encoded(values).count <= 8 * 1024 + 24)
  }
}

/// Bytes that are no column: an error or some values, never a crash or a read beyond the end.
@Suite struct ValueColumnCorruptionTests {
  @Test func unknownFormsAreNamed() {
    #expect(throws: ChunkError.unknownCodec(11)) { try Columns.decoded([11, 1, 0, 0], count: 2) }
    #expect(throws: ChunkError.truncated(atSample: 0)) { try Columns.decoded([], count: 1) }
  }

  @Test func noValuesNeedNoBytes() throws { #expect(try Columns.decoded([], count: 0) == []) }

  @Test(arguments: ValueColumnTests.corners.indices)
  func aCutColumnIsNoOther(_ index: Int) {
    let values = ValueColumnTests.corners[index]
    let whole = Columns.encoded(values)
    for length in 0..<min(whole.count, 200) {
      #expect(throws: ChunkError.self) { try Columns.decoded(Array(whole.prefix(length)), count: values.count) }
    }
    #expect(throws: ChunkError.self) { try Columns.decoded(Array(whole.dropLast()), count: values.count) }
  }

  @Test(arguments: 0..<30)
  func randomBytesAreSafe(_ seed: Int) {
    var random = SplitMix(state: UInt64(seed) &* 977)
    for _ in 0..<1000 {
      let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
        [0, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
      _ = try? Columns.decoded(bytes, count: Int.random(in: 0...ValueColumn.maximumCount, using: &random))
    }
  }

  @Test(arguments: 0..<40)
  func flippedBitsAreSafe(_ seed: Int) {
    var random = SplitMix(state: UInt64(seed) &* 31 &+ 5)
    let values = Columns.any(&random)
    let whole = Columns.encoded(values)
    for _ in 0..<200 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        // The header is where it matters most.
        let last = Bool.random(using: &random) ? min(24, bytes.count) : bytes.count
        bytes[Int.random(in: 0..<last, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
      _ = try? Columns.decoded(bytes, count: values.count)
    }
  }
}

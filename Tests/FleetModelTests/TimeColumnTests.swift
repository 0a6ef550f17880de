import FleetModel
import Testing

@Suite struct TimeColumnTests {
  private static func encoded(_ times: [Int64]) -> [UInt8] {
    var bytes: [UInt8] = []
    times.withUnsafeBufferPointer { TimeColumn.encode($0, into: &bytes) }
    return bytes
  }

  private static func decoded(_ bytes: [UInt8], count: Int) throws -> [Int64] {
    var times = [Int64](repeating: 0, count: count)
    try bytes.withUnsafeBytes { bytes in
      try times.withUnsafeMutableBufferPointer { times in
        guard let base = times.baseAddress else { return }
        try TimeColumn.decode(bytes, count: count, into: base)
      }
    }
    return times
  }

  private static func roundTrip(_ times: [Int64]) throws {
    #expect(try decoded(encoded(times), count: times.count) == times)
  }

  static let corners: [[Int64]] = [
    [0], [.min], [.max], [.min, .max], [.min, 0, .max], [.min, .min + 1, .max - 1, .max], [-5, -4, -3],
    (0..<1024).map { Int64($0) * Int64($0) * 1_000_000_000_000 },
  ]

  @Test(arguments: corners.indices)
  func cornersComeBack(_ index: Int) throws { try Self.roundTrip(Self.corners[index]) }

  @Test(arguments: 0..<200)
  func anyTimesComeBack(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed) &+ 77)
    let most = Int64(1) << Int64.random(in: 0...45, using: &random)
    let jitter = Int64.random(in: 0...20, using: &random)
    var time = Int64.random(in: -1_000_000_000_000...2_000_000_000_000, using: &random)
    var times: [Int64] = []
    for _ in 0..<Int.random(in: 1...1024, using: &random) {
      times.append(time)
      if seed % 3 == 0 {
        time += Int64.random(in: 1...most, using: &random)
      } else {
        time += 100 + Int64.random(in: -jitter...jitter, using: &random)
        if seed % 3 == 1, Int.random(in: 0..<100, using: &random) == 0 { time += most }
      }
    }
    try Self.roundTrip(times)
  }

  /// (count, distance, jitter, gaps, bytes allowed)
  @Test(arguments: [(480, 15_000, 0, 0, 12), (960, 1_000, 0, 0, 12), (480, 15_000, 3, 0, 200), (480, 15_000, 0, 3, 60)])
  func regularTimesTakeLittle(_ count: Int, _ distance: Int, _ jitter: Int, _ gaps: Int, _ allowed: Int) throws {
    var random = SplitMix(state: 5)
    var gap = 0
    let times = (0..<count).map { index in
      if gaps > 0, index % (count / gaps) == 50 { gap += 61_000 }
      return Int64(1_700_000_000_000 + index * distance + gap + Int.random(in: 0...jitter, using: &random))
    }
    try Self.roundTrip(times)
    #expect(Self.encoded(times).count <= allowed)
  }

  @Test func timesThatDoNotRiseAreRefused() {
    // A constant column with a distance of zero.
    #expect(throws: ChunkError.corrupt(atSample: 1, "its time is not after the one before")) {
      try Self.decoded([0, 0, 10], count: 2)
    }
  }

  @Test(arguments: 0..<20)
  func bytesOfAnyContentAreSafe(_ seed: Int) {
    var random = SplitMix(state: UInt64(seed) &* 977)
    for _ in 0..<500 {
      var bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      if !bytes.isEmpty { bytes[0] &= 0xe0 }
      let count = Int.random(in: 0...300, using: &random)
      guard let times = try? Self.decoded(bytes, count: count) else { continue }
      for (earlier, later) in zip(times, times.dropFirst()) { #expect(earlier < later) }
    }
  }
}

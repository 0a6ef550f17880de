import Glibc

/// The values of one agent of the side-by-side benchmark's load (200 series), from the same generator with the same seeds.
/// A step is one collection.
struct LoadModel {
  private static let shares = [0.02, 0.05, 0.10, 0.18, 0.22, 0.18, 0.10, 0.07, 0.04, 0.02, 0.015, 0.005]

  private(set) var values = [Double](repeating: 0, count: 200)
  private var state: UInt64
  private var means = [Double](repeating: 0, count: 90)
  private var observed = [[Double]](repeating: [Double](repeating: 0, count: 12), count: 6)
  private var sums = [Double](repeating: 0, count: 6)

  init(agent: Int) {
    state = UInt64(agent + 1) &* 0x9E37_79B9_7F4A_7C15 | 1
    for index in 0..<90 {
      means[index] = exp(random() * 7 - 4)
      if index < 60, index % 2 == 1 { means[index] *= 0.05 }
      values[index] = (random() * 1e5).rounded(.down)
    }
    for index in 60..<72 { means[index] *= 100 }
    for index in 174..<186 { values[index] = (random() * 20).rounded(.down) }
    values.replaceSubrange(191..<200, with: [3e8, 1e8, 20, 40, 1, 100, 1.7e9 + Double(agent), 1.7e9, 1])
  }

  mutating func step() {
    for (index, mean) in means.enumerated() { values[index] += count(mean * 2 * random()) }
    for operation in 0..<6 { stepHistogram(operation) }
    for index in 174..<186 { values[index] = max(0, values[index] + Double(bits() % 5) - 2) }
    for index in 186..<191 {
      values[index] = ((0.001 + 0.004 * Double(index - 185) * random()) * 1e6).rounded() / 1e6
    }
    values[191] = max(1e8, values[191] + 4096 * (Double(bits() % 401) - 200))
    values[192] = max(5e7, values[192] + Double(bits() % 2_000_001) - 1_000_000)
    values[193] = 20 + Double(bits() % 4)
    values[194] = 40 + Double(bits() % 9)
    values[195] = (100 * (0.8 * values[195] + 0.4 * random())).rounded() / 100
    values[196] = ((values[196] + 0.3 * random()) * 100).rounded() / 100
    values[198] += 1
  }

  private mutating func stepHistogram(_ operation: Int) {
    let first = 90 + 14 * operation
    let requests = 3 * random() * Double(operation + 1)
    var total = 0.0
    for bucket in 0..<12 {
      let added = count(requests * Self.shares[bucket])
      observed[operation][bucket] += added
      total += observed[operation][bucket]
      values[first + bucket] = total
      sums[operation] += added * 0.01 * Double(bucket + 1) * (1 + random())
    }
    values[first + 12] = sums[operation]
    values[first + 13] = total
  }

  private mutating func count(_ expected: Double) -> Double {
    let whole = expected.rounded(.down)
    return random() < expected - whole ? whole + 1 : whole
  }

  private mutating func bits() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  private mutating func random() -> Double { Double(bits() >> 11) / Double(1 << 53) }
}

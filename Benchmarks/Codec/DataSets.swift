import FleetModel
import Glibc

/// Columns of one kind.
struct DataSet {
  let name: String
  let columns: [[Double]]
}

/// The load model whole and by its kinds of series, then what else agents report.
func dataSets(agents: Int, count: Int) -> [DataSet] {
  var load: [[Double]] = []
  for agent in 0..<agents {
    var model = LoadModel(agent: agent)
    var columns = [[Double]](repeating: [], count: 200)
    for _ in 0..<count {
      model.step()
      for index in 0..<200 { columns[index].append(model.values[index]) }
    }
    load += columns
  }
  func part(_ name: String, _ belongs: (Int) -> Bool) -> DataSet {
    DataSet(name: name, columns: load.indices.filter { belongs($0 % 200) }.map { load[$0] })
  }
  func isSum(_ index: Int) -> Bool { (90..<174).contains(index) && (index - 90) % 14 == 12 }
  return [
    DataSet(name: "load model, all", columns: load),
    part("  counters of requests") { $0 < 60 },
    part("  counters of tokens") { (60..<72).contains($0) },
    part("  counters of errors") { (72..<90).contains($0) },
    part("  histogram buckets") { (90..<174).contains($0) && !isSum($0) },
    part("  sums of doubles", isSum),
    part("  gauges") { (174..<197).contains($0) },
    part("  constants") { $0 >= 197 },
  ] + others(columns: agents * 4, count: count)
}

private func others(columns: Int, count: Int) -> [DataSet] {
  var random = SystemLikeRandom(state: 42)
  func make(_ name: String, _ start: Double, _ next: (inout SystemLikeRandom, Double, Int) -> Double) -> DataSet {
    DataSet(
      name: name,
      columns: (0..<columns).map { _ in
        var value = start
        return (0..<count).map { index in
          value = next(&random, value, index)
          return value
        }
      })
  }
  return [
    make("counter that rarely moves", 100) { random, value, _ in value + (random.unit() < 0.01 ? 1 : 0) },
    make("bytes sent, log-normal steps", 1e9) { random, value, _ in value + exp(7 + 2 * random.normal()).rounded() },
    make("memory in pages, often at rest", 3e8) { random, value, _ in
      random.unit() < 0.7 ? value : value + 4096 * (30 * random.normal()).rounded()
    },
    make("temperature, tenths", 40) { random, value, _ in ((value + 0.2 * random.normal()) * 10).rounded() / 10 },
    make("share of CPU, a quotient", 0) { random, _, _ in (random.unit() * 1500).rounded() / 1499.7 },
    make("seconds since the epoch, ms jitter", 0) { random, _, index in
      ((1.7e9 + 15 * Double(index)) * 1000 + (3 * random.normal()).rounded()) / 1000
    },
    make("gauge with NaN in between", 5) { random, _, _ in random.unit() < 0.1 ? .nan : (random.unit() * 50).rounded()
    },
    make("counter, stale at the end", 1e5) { random, value, index in
      index == count - 1 ? StaleMarker.value : value + (random.unit() * 10).rounded()
    },
    make("32-bit floats", 0) { random, _, _ in Double(Float(random.normal())) },
    make("random doubles in 0..<1", 0) { random, _, _ in random.unit() },
    make("random bits", 0) { random, _, _ in Double(bitPattern: random.next()) },
  ]
}

/// SplitMix64, with what the data sets need of it.
struct SystemLikeRandom {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

  mutating func normal() -> Double { sqrt(-2 * log(1 - unit())) * cos(2 * .pi * unit()) }
}

import FleetModel

/// Counts, over many series that each come once, what has many values and what has many series. Memory is bounded: beyond
/// the bounds the counts of what is rare become too low, and numbers of values estimates.
struct Cardinality {
  private static let namesAtMost = 4096

  private struct Values {
    var distinct = DistinctCount()
    var bytes = 0
  }

  private var values: [[UInt8]: Values] = [:]
  private var metrics = FrequentCount()
  private var pairs = FrequentCount()
  private(set) var series = 0

  mutating func add(encodedLabels: [UInt8]) {
    series += 1
    encodedLabels.withUnsafeBytes { bytes in
      var cursor = LabelCursor(bytes)
      while let label = cursor.next() {
        let name = Array(bytes[label.name])
        let value = Array(bytes[label.value])
        pairs.add(Array(bytes[label.whole]))
        if name.elementsEqual(LabelSet.metricName.utf8) { metrics.add(value) }
        if values[name] != nil || values.count < Self.namesAtMost {
          values[name, default: Values()].distinct.add(value)
          values[name]?.bytes += value.count
        }
      }
    }
  }

  /// Label names by their number of values, most first.
  func labels(_ limit: Int) -> [StoreStatistics.Cardinality] {
    Self.top(values.map { (String(decoding: $0.key, as: UTF8.self), $0.value.distinct.estimate) }, limit)
  }

  /// Values of all labels together.
  var labelPairs: Int { values.values.reduce(0) { $0 + $1.distinct.estimate } }

  /// Label names by the bytes of their values over all series, most first.
  func bytes(_ limit: Int) -> [StoreStatistics.Cardinality] {
    Self.top(values.map { (String(decoding: $0.key, as: UTF8.self), $0.value.bytes) }, limit)
  }

  /// Metric names by their number of series, most first.
  func metrics(_ limit: Int) -> [StoreStatistics.Cardinality] {
    Self.top(metrics.most(limit).map { (String(decoding: $0.key, as: UTF8.self), $0.count) }, limit)
  }

  /// `name="value"` pairs by their number of series, most first.
  func pairs(_ limit: Int) -> [StoreStatistics.Cardinality] {
    Self.top(
      pairs.most(limit).map { pair in
        let labels = LabelSet(canonicalEncoding: pair.key)
        return (labels.map { "\($0.name)=\"\($0.value)\"" }.joined(), pair.count)
      }, limit)
  }

  private static func top(_ counts: [(name: String, count: Int)], _ limit: Int) -> [StoreStatistics.Cardinality] {
    counts.sorted { ($0.count, $1.name) > ($1.count, $0.name) }.prefix(max(0, limit))
      .map { StoreStatistics.Cardinality(name: $0.name, count: $0.count) }
  }
}

/// How often each of many keys came. When there are too many, the rarer half is forgotten.
struct FrequentCount {
  private let limit: Int
  private var counts: [[UInt8]: Int] = [:]

  init(limit: Int = 1 << 18) { self.limit = limit }

  mutating func add(_ key: [UInt8]) {
    counts[key, default: 0] += 1
    guard counts.count > limit else { return }
    let median = counts.values.sorted()[limit / 2]
    counts = counts.filter { $0.value > median }
  }

  /// Those that came most often, by key where equally often.
  func most(_ limit: Int) -> [(key: [UInt8], count: Int)] {
    counts.map { ($0.key, $0.value) }
      .sorted { one, other in
        one.1 != other.1 ? one.1 > other.1 : one.0.lexicographicallyPrecedes(other.0)
      }
      .prefix(max(0, limit)).map { ($0.0, $0.1) }
  }
}

/// How many different keys there are: counted up to a bound, then estimated within about 2 % (HyperLogLog; P. Flajolet et
/// al., AofA 2007).
struct DistinctCount {
  private static let countedAtMost = 1 << 14
  private static let registerBits = 12

  private var hashes: Set<UInt64> = []
  private var registers: [UInt8] = []

  mutating func add(_ key: [UInt8]) {
    var hasher = Hasher()
    key.withUnsafeBytes { hasher.combine(bytes: $0) }
    let hash = UInt64(bitPattern: Int64(hasher.finalize()))
    guard registers.isEmpty else { return note(hash) }
    hashes.insert(hash)
    guard hashes.count > Self.countedAtMost else { return }
    registers = [UInt8](repeating: 0, count: 1 << Self.registerBits)
    for hash in hashes { note(hash) }
    hashes = []
  }

  private mutating func note(_ hash: UInt64) {
    let register = Int(hash >> UInt64(64 - Self.registerBits))
    let rank = min((hash << UInt64(Self.registerBits)).leadingZeroBitCount, 64 - Self.registerBits) + 1
    registers[register] = max(registers[register], UInt8(truncatingIfNeeded: rank))
  }

  var estimate: Int {
    guard !registers.isEmpty else { return hashes.count }
    let m = Double(registers.count)
    var sum = 0.0
    for rank in registers { sum += 1 / Double(1 << UInt64(rank)) }
    return Int((0.7213 / (1 + 1.079 / m) * m * m / sum).rounded())
  }
}

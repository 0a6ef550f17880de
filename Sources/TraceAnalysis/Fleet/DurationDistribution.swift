/// Durations, counted so that quantiles can be asked: exact up to ``exactLimit`` of them, in buckets beyond.
///
/// A bucket holds the durations that agree in their highest seven binary digits, so that a quantile is at most 0.8 % off
/// (half a bucket's width, 1/128). What is known of many durations does not depend on the order in which they came, takes at most
/// 15 kB, and two distributions merge into that of both.
public struct DurationDistribution: Sendable, Hashable {
  public static let exactLimit = 500

  public private(set) var count = 0
  /// Nanoseconds; zero while nothing was added.
  public private(set) var minimum: Int64 = 0
  /// Nanoseconds; zero while nothing was added.
  public private(set) var maximum: Int64 = 0
  private var sum: Int128 = 0
  /// In the order of their arrival; empty once there are buckets.
  private var exact: [Int64] = []
  /// The first of them has the number `firstBucket`.
  private var buckets: [UInt32] = []
  private var firstBucket = 0

  public init() {}

  /// - Parameter duration: nanoseconds; below zero counts as zero.
  public mutating func add(_ duration: Int64) {
    let duration = max(duration, 0)
    minimum = count == 0 ? duration : min(minimum, duration)
    maximum = max(maximum, duration)
    count += 1
    sum += Int128(duration)
    if buckets.isEmpty, exact.count < Self.exactLimit {
      exact.append(duration)
    } else {
      spill()
      add(1, toBucket: Self.bucket(of: duration))
    }
  }

  public mutating func merge(_ other: DurationDistribution) {
    guard other.count > 0 else { return }
    minimum = count == 0 ? other.minimum : min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    count += other.count
    sum += other.sum
    if buckets.isEmpty, other.buckets.isEmpty, exact.count + other.exact.count <= Self.exactLimit {
      exact += other.exact
      return
    }
    spill()
    for duration in other.exact { add(1, toBucket: Self.bucket(of: duration)) }
    for (offset, count) in other.buckets.enumerated() where count > 0 {
      add(count, toBucket: other.firstBucket + offset)
    }
  }

  /// Nanoseconds; `nil` while nothing was added.
  public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

  /// The smallest duration that at least the share `quantile` of all does not exceed, in nanoseconds; `nil` while nothing was
  /// added. Sorts up to ``exactLimit`` durations or reads all buckets.
  public func quantile(_ quantile: Double) -> Int64? {
    guard count > 0 else { return nil }
    let rank = Int((min(max(quantile, 0), 1) * Double(count)).rounded(.up))
    var seen = 0
    for (value, count) in ascending(inBuckets: false) {
      seen += count
      if seen >= rank { return min(max(value, minimum), maximum) }
    }
    return maximum
  }

  /// The durations and how many there are of each, ascending.
  ///
  /// - Parameter inBuckets: as the middles of buckets even where they are known exactly, so that they compare with another
  ///   distribution's that are not.
  func ascending(inBuckets: Bool) -> [(value: Int64, count: Int)] {
    if isExact, !inBuckets { return exact.sorted().map { ($0, 1) } }
    var copy = self
    copy.spill()
    return copy.buckets.enumerated().compactMap { offset, count in
      count > 0 ? (Self.middle(of: copy.firstBucket + offset), Int(count)) : nil
    }
  }

  /// Whether every duration is known to the nanosecond.
  var isExact: Bool { buckets.isEmpty }

  private mutating func spill() {
    let spilled = exact
    exact = []
    for duration in spilled { add(1, toBucket: Self.bucket(of: duration)) }
  }

  private mutating func add(_ count: UInt32, toBucket bucket: Int) {
    if buckets.isEmpty { firstBucket = bucket }
    if bucket < firstBucket {
      buckets.insert(contentsOf: repeatElement(0, count: firstBucket - bucket), at: 0)
      firstBucket = bucket
    }
    let offset = bucket - firstBucket
    if offset >= buckets.count { buckets += repeatElement(0, count: offset - buckets.count + 1) }
    let (total, isTooMany) = buckets[offset].addingReportingOverflow(count)
    buckets[offset] = isTooMany ? .max : total
  }

  /// Below 128 each duration has a bucket; then 64 buckets share each doubling.
  static func bucket(of duration: Int64) -> Int {
    guard duration >= 128 else { return Int(duration) }
    let shift = 63 - duration.leadingZeroBitCount - 6
    return shift * 64 + Int(duration >> Int64(shift))
  }

  static func middle(of bucket: Int) -> Int64 {
    guard bucket >= 128 else { return Int64(bucket) }
    let shift = bucket / 64 - 1
    let width = Int64(1) << Int64(shift)
    return Int64(bucket % 64 + 64) << Int64(shift) + (width - 1) / 2
  }

  public static func == (left: DurationDistribution, right: DurationDistribution) -> Bool {
    left.count == right.count && left.sum == right.sum && left.minimum == right.minimum
      && left.maximum == right.maximum
      && left.ascending(inBuckets: false).elementsEqual(right.ascending(inBuckets: false), by: ==)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    hasher.combine(sum)
  }
}

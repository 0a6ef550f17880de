import AllocationCount
import Glibc

/// CPU time of the process and its allocations. On a shared machine only ratios of times mean something; allocations repeat.
public struct Cost {
  public private(set) var nanoseconds = 0.0
  public private(set) var allocations = 0.0

  public init() {}

  /// All that the process has cost so far.
  public static func now() -> Cost {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    var cost = Cost()
    cost.nanoseconds = Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    cost.allocations = Double(skep_allocation_count())
    return cost
  }

  /// What `body` costs.
  public static func of(_ body: () throws -> Void) rethrows -> Cost {
    let begin = now()
    try body()
    return now() - begin
  }

  /// What one run of `body` costs, from as many runs as a tenth of a second has time for.
  public static func ofOne(_ body: () throws -> Void) rethrows -> Cost {
    let begin = now()
    var runs = 0.0
    var cost = Cost()
    while cost.nanoseconds < 1e8 {
      try body()
      runs += 1
      cost = now() - begin
    }
    return cost / runs
  }

  public static func - (left: Cost, right: Cost) -> Cost {
    var cost = left
    cost.nanoseconds -= right.nanoseconds
    cost.allocations -= right.allocations
    return cost
  }

  public static func += (left: inout Cost, right: Cost) {
    left.nanoseconds += right.nanoseconds
    left.allocations += right.allocations
  }

  public static func / (cost: Cost, count: Double) -> Cost {
    var cost = cost
    cost.nanoseconds /= count
    cost.allocations /= count
    return cost
  }
}

public func report(_ what: String, _ value: Double, _ unit: String) {
  print("\(padded(what))\(rounded(value)) \(unit)")
}

/// - Parameter unit: what the cost is of: a sample, a series.
public func report(_ what: String, _ cost: Cost, per unit: String) {
  let isLong = cost.nanoseconds >= 100_000
  let time = isLong ? "\(rounded(cost.nanoseconds / 1000)) µs" : "\(rounded(cost.nanoseconds)) ns"
  print("\(padded(what))\(time), \(rounded(cost.allocations)) allocations a \(unit)")
}

private func padded(_ what: String) -> String { what + String(repeating: " ", count: max(1, 44 - what.count)) }

private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

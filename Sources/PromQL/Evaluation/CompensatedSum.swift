/// A sum that keeps what rounding cuts off (Kahan's summation in A. Neumaier's form, ZAMM 54, 1974).
struct CompensatedSum {
  var sum: Double
  var compensation: Double

  @inline(__always)
  init(_ sum: Double = 0, _ compensation: Double = 0) {
    self.sum = sum
    self.compensation = compensation
  }

  @inline(__always)
  mutating func add(_ value: Double) {
    let total = sum + value
    if total.isInfinite {
      compensation = 0
    } else if sum.magnitude >= value.magnitude {
      compensation += (sum - total) + value
    } else {
      compensation += (value - total) + sum
    }
    sum = total
  }

  @inline(__always) var value: Double { sum + compensation }
}

/// A mean as Prometheus calculates it: sum and division, until the sum would overflow; from there on incrementally.
struct RunningMean {
  private(set) var count = 0.0
  private var total = CompensatedSum()
  private var isIncremental = false

  @inline(__always)
  mutating func add(_ value: Double) {
    count += 1
    if count == 1 {
      total = CompensatedSum(value)
      return
    }
    if !isIncremental {
      var next = total
      next.add(value)
      if !next.sum.isInfinite {
        total = next
        return
      }
      isIncremental = true
      total.sum /= count - 1
      total.compensation /= count - 1
    }
    let share = (count - 1) / count
    total = CompensatedSum(total.sum * share, total.compensation * share)
    total.add(value / count)
  }

  @inline(__always)
  var value: Double { isIncremental ? total.value : total.sum / count + total.compensation / count }
}

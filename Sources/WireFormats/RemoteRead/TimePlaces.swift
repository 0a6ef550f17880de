import FleetModel

/// Times in milliseconds, which rise.
extension [Int64] {
  /// Which of them lie in `range`. O(log n).
  func places(in range: ClosedRange<Timestamp>) -> Range<Int> {
    let start = firstPlace(in: indices) { $0 >= range.lowerBound.milliseconds }
    return start..<firstPlace(in: start..<count) { $0 > range.upperBound.milliseconds }
  }

  /// The first of `places` whose time lies behind something, as all later ones do, or their end. O(log n).
  func firstPlace(in places: Range<Int>, where isBehind: (Int64) -> Bool) -> Int {
    var (low, high) = (places.lowerBound, places.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

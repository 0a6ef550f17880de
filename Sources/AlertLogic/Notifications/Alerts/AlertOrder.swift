import FleetModel

/// Alertmanager's order of the alerts of a notification (`types.AlertSlice`): by `job`, then `instance`, those that have the
/// label before those that lack it; then those with fewer labels; then label by label, by value, and where the names differ
/// the one whose name is greater (prometheus/common `LabelSet.Before`).
struct AlertOrder {
  private static let job = Array("job".utf8)
  private static let instance = Array("instance".utf8)

  /// Whether `left` comes before `right`. O(bytes), no allocation.
  static func precedes(_ left: LabelSet, _ right: LabelSet) -> Bool {
    for name in [job, instance] {
      let order = left.withValue(ofUTF8: name) { a in right.withValue(ofUTF8: name) { b in compare(a, b) } }
      if order != 0 { return order < 0 }
    }
    return labelsPrecede(left, right)
  }

  /// Prometheus' order of label sets, as Alertmanager sorts groups too.
  static func labelsPrecede(_ left: LabelSet, _ right: LabelSet) -> Bool {
    left.encoded.withUnsafeBufferPointer { a in
      right.encoded.withUnsafeBufferPointer { b in
        let counts = (count(a), count(b))
        if counts.0 != counts.1 { return counts.0 < counts.1 }
        var i = 0
        var j = 0
        while let x = LabelSpan.next(in: a, at: &i), let y = LabelSpan.next(in: b, at: &j) {
          let names = compareBytes(UnsafeBufferPointer(rebasing: a[x.name]), UnsafeBufferPointer(rebasing: b[y.name]))
          if names != 0 { return names > 0 }
          let values = compareBytes(
            UnsafeBufferPointer(rebasing: a[x.value]), UnsafeBufferPointer(rebasing: b[y.value]))
          if values != 0 { return values < 0 }
        }
        return false
      }
    }
  }

  private static func count(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var position = 0
    var count = 0
    while LabelSpan.next(in: bytes, at: &position) != nil { count += 1 }
    return count
  }

  /// A value that is there before one that is not.
  private static func compare(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    if a.isEmpty || b.isEmpty { return (a.isEmpty ? 1 : 0) - (b.isEmpty ? 1 : 0) }
    return compareBytes(a, b)
  }

  private static func compareBytes(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    for offset in 0..<min(a.count, b.count) where a[offset] != b[offset] { return a[offset] < b[offset] ? -1 : 1 }
    return a.count - b.count
  }
}

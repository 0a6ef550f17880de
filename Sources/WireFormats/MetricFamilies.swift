import FleetModel

/// Whether a series belongs to the family that the last TYPE line named, and which type it therefore has.
enum MetricFamilies {
  /// The type of the series called `name` behind `# TYPE family type`: the family's own type if the name is the family's,
  /// with one of the suffixes that its type allows; else unknown.
  static func type(
    of name: UnsafeBufferPointer<UInt8>, in family: UnsafeBufferPointer<UInt8>, typed type: MetricType
  ) -> MetricType {
    if name.elementsEqual(family) { return type }
    var stem = family
    // Prometheus' older clients name the family of a counter with its suffix.
    if type == .counter, ends(stem, with: "_total") { stem = drop("_total", from: stem) }
    for suffix in suffixes(of: type) where ends(name, with: suffix) && drop(suffix, from: name).elementsEqual(stem) {
      return type
    }
    return type == .counter && name.elementsEqual(stem) ? type : .unknown
  }

  private static func suffixes(of type: MetricType) -> [StaticString] {
    switch type {
    case .counter: ["_total", "_created"]
    case .histogram: ["_bucket", "_sum", "_count", "_created"]
    case .gaugehistogram: ["_bucket", "_gsum", "_gcount"]
    case .summary: ["_sum", "_count", "_created"]
    case .info: ["_info"]
    case .gauge, .stateset, .unknown: []
    }
  }

  private static func ends(_ name: UnsafeBufferPointer<UInt8>, with suffix: StaticString) -> Bool {
    let start = name.count - suffix.utf8CodeUnitCount
    guard start >= 0 else { return false }
    for index in 0..<suffix.utf8CodeUnitCount where name[start + index] != suffix.utf8Start[index] { return false }
    return true
  }

  private static func drop(_ suffix: StaticString, from name: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>
  {
    UnsafeBufferPointer(rebasing: name[..<(name.count - suffix.utf8CodeUnitCount)])
  }
}

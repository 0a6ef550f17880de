public import FleetModel

/// Labels that replace those of a series: of the rule that records it, or that raises an alert for it.
public struct LabelOverrides: Sendable, Hashable {
  private struct Override: Sendable, Hashable {
    var name: [UInt8]
    /// Name and value as a ``LabelSet`` holds them; empty takes the label away.
    var encoded: [UInt8]
  }

  /// In the order of their names.
  private let overrides: [Override]

  /// A label with an empty value is taken away.
  public init(_ labels: [String: String]) {
    overrides = labels.map { name, value in
      Override(name: Array(name.utf8), encoded: LabelSet([Label(name, value)]).encoded)
    }
    .sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// `labels` with the replaced ones. O(bytes), one allocation.
  public func applied(to labels: LabelSet) -> LabelSet {
    if overrides.isEmpty { return labels }
    var result: [UInt8] = []
    result.reserveCapacity(labels.encoded.count + overrides.reduce(0) { $0 + $1.encoded.count })
    labels.encoded.withUnsafeBufferPointer { bytes in
      var position = 0
      var next = 0
      while position < bytes.count {
        let start = position
        let name = Self.text(bytes, &position)
        _ = Self.text(bytes, &position)
        var isReplaced = false
        while next < overrides.count {
          let order = Self.compare(overrides[next].name, bytes, name)
          if order > 0 { break }
          result.append(contentsOf: overrides[next].encoded)
          next += 1
          if order == 0 {
            isReplaced = true
            break
          }
        }
        if !isReplaced { result.append(contentsOf: bytes[start..<position]) }
      }
      while next < overrides.count {
        result.append(contentsOf: overrides[next].encoded)
        next += 1
      }
    }
    return LabelSet(canonicalEncoding: result)
  }

  /// Where the text at `position` stands, which is moved behind it.
  private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Range<Int> {
    var length = 0
    var shift = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    let start = position
    position = Swift.min(bytes.count, start + length)
    return start..<position
  }

  private static func compare(_ left: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, _ right: Range<Int>) -> Int {
    for index in 0..<Swift.min(left.count, right.count) {
      let other = bytes[right.lowerBound + index]
      if left[index] != other { return left[index] < other ? -1 : 1 }
    }
    return left.count - right.count
  }
}

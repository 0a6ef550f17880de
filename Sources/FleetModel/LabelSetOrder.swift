extension LabelSet {
  /// The order of series in answers: label by label, first by name, then by value, both as bytes; a set that ends first
  /// comes first. O(bytes), no allocation.
  public static func precedes(_ left: LabelSet, _ right: LabelSet) -> Bool {
    left.encoded.withUnsafeBufferPointer { a in
      right.encoded.withUnsafeBufferPointer { b in
        var i = 0
        var j = 0
        while i < a.count, j < b.count {
          let order = compareText(a, &i, b, &j)
          if order != 0 { return order < 0 }
        }
        return i >= a.count && j < b.count
      }
    }
  }

  private static func compareText(
    _ a: UnsafeBufferPointer<UInt8>, _ i: inout Int, _ b: UnsafeBufferPointer<UInt8>, _ j: inout Int
  ) -> Int {
    let m = length(a, &i)
    let n = length(b, &j)
    var offset = 0
    let common = Swift.min(m, n)
    while offset < common {
      let x = a[i + offset]
      let y = b[j + offset]
      if x != y { return x < y ? -1 : 1 }
      offset += 1
    }
    i += m
    j += n
    return m - n
  }

  private static func length(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Int {
    var length = 0
    var shift = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    return Swift.min(length, bytes.count - position)
  }
}

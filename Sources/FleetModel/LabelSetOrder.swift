extension LabelSet {
  /// The order of series in answers: label by label, first by name, then by value, both as bytes; a set that ends first
  /// comes first. O(bytes), no allocation.
  public static func precedes(_ left: LabelSet, _ right: LabelSet) -> Bool {
    left.encoded.withUnsafeBytes { a in right.encoded.withUnsafeBytes { b in compare(encoded: a, b) < 0 } }
  }

  /// The same order on canonical bytes: negative where `left` comes first, 0 where they are equal.
  public static func compare(encoded left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    // Neighbours have most bytes in common; only the text that differs need be looked at.
    var i = startOfDifference(left, right)
    var j = i
    while i < left.count, j < right.count {
      let order = compareText(left, &i, right, &j)
      if order != 0 { return order }
    }
    return i >= left.count ? (j < right.count ? -1 : 0) : 1
  }

  /// Where the first text begins, its length included, that is not the same in both.
  private static func startOfDifference(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let common = Swift.min(left.count, right.count)
    var equal = 0
    while equal + 8 <= common,
      left.loadUnaligned(fromByteOffset: equal, as: UInt64.self)
        == right.loadUnaligned(fromByteOffset: equal, as: UInt64.self)
    { equal += 8 }
    while equal < common, left[equal] == right[equal] { equal += 1 }
    var start = 0
    while start < equal {
      var end = start
      let text = length(left, &end)
      end += text
      if end > equal { break }
      start = end
    }
    return start
  }

  private static func compareText(
    _ a: UnsafeRawBufferPointer, _ i: inout Int, _ b: UnsafeRawBufferPointer, _ j: inout Int
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

  private static func length(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int {
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

import FleetModel

extension LabelSet {
  /// Alertmanager's fingerprint as a number; see ``AlertIdentity/fingerprint(of:)``. O(bytes), no allocation.
  var fingerprint: UInt64 {
    encoded.withUnsafeBufferPointer { bytes in
      var hash = StableHash()
      var position = 0
      while let label = LabelSpan.next(in: bytes, at: &position) {
        for byte in bytes[label.name] { hash.add(byte: byte) }
        hash.add(byte: 255)
        for byte in bytes[label.value] { hash.add(byte: byte) }
        hash.add(byte: 255)
      }
      return hash.value
    }
  }

  /// Only the labels called one of `names`, which are sorted as bytes. Shares this set's memory where it keeps all. O(bytes).
  func keeping(_ names: [[UInt8]]) -> LabelSet {
    if names.isEmpty { return LabelSet() }
    let kept = encoded.withUnsafeBufferPointer { bytes in
      var kept: [UInt8] = []
      var position = 0
      var next = names.startIndex
      while let label = LabelSpan.next(in: bytes, at: &position) {
        let name = bytes[label.name]
        while next < names.endIndex, names[next].lexicographicallyPrecedes(name) { next += 1 }
        guard next < names.endIndex else { break }
        if names[next].elementsEqual(name) { kept.append(contentsOf: bytes[label.whole]) }
      }
      return kept
    }
    return kept.count == encoded.count ? self : LabelSet(canonicalEncoding: kept)
  }

  /// The values of the labels called `names`, so that equal bytes mean equal values, a missing label being like an empty one.
  func values(of names: [[UInt8]]) -> [UInt8] {
    var key: [UInt8] = []
    for name in names {
      withValue(ofUTF8: name) { value in
        var length = UInt32(truncatingIfNeeded: value.count)
        for _ in 0..<4 {
          key.append(UInt8(truncatingIfNeeded: length))
          length >>= 8
        }
        key.append(contentsOf: value)
      }
    }
    return key
  }
}

extension UInt64 {
  /// As Alertmanager writes fingerprints.
  var fingerprintText: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

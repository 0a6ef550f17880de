import FleetModel

extension LabelSet {
  /// Takes bytes of a file, which may be anything: `nil` unless they are a canonical encoding as ``LabelSet`` describes it.
  /// O(bytes).
  init?(checking bytes: [UInt8]) {
    var position = 0
    func length() -> Int? {
      var value = 0
      var shift = 0
      while position < bytes.count, shift < 35 {
        let byte = bytes[position]
        position += 1
        value |= Int(byte & 0x7f) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      return nil
    }
    func text() -> ArraySlice<UInt8>? {
      guard let count = length(), count > 0, count <= bytes.count - position else { return nil }
      defer { position += count }
      return bytes[position..<position + count]
    }
    var last: ArraySlice<UInt8>?
    while position < bytes.count {
      guard let name = text(), let value = text(), last?.lexicographicallyPrecedes(name) ?? true,
        String(validating: name, as: UTF8.self) != nil, String(validating: value, as: UTF8.self) != nil
      else { return nil }
      last = name
    }
    self.init(canonicalEncoding: bytes)
  }
}

/// Numbers for names that arrive as bytes, in order of their first mention; a name that is known costs its hash and one
/// comparison, and no allocation.
struct NameNumbers: ~Copyable {
  private struct Name {
    var hash: UInt64
    var offset: UInt32
    var count: UInt32
  }

  let hash: KeyedHash
  private var names: [Name] = []
  private var bytes: [UInt8] = []
  /// Open addressing, at most half full; -1 where there is none.
  private var slots = [Int32](repeating: -1, count: 64)

  init(_ hash: KeyedHash) { self.hash = hash }

  var count: Int { names.count }

  @inline(__always)
  func find(_ name: UnsafeRawBufferPointer) -> Int32? {
    let number = slots[slot(of: name, hash.hash(name))]
    return number >= 0 ? number : nil
  }

  /// - Precondition: it is not known.
  mutating func add(_ name: UnsafeRawBufferPointer) -> Int32 {
    if (names.count + 1) * 2 > slots.count { grow() }
    let number = Int32(names.count)
    let hash = hash.hash(name)
    slots[slot(of: name, hash)] = number
    names.append(
      Name(hash: hash, offset: UInt32(truncatingIfNeeded: bytes.count), count: UInt32(truncatingIfNeeded: name.count)))
    bytes.append(contentsOf: name)
    return number
  }

  func text(_ number: Int32) -> String {
    let name = names[Int(number)]
    return String(decoding: bytes[Int(name.offset)..<Int(name.offset) + Int(name.count)], as: UTF8.self)
  }

  /// Where the name is, or would be.
  @inline(__always)
  private func slot(of name: UnsafeRawBufferPointer, _ hash: UInt64) -> Int {
    slots.withUnsafeBufferPointer { slots in
      names.withUnsafeBufferPointer { names in
        bytes.withUnsafeBytes { bytes in
          let mask = slots.count &- 1
          var index = Int(truncatingIfNeeded: hash) & mask
          while case let number = slots[index], number >= 0 {
            let known = names[Int(number)]
            if known.hash == hash, Int(known.count) == name.count,
              Self.areEqual(bytes.baseAddress, at: Int(known.offset), name)
            {
              return index
            }
            index = (index &+ 1) & mask
          }
          return index
        }
      }
    }
  }

  @inline(__always)
  private static func areEqual(
    _ bytes: UnsafeRawPointer?, at offset: Int, _ name: UnsafeRawBufferPointer
  ) -> Bool {
    guard let left = bytes, let right = name.baseAddress else { return name.isEmpty }
    var position = 0
    while position &+ 8 <= name.count {
      let (a, b) = (
        left.loadUnaligned(fromByteOffset: offset &+ position, as: UInt64.self),
        right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      )
      if a != b { return false }
      position &+= 8
    }
    while position < name.count {
      let (a, b) = (
        left.load(fromByteOffset: offset &+ position, as: UInt8.self),
        right.load(fromByteOffset: position, as: UInt8.self)
      )
      if a != b { return false }
      position &+= 1
    }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    for (number, name) in names.enumerated() {
      var index = Int(truncatingIfNeeded: name.hash) & mask
      while slots[index] >= 0 { index = (index + 1) & mask }
      slots[index] = Int32(number)
    }
  }
}

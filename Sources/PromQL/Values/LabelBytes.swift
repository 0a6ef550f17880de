import FleetModel

/// Walks over the encoded bytes of a ``LabelSet`` without making strings.
struct LabelCursor {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  /// Where the pair begins and ends; of name and value, where their text begins and ends.
  private(set) var start = 0
  private(set) var name = 0..<0
  private(set) var value = 0..<0
  var end: Int { position }

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Moves to the next pair; false at the end.
  mutating func next() -> Bool {
    guard position < bytes.count else { return false }
    start = position
    name = text()
    value = text()
    return true
  }

  private mutating func text() -> Range<Int> {
    var length = 0
    var shift = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    let first = position
    position = Swift.min(bytes.count, position + length)
    return first..<position
  }

  func nameIs(_ other: [UInt8]) -> Bool { Self.equal(bytes, name, other) }

  static func equal(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ other: [UInt8]) -> Bool {
    guard range.count == other.count else { return false }
    // Names are short: a loop is quicker than a call.
    for index in 0..<other.count where bytes[range.lowerBound + index] != other[index] { return false }
    return true
  }
}

extension LabelSet {
  static let metricNameBytes = Array(metricName.utf8)

  var hasName: Bool {
    encoded.withUnsafeBufferPointer { bytes in
      var cursor = LabelCursor(bytes)
      while cursor.next() { if cursor.nameIs(Self.metricNameBytes) { return true } }
      return false
    }
  }

  /// This set without the metric's name.
  var withoutName: LabelSet {
    let cut: Range<Int>? = encoded.withUnsafeBufferPointer { bytes in
      var cursor = LabelCursor(bytes)
      while cursor.next() {
        if cursor.nameIs(Self.metricNameBytes) { return cursor.start..<cursor.end }
      }
      return nil
    }
    guard let cut else { return self }
    var rest: [UInt8] = []
    rest.reserveCapacity(encoded.count - cut.count)
    rest.append(contentsOf: encoded[..<cut.lowerBound])
    rest.append(contentsOf: encoded[cut.upperBound...])
    return LabelSet(canonicalEncoding: rest)
  }

  /// As Prometheus writes label sets in messages: the name among the labels, `{__name__="up", job="a"}`.
  var flatDescription: String {
    "{" + map { "\(LabelName.written($0.name))=\(GoText.quoted($0.value))" }.joined(separator: ", ") + "}"
  }
}

/// Gives the same number to all label sets that agree in some of their labels. Nothing is allocated for a label set whose
/// group is known.
struct LabelGrouper {
  private let names: [[UInt8]]
  /// Whether `names` are the labels that count, or those that do not.
  private let keepsNames: Bool
  /// The labels of each group that count.
  private(set) var groups: [[UInt8]] = []
  private var hashes: [UInt64] = []
  private var table = [Int32](repeating: -1, count: 64)
  private var key: [UInt8] = []
  /// Series of one group mostly come together.
  private var last = 0

  /// `keeping`: only these labels count. Otherwise all but these and the metric's name.
  init(_ names: [String], keeping: Bool) {
    let all = keeping ? names : names + [LabelSet.metricName]
    self.names = Set(all).map { Array($0.utf8) }
    keepsNames = keeping
  }

  var count: Int { groups.count }

  func labels(of group: Int) -> LabelSet { LabelSet(canonicalEncoding: groups[group]) }

  /// - Parameter dropsName: the metric's name is no part of `labels`.
  mutating func group(of labels: LabelSet, dropsName: Bool) -> Int {
    collect(labels, dropsName)
    if last < groups.count, groups[last] == key { return last }
    last = number()
    return last
  }

  /// Of the group whose labels are in `key`.
  private mutating func number() -> Int {
    let hash = Self.hash(key)
    var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[slot] >= 0 {
      let group = Int(table[slot])
      if hashes[group] == hash, groups[group] == key { return group }
      slot = (slot + 1) & (table.count - 1)
    }
    let group = groups.count
    table[slot] = Int32(truncatingIfNeeded: group)
    groups.append(key)
    hashes.append(hash)
    if groups.count * 2 > table.count { grow() }
    return group
  }

  /// Writes the labels that count into `key`.
  private mutating func collect(_ labels: LabelSet, _ dropsName: Bool) {
    key.removeAll(keepingCapacity: true)
    if keepsNames, names.isEmpty { return }
    labels.encoded.withUnsafeBufferPointer { bytes in
      var cursor = LabelCursor(bytes)
      var found = 0
      while cursor.next() {
        var isNamed = false
        for name in names where cursor.nameIs(name) {
          isNamed = true
          found += 1
          break
        }
        if !isNamed, keepsNames {
          if found == names.count { return }
          continue
        }
        guard isNamed == keepsNames else { continue }
        if keepsNames, dropsName, cursor.nameIs(LabelSet.metricNameBytes) { continue }
        key.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[cursor.start..<cursor.end]))
      }
    }
  }

  private mutating func grow() {
    table = [Int32](repeating: -1, count: table.count * 4)
    for (group, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
      while table[slot] >= 0 { slot = (slot + 1) & (table.count - 1) }
      table[slot] = Int32(truncatingIfNeeded: group)
    }
  }

  /// Eight bytes at a time, mixed by a wide multiplication.
  static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { bytes in
      var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9e37_79b9_7f4a_7c15
      var index = 0
      func mix(_ word: UInt64) {
        let (high, low) = (hash ^ word).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
        hash = high ^ low &+ 0xe703_7ed1_a0b4_28db
      }
      while index + 8 <= bytes.count {
        mix(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index += 8
      }
      var rest: UInt64 = 0
      while index < bytes.count {
        rest = rest << 8 | UInt64(bytes[index])
        index += 1
      }
      mix(rest)
      return hash
    }
  }
}

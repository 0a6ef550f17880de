/// A set of Unicode scalars as sorted ranges.
struct ScalarSet: Sendable, Hashable {
  /// Sorted, not overlapping, not adjoining.
  private(set) var ranges: [ClosedRange<UInt32>]
  /// Members match in either case.
  var ignoresCase = false

  static let maximum: UInt32 = 0x10_ffff
  static let everything = ScalarSet([0...maximum])
  static let digits = ScalarSet([0x30...0x39])
  static let spaces = ScalarSet([0x09...0x0a, 0x0c...0x0d, 0x20...0x20])
  static let wordCharacters = ScalarSet([0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
  static let lineFeed = ScalarSet([0x0a...0x0a])

  init(_ unsorted: [ClosedRange<UInt32>]) {
    ranges = []
    for range in unsorted.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = ranges.last, range.lowerBound <= last.upperBound &+ 1 {
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  init(_ scalar: Unicode.Scalar, ignoringCase: Bool = false) {
    self.init([scalar.value...scalar.value])
    ignoresCase = ignoringCase && Self.otherCases(scalar.value).contains { $0 != scalar.value }
  }

  var isEverything: Bool { ranges == Self.everything.ranges }

  var inverted: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in folded.ranges {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= Self.maximum { result.append(next...Self.maximum) }
    return ScalarSet(result)
  }

  /// The same set with the other case of each member spelled out, so that it can be inverted. Members beyond the first
  /// 4096 of a range keep their case only.
  private var folded: ScalarSet {
    guard ignoresCase else { return self }
    return ScalarSet(
      ranges + ranges.flatMap { $0.prefix(4096) }.flatMap { Self.otherCases($0) }.map { $0...$0 })
  }

  func union(_ other: ScalarSet) -> ScalarSet {
    var result = ScalarSet(ranges + other.ranges)
    result.ignoresCase = ignoresCase || other.ignoresCase
    return result
  }

  func contains(_ scalar: UInt32) -> Bool {
    if containsExactly(scalar) { return true }
    return ignoresCase && Self.otherCases(scalar).contains { containsExactly($0) }
  }

  private func containsExactly(_ scalar: UInt32) -> Bool {
    for range in ranges {
      if scalar < range.lowerBound { return false }
      if scalar <= range.upperBound { return true }
    }
    return false
  }

  /// The members, if they are at most `limit`.
  func members(atMost limit: Int) -> [Unicode.Scalar]? {
    guard !ignoresCase, ranges.reduce(0, { $0 + Int($1.upperBound - $1.lowerBound) + 1 }) <= limit else { return nil }
    return ranges.flatMap { $0.compactMap(Unicode.Scalar.init) }
  }

  private static func otherCases(_ value: UInt32) -> [UInt32] {
    if value < 0x80 {
      switch value {
      case 0x41...0x5a: return [value + 32]
      case 0x61...0x7a: return [value - 32]
      default: return []
      }
    }
    guard let scalar = Unicode.Scalar(value) else { return [] }
    return [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping].compactMap { text in
      let scalars = text.unicodeScalars
      guard let first = scalars.first, scalars.count == 1 else { return nil }
      return first.value
    }
  }

  /// The POSIX classes as `[[:name:]]` names them (ASCII only, as in RE2).
  static func posix(_ name: String) -> ScalarSet? {
    switch name {
    case "alnum": ScalarSet([0x30...0x39, 0x41...0x5a, 0x61...0x7a])
    case "alpha": ScalarSet([0x41...0x5a, 0x61...0x7a])
    case "ascii": ScalarSet([0...0x7f])
    case "blank": ScalarSet([0x09...0x09, 0x20...0x20])
    case "cntrl": ScalarSet([0...0x1f, 0x7f...0x7f])
    case "digit": digits
    case "graph": ScalarSet([0x21...0x7e])
    case "lower": ScalarSet([0x61...0x7a])
    case "print": ScalarSet([0x20...0x7e])
    case "punct": ScalarSet([0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e])
    case "space": ScalarSet([0x09...0x0d, 0x20...0x20])
    case "upper": ScalarSet([0x41...0x5a])
    case "word": wordCharacters
    case "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }
}

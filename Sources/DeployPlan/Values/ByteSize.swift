/// Sizes in bytes as people write them: `512MiB`, `10GB`, `1048576`.
///
/// Units are powers of 1024 with or without the `i`, as in Prometheus' `retention.size`.
enum ByteSize {
  static let pattern = "^[0-9]+ ?([KMGTPE]i?)?B?$"

  private static let units: [(letter: UInt8, shift: UInt64)] = [
    (UInt8(ascii: "K"), 10), (UInt8(ascii: "M"), 20), (UInt8(ascii: "G"), 30), (UInt8(ascii: "T"), 40),
    (UInt8(ascii: "P"), 50), (UInt8(ascii: "E"), 60),
  ]

  /// `nil` for what is no size or does not fit.
  static func parse(_ text: String) -> UInt64? {
    let digits = text.utf8.prefix { (48...57).contains($0) }
    guard !digits.isEmpty, let count = UInt64(String(Substring(digits))) else { return nil }
    var rest = text.utf8.dropFirst(digits.count)
    if rest.first == 32, rest.count > 1 { rest = rest.dropFirst() }
    var shift: UInt64 = 0
    if let unit = units.first(where: { $0.letter == rest.first }) {
      shift = unit.shift
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "i") { rest = rest.dropFirst() }
    }
    if rest.first == UInt8(ascii: "B") { rest = rest.dropFirst() }
    guard rest.isEmpty else { return nil }
    let (size, overflow) = count.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : size
  }

  static func format(_ size: UInt64) -> String {
    for unit in units.reversed() where size > 0 && size.isMultiple(of: 1 << unit.shift) {
      return "\(size >> unit.shift)\(Unicode.Scalar(unit.letter))iB"
    }
    return "\(size)B"
  }
}

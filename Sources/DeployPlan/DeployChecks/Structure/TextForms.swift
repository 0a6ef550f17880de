import FleetModel

extension FieldType.TextForm {
  /// Why `text` is not what the field asks for; `nil` where it is.
  func flaw(in text: String) -> Flaw? {
    switch self {
    case .plain: nil
    case .quantity:
      Quantity(text) == nil
        ? Flaw("is no quantity", mend: "write one such as 500m, 1.5 or 256Mi") : nil
    case .time:
      Self.isTime(text) ? nil : Flaw("is no time", mend: "write one such as 2026-01-31T12:00:00Z")
    case .base64:
      Self.isBase64(text) ? nil : Flaw("is not in base64", mend: "encode it, or use stringData in a Secret")
    case .duration: Self.durationFlaw(in: text)
    case .interval:
      text.isEmpty || PrometheusDuration.parse(text) != nil
        ? nil : Flaw("is no duration", mend: "write one such as 30s or 1m30s")
    case .byteSize:
      Self.isByteSize(text) ? nil : Flaw("is no size", mend: "write one such as 10MB")
    case .webURL: Self.isURL(text, ["http", "https"]) ? nil : Flaw("is no http or https URL")
    case .proxyURL:
      Self.isURL(text, ["http", "https", "socks5"]) ? nil : Flaw("is no http, https or socks5 URL")
    case .groupName: text.isEmpty || NameRules.dnsSubdomain(text) == nil ? nil : Flaw("is no API group")
    case .kindName:
      text.first.map { $0.isASCII && $0.isLetter } == true && text.utf8.allSatisfy({ Self.isWord($0) })
        && text.last != "-"
        ? nil : Flaw("is no kind", mend: "use letters, digits and \"-\"")
    case .partialResponse:
      ["", "abort", "warn"].contains(text.lowercased()) ? nil : Flaw("is no strategy", mend: "write abort or warn")
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
  }

  private static func durationFlaw(in text: String) -> Flaw? {
    let mend = "write one such as 500ms, 5s or 1m30s"
    guard let nanoseconds = GoDuration.nanoseconds(text) else { return Flaw("is no duration", mend: mend) }
    return nanoseconds < 1_000_000 ? Flaw("is shorter than 1ms", mend: mend) : nil
  }

  /// RFC 3339 as Go's `time.RFC3339` reads it, without the calendar.
  private static func isTime(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20 else { return false }
    for (byte, form) in zip(bytes, "0000-00-00T00:00:00".utf8) {
      if form == UInt8(ascii: "0") ? !(48...57).contains(byte) : byte != form { return false }
    }
    var rest = bytes[19...]
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { (48...57).contains($0) }
      if digits.isEmpty { return false }
      rest = rest.dropFirst(digits.count + 1)
    }
    if rest.elementsEqual("Z".utf8) { return true }
    return rest.count == 6 && (rest.first == 43 || rest.first == 45)
      && zip(rest.dropFirst(), "00:00".utf8).allSatisfy { $1 == 48 ? (48...57).contains($0) : $0 == $1 }
  }

  /// RFC 4648 with padding; line breaks are passed over, as Go does.
  private static func isBase64(_ text: String) -> Bool {
    var count = 0
    var padding = 0
    for byte in text.utf8 where byte != 10 && byte != 13 {
      count += 1
      if byte == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      let isDigit = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      guard padding == 0, isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") else { return false }
    }
    return count % 4 == 0 && padding <= 2
  }

  /// `0`, `10MB`, `1.5GiB`: what ends so, as the operator's pattern has it.
  private static func isByteSize(_ text: String) -> Bool {
    if text == "0" { return true }
    guard text.hasSuffix("B") else { return false }
    var rest = text.dropLast()
    if rest.last == "i" { rest = rest.dropLast() }
    if let last = rest.last, "KMGTPE".contains(last) {
      rest = rest.dropLast()
    } else if text.hasSuffix("iB") {
      return false
    }
    return rest.last.map { $0.isASCII && $0.isNumber } ?? false
  }

  private static func isURL(_ text: String, _ schemes: [String]) -> Bool {
    schemes.contains { text.hasPrefix($0 + "://") && text.utf8.count > $0.utf8.count + 3 }
  }
}

/// Durations of Go's (<https://pkg.go.dev/time#ParseDuration>): `1h30m`, `1.5s`, `-2ms`.
enum GoDuration {
  private static let units: [(name: String, nanoseconds: Double)] = [
    ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
  ]

  /// `nil` for what is none, or is longer than 292 years.
  static func nanoseconds(_ text: String) -> Double? {
    var rest = Substring(text)
    var sign = 1.0
    if rest.first == "-" || rest.first == "+" {
      sign = rest.first == "-" ? -1 : 1
      rest = rest.dropFirst()
    }
    if rest == "0" { return 0 }
    if rest.isEmpty { return nil }
    var total = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      guard digits.contains(where: { $0 != "." }), digits.filter({ $0 == "." }).count <= 1,
        let amount = Double(
          digits.hasPrefix(".") ? "0" + digits : digits.hasSuffix(".") ? digits + "0" : String(digits))
      else { return nil }
      rest = rest.dropFirst(digits.count)
      let name = String(rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." })
      guard let unit = units.first(where: { $0.name == name }) else { return nil }
      rest = rest.dropFirst(name.count)
      total += amount * unit.nanoseconds
    }
    return total <= 9.2e18 ? sign * total : nil
  }
}

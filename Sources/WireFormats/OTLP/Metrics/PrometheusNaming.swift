import FleetModel

/// Names of OTLP in Prometheus' older alphabet, with unit and type as suffixes: what Prometheus 3's OTLP receiver calls
/// `UnderscoreEscapingWithSuffixes`, its default.
///
/// Sources: OpenTelemetry's "Prometheus and OpenMetrics Compatibility"
/// (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>) and prometheus/otlptranslator
/// (`metric_namer.go`, `label_namer.go`, `unit_namer.go`).
enum PrometheusNaming {
  /// What a metric measures, as far as its name tells it.
  enum Kind {
    /// A sum that only rises.
    case counter
    case gauge
    /// Sums that may fall, histograms and summaries.
    case other
  }

  /// The name of a metric family: its letters, digits and colons, everything else one `_`; behind it the unit, where the name
  /// lacks it; `_total` of counters, `_ratio` of gauges without dimension. Empty where no character is left.
  static func metric(_ name: some StringProtocol, unit: some StringProtocol, _ kind: Kind) -> String {
    var words = tokens(name)
    for suffix in unitSuffixes(unit, in: words) { words.append(suffix) }
    switch kind {
    case .counter: words = words.filter { $0 != "total" } + ["total"]
    case .gauge where unit == "1": words = words.filter { $0 != "ratio" } + ["ratio"]
    case .gauge, .other: break
    }
    // Without a word of its own a name is none.
    if tokens(name).isEmpty { return "" }
    let joined = words.joined(separator: "_")
    return joined.utf8.first.map { isDigit($0) } == true ? "_" + joined : joined
  }

  /// The unit as metadata tells it: `seconds` of `s`, `meters_per_second` of `m/s`.
  static func unit(_ unit: some StringProtocol) -> String { unitSuffixes(unit, in: []).joined(separator: "_") }

  /// The name of a label: what is not a letter, digit or `_` becomes `_`; `key_` before a digit, `key` before a single `_`.
  static func label(_ key: UnsafeRawBufferPointer, into name: inout [UInt8]) {
    guard let first = key.first else { return }
    if isDigit(first) { name.append(contentsOf: "key_".utf8) }
    let underscore = UInt8(ascii: "_")
    let start = name.count
    // Of a character with several bytes only the first counts.
    for byte in key where byte & 0xc0 != 0x80 { name.append(isAlphanumeric(byte) ? byte : underscore) }
    if name[start] == underscore, name.count == start + 1 || name[start + 1] != underscore {
      name.insert(contentsOf: "key".utf8, at: start)
    }
  }

  private static func tokens(_ text: some StringProtocol) -> [String] {
    text.utf8.split { !isAlphanumeric($0) && $0 != UInt8(ascii: ":") }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// UCUM's units (<https://ucum.org/ucum>) in words, those in braces left out, each unless the name has it already.
  private static func unitSuffixes(_ unit: some StringProtocol, in words: [String]) -> [String] {
    let parts = unit.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var suffixes: [String] = []
    if let main = word(parts.first, Self.units), !words.contains(main) { suffixes.append(main) }
    if parts.count > 1, let per = word(parts[1], Self.perUnits), !words.contains(per) { suffixes += ["per", per] }
    return suffixes
  }

  private static func word(_ part: (some StringProtocol)?, _ known: [String: String]) -> String? {
    guard let part else { return nil }
    var text = String(part)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    if text.isEmpty || text.contains(where: { $0 == "{" || $0 == "}" }) { return nil }
    let word = tokens(known[text] ?? text).joined(separator: "_")
    return word.isEmpty ? nil : word
  }

  private static let units = [
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
    "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
    "TiBy": "tebibytes", "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes", "m": "meters",
    "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams", "Cel": "celsius", "Hz": "hertz", "1": "",
    "%": "percent",
  ]

  private static let perUnits = [
    "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
  ]

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 <= 9 }

  @inline(__always)
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 97 <= 25 }
}

import FleetModel

/// Brings the labels of a series, as they stand in a body, into the canonical bytes of a `LabelSet`: unescaped, sorted by
/// name, of equal names the last, without empty values. Its memory is used again for the next series.
struct LabelCanonicalizer {
  /// The canonical bytes of the last series.
  private(set) var encoded: [UInt8] = []
  /// Whether the last series had a label whose value is normalised according to the family's type.
  private(set) var dependsOnType = false

  private struct Part {
    var name: Range<Int32>
    var value: Range<Int32>
  }

  /// Unescaped names and values, one behind the other.
  private var pool: [UInt8] = []
  private var parts: [Part] = []

  /// The labels of `grammar`'s last series. Prometheus writes `le` of histograms and `quantile` of summaries as floats, and
  /// goes by the last TYPE line for that, whatever its family.
  mutating func take(_ grammar: borrowing ExpositionGrammar) {
    begin()
    append(name: Self.metricName, value: grammar.bytes(grammar.name), escaped: true)
    for label in grammar.labels {
      let name = grammar.bytes(label.name)
      let value = grammar.bytes(label.value)
      let special = Self.isEqual(name, "le") ? MetricType.histogram : Self.isEqual(name, "quantile") ? .summary : nil
      if special != nil { dependsOnType = true }
      if let special, special == grammar.family?.type, let text = Self.normalized(value) {
        let start = Int32(pool.count)
        pool.append(contentsOf: name)
        let middle = Int32(pool.count)
        pool.append(contentsOf: text.utf8)
        parts.append(Part(name: start..<middle, value: middle..<Int32(pool.count)))
      } else {
        append(name: name, value: value, escaped: true)
      }
    }
    finish()
  }

  mutating func begin() {
    encoded.removeAll(keepingCapacity: true)
    pool.removeAll(keepingCapacity: true)
    parts.removeAll(keepingCapacity: true)
    dependsOnType = false
  }

  static let metricName: [UInt8] = Array(LabelSet.metricName.utf8)

  mutating func append(name: [UInt8], value: UnsafeBufferPointer<UInt8>, escaped: Bool) {
    name.withUnsafeBufferPointer { append(name: $0, value: value, escaped: escaped) }
  }

  mutating func append(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, escaped: Bool) {
    let start = Int32(pool.count)
    escaped ? Self.unescape(name, quotes: true, into: &pool) : pool.append(contentsOf: name)
    let middle = Int32(pool.count)
    escaped ? Self.unescape(value, quotes: true, into: &pool) : pool.append(contentsOf: value)
    parts.append(Part(name: start..<middle, value: middle..<Int32(pool.count)))
  }

  mutating func finish() {
    sort()
    for index in parts.indices {
      let part = parts[index]
      if part.value.isEmpty { continue }
      if index + 1 < parts.count, compare(part, parts[index + 1]) == 0 { continue }
      Self.write(part.name, of: pool, to: &encoded)
      Self.write(part.value, of: pool, to: &encoded)
    }
  }

  /// Exporters write few labels, mostly in order: insertion for those, and for a line of thousands what does not go square.
  private mutating func sort() {
    if parts.count > 32 {
      // `sort` is stable, which the rule for equal names needs.
      var sorted = parts
      sorted.sort { compare($0, $1) < 0 }
      parts = sorted
      return
    }
    var index = 1
    while index < parts.count {
      var at = index
      while at > 0, compare(parts[at - 1], parts[at]) > 0 {
        parts.swapAt(at - 1, at)
        at -= 1
      }
      index += 1
    }
  }

  private func compare(_ left: Part, _ right: Part) -> Int {
    pool.withUnsafeBufferPointer { pool in
      let common = min(left.name.count, right.name.count)
      for index in 0..<common {
        let a = pool[Int(left.name.lowerBound) + index]
        let b = pool[Int(right.name.lowerBound) + index]
        if a != b { return a < b ? -1 : 1 }
      }
      return left.name.count - right.name.count
    }
  }

  private static func write(_ range: Range<Int32>, of pool: [UInt8], to bytes: inout [UInt8]) {
    var length = range.count
    while length >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: length))
    bytes.append(contentsOf: pool[Int(range.lowerBound)..<Int(range.upperBound)])
  }

  /// `\\` and `\n`, with `quotes` also `\"`; any other backslash stands for itself.
  static func unescape(_ text: UnsafeBufferPointer<UInt8>, quotes: Bool, into bytes: inout [UInt8]) {
    guard text.contains(92) else { return bytes.append(contentsOf: text) }
    var index = 0
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte == 92, index < text.count {
        let next = text[index]
        if next == 92 || next == 110 || next == 34 && quotes {
          bytes.append(next == 110 ? newline : next)
          index += 1
          continue
        }
      }
      bytes.append(byte)
    }
  }

  /// The value of `le` or `quantile` as OpenMetrics writes floats, `nil` if it is no number. Unlike sample values these may
  /// be hexadecimal.
  static func normalized(_ value: UnsafeBufferPointer<UInt8>) -> String? {
    if let number = try? FloatText.parse(value) { return FloatText.formatLabel(number) }
    let digits = value.drop { $0 == 43 || $0 == 45 }
    guard digits.count >= 2, digits.first == 48, digits.dropFirst().first.map({ $0 | 0x20 }) == 120,
      value.contains(where: { $0 | 0x20 == 112 }), let number = Double(String(decoding: value, as: UTF8.self)),
      number.isFinite
    else { return nil }
    return FloatText.formatLabel(number)
  }

  private static func isEqual(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where bytes[index] != word.utf8Start[index] { return false }
    return true
  }
}

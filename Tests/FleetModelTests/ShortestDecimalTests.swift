import FleetModel
import Testing

@Suite struct ShortestDecimalTests {
  static let cases: [(value: Double, digits: UInt64, exponent: Int)] = [
    (1, 1, 0), (10, 1, 1), (0.1, 1, -1), (0.3, 3, -1), (0.1 + 0.2, 30_000_000_000_000_004, -17), (1.5, 15, -1),
    (123.456, 123_456, -3), (1e21, 1, 21), (1e22, 1, 22), (1e23, 1, 23), (9e-7, 9, -7),
    (.leastNonzeroMagnitude, 5, -324), (.leastNormalMagnitude, 22_250_738_585_072_014, -324),
    (.greatestFiniteMagnitude, 17_976_931_348_623_157, 292), (9_007_199_254_740_992, 9_007_199_254_740_992, 0),
    (0x1p-1074 * 3, 15, -324),
  ]

  @Test(arguments: cases) func knownValues(value: Double, digits: UInt64, exponent: Int) {
    let decimal = ShortestDecimal(value)
    #expect(decimal.digits == digits)
    #expect(decimal.exponent == exponent)
  }

  /// Swift's own text has the same digits, and they read back as the value.
  @Test func agreesWithTheStandardLibrary() {
    var generator = SystemRandomNumberGenerator()
    func check(_ value: Double) {
      let decimal = ShortestDecimal(value)
      let text = "\(decimal.digits)e\(decimal.exponent)"
      #expect(Double(text) == value)
      #expect(digits(of: value.description) == String(decimal.digits), "\(value)")
    }
    for _ in 0..<20_000 {
      let value = Double(bitPattern: generator.next())
      if value.isFinite, value != 0 { check(value.magnitude) }
      check(Double.random(in: 1e-9...1e9, using: &generator))
      check((Double.random(in: 0...1e6, using: &generator) * 1000).rounded() / 1000 + 0.001)
    }
    for exponent in -1074...1023 { check(Double(sign: .plus, exponent: exponent, significand: 1)) }
    for exponent in -323...308 { if let value = Double("1e\(exponent)") { check(value) } }
  }

  private func digits(of text: String) -> String {
    let mantissa = text.prefix { $0 != "e" }.filter { $0 != "." }
    let start = mantissa.drop { $0 == "0" }
    return String(start.reversed().drop { $0 == "0" }.reversed())
  }
}

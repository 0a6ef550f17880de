import TestSupport
import Testing

@testable import WireFormats

@Suite struct FloatTextTests {
  private func parse(_ text: String) -> Double? {
    Array(text.utf8).withUnsafeBufferPointer { try? FloatText.parse($0) }
  }

  @Test(arguments: [
    "0", "-0", "1", "08", "1.", ".5", "-.5e3", "+7", "1e22", "1e23", "9007199254740993", "9007199254740992.5", "1e-400",
    "0.1", "123456789012345678901234567890", "1.7976931348623157e308", "4.9e-324", "2.2250738585072011e-308", "1e-27",
    "8.5e27", "18446744073709551615", "18446744073709551616", "9999999999999999999", "0.000000000000000000000000000001",
  ])
  func readsDecimals(_ text: String) throws {
    let clean = text.hasPrefix("+") ? String(text.dropFirst()) : text
    let padded = clean.hasPrefix(".") ? "0" + clean : clean.replacing("-.", with: "-0.")
    let expected = try #require(Double(padded.hasSuffix(".") ? padded + "0" : padded))
    #expect(parse(text)?.bitPattern == expected.bitPattern)
  }

  @Test(arguments: [
    "", "+", "-", ".", "e5", "1e", "1e+", "0x1", "0X1", "0x1p-3", "1_2", "1 ", " 1", "1.2.3", "+NaN", "-nan", "in",
    "infi",
    "1e999", "-1e999", "0b1", "0o1", "--1", "1f", "1,5", "\u{661}", "nan(1)", "1e5e5",
  ])
  func refuses(_ text: String) { #expect(parse(text) == nil) }

  @Test func readsSpecials() {
    for text in ["NaN", "nan", "NAN"] { #expect(parse(text)?.bitPattern == 0x7ff8_0000_0000_0001) }
    for text in ["Inf", "+Inf", "inf", "+INFINITY", "Infinity"] { #expect(parse(text) == .infinity) }
    for text in ["-Inf", "-infinity"] { #expect(parse(text) == -.infinity) }
  }

  /// Against the standard library, over digits, points and exponents around every boundary of the own routine.
  @Test func isExact() {
    let random = SeededRandom(seed: 5)
    var wrong: [String] = []
    for _ in 0..<200_000 {
      let digits = Int(random.next() % 21) + 1
      var text = (0..<digits).map { _ in String(random.next() % 10) }.joined()
      if random.next() % 2 == 0 {
        text.insert(".", at: text.index(text.startIndex, offsetBy: 1 + Int(random.next() % UInt64(digits))))
        if text.hasSuffix(".") { text += "0" }
      }
      if random.next() % 2 == 0 { text += "e\(Int(random.next() % 80) - 40)" }
      if parse(text)?.bitPattern != Double(text)?.bitPattern { wrong.append(text) }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
  }

  /// Halfway cases between two doubles, and their neighbours, are where a routine that rounds twice fails.
  @Test func roundsHalvesToEven() {
    let random = SeededRandom(seed: 6)
    for _ in 0..<20_000 {
      let half = (random.next() >> 10 | 1 << 53) << 1 | 1
      for value in [half - 1, half, half + 1] {
        for text in ["\(value)", "\(value).0", "\(value)e0", "\(value)e-3", "\(value)e2"] {
          #expect(parse(text)?.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
      }
    }
  }

  @Test(arguments: [
    (0.0, "0"), (-3000, "-3000"), (1e6, "1e+06"), (123_456, "123456"), (1_234_567, "1.234567e+06"), (0.0001, "0.0001"),
    (0.00001, "1e-05"), (3.14e42, "3.14e+42"), (1e100, "1e+100"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    (.nan, "NaN"),
    (0.5, "0.5"), (100, "100"), (.leastNonzeroMagnitude, "5e-324"), (123.456, "123.456"),
  ])
  func printsLikeGo(_ value: Double, _ text: String) { #expect(FloatText.format(value) == text) }

  @Test(arguments: [
    ("1", "1.0"), ("0x1p-3", "0.125"), ("1e5", "100000.0"), ("1e6", "1e+06"), ("+inf", "+Inf"), ("-1", "-1.0"),
  ])
  func normalisesLabels(_ text: String, _ expected: String) {
    let result = Array(text.utf8).withUnsafeBufferPointer { LabelCanonicalizer.normalized($0) }
    #expect(result == expected)
  }
}

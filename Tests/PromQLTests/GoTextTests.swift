import Testing

@testable import PromQL

@Suite("text as Go writes it")
struct GoTextTests {
  @Test(
    arguments: [
      (1.0, "1", "1"), (0, "0", "0"), (-0.0, "-0", "-0"), (1e6, "1000000", "1e+06"), (123_456, "123456", "123456"),
      (1_234_567, "1234567", "1.234567e+06"), (0.0001, "0.0001", "0.0001"), (0.00001, "0.00001", "1e-05"),
      (1e21, "1000000000000000000000", "1e+21"), (0.1, "0.1", "0.1"), (-1.5e-7, "-0.00000015", "-1.5e-07"),
      (.infinity, "+Inf", "+Inf"), (-.infinity, "-Inf", "-Inf"), (.nan, "NaN", "NaN"), (2.5e-308, nil, "2.5e-308"),
    ] as [(Double, String?, String)])
  func numbers(_ value: Double, _ decimal: String?, _ general: String) {
    if let decimal { #expect(GoText.decimal(value) == decimal) }
    #expect(GoText.general(value) == general)
  }

  @Test(arguments: [
    ("a\"b\\c\n\t", #""a\"b\\c\n\t""#), ("\u{1}\u{7f}", #""\x01\x7f""#), ("é\u{200b}", #""é\u200b""#),
    ("\u{1F41D}", "\"\u{1F41D}\""),
  ])
  func quoted(_ text: String, _ expected: String) {
    #expect(GoText.quoted(text) == expected)
    #expect(StringText.value(of: expected) == Array(text.utf8))
  }

  @Test func bytesThatAreNoText() {
    #expect(GoText.quoted([0x61, 0xff, 0xc3, 0xa9, 0xc3]) == #""a\xffé\xc3""#)
    #expect(StringText.value(of: #"'\x41\101\u00e9\U0001F41D'"#) == Array("AA\u{e9}\u{1F41D}".utf8))
  }
}

import FleetModel
import Testing

@Suite struct RFC3339Tests {
  @Test(arguments: [
    ("1970-01-01T00:00:00.000Z", 0), ("2026-11-23T01:02:03.004Z", 1_795_395_723_004),
    ("2000-02-29T23:59:59.999Z", 951_868_799_999), ("1969-12-31T23:59:59.999Z", -1),
    ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
  ])
  func goesBothWays(_ text: String, _ milliseconds: Int64) {
    #expect(RFC3339.format(Timestamp(milliseconds: milliseconds)) == text)
    #expect(RFC3339.parse(text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    ("1970-01-01t01:00:00+01:00", 0), ("1970-01-01 00:00:00.1239z", 123), ("1969-12-31T23:30:00-00:30", 0),
  ])
  func readsOtherSpellings(_ text: String, _ milliseconds: Int64) {
    #expect(RFC3339.parse(text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "1970-01-01", "1970-13-01T00:00:00Z", "1970-02-29T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:00:00",
    "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx", "1970-1-1T00:00:00Z", "1970-01-01T00:00:00+24:00",
  ])
  func refuses(_ text: String) { #expect(RFC3339.parse(text) == nil) }

  @Test func timeSaturates() {
    let last = Timestamp(milliseconds: .max)
    #expect(last + .seconds(1) == last)
    #expect(Timestamp(milliseconds: .min) - .seconds(1) == Timestamp(milliseconds: .min))
    #expect((last - Timestamp(milliseconds: .min)).wholeMilliseconds == .max)
  }
}

@Suite struct GlobTests {
  @Test(arguments: [
    ("*", ""), ("*", "abc"), ("a*c", "abbc"), ("a?c", "abc"), ("[a-c]x", "bx"), ("[!a-c]x", "dx"), ("\\*", "*"),
    ("*a*b*", "xaxbx"), ("[]]", "]"), ("agent-[0-9]", "agent-7"), ("[", "["), ("", ""), ("?", "ü"), ("[a-]", "-"),
  ])
  func matches(_ pattern: String, _ text: String) { #expect(Glob(pattern).matches(text)) }

  @Test(arguments: [
    ("", "a"), ("a", ""), ("a?c", "ac"), ("[a-c]x", "dx"), ("[!a-c]x", "ax"), ("\\*", "a"), ("a*b", "acd"), ("?", ""),
    (String(repeating: "*a", count: 50) + "b", String(repeating: "a", count: 500)),
  ])
  func doesNotMatch(_ pattern: String, _ text: String) { #expect(!Glob(pattern).matches(text)) }
}

import FleetModel
import NIOCore
import PromQL
import Testing

@testable import ControlPlane

@Suite struct SampleTextTests {
  private static func value(_ value: Double) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { bytes in
      guard let base = bytes.baseAddress else { return "" }
      let count = SampleText.write(value: value, to: base)
      return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
  }

  private static func general(_ value: Double) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { bytes in
      guard let base = bytes.baseAddress else { return "" }
      return String(decoding: bytes.prefix(SampleText.write(general: value, to: base)), as: UTF8.self)
    }
  }

  static let values: [(Double, String)] = [
    (0, "0"), (-0.0, "-0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (1e-6, "0.000001"), (9.99e-7, "9.99e-07"),
    (1e-100, "1e-100"), (123_456_789, "123456789"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
    (1.25e22, "1.25e+22"), (0.1 + 0.2, "0.30000000000000004"), (-123.456, "-123.456"), (.nan, "NaN"),
    (.infinity, "+Inf"), (-.infinity, "-Inf"), (.leastNonzeroMagnitude, "5e-324"),
    (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (-1.7976931348623157e-300, "-1.7976931348623157e-300"),
    (1_234_567.890_123_456_7, "1234567.8901234567"), (1_000_000, "1000000"), (0.001, "0.001"),
    (-0.000_001_234_567_890_123_456_7, "-0.0000012345678901234567"),
  ]

  @Test(arguments: values) func decimal(value: Double, text: String) {
    #expect(Self.value(value) == text)
    #expect(text.utf8.count <= SampleText.longestValue)
  }

  /// Wherever there is no exponent it is the text that PromQL uses for labels; Go's `%g` likewise.
  @Test func agreesWithTheTextOfTheLanguage() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let plain = Double.random(in: -1e9...1e9, using: &generator)
      #expect(Self.value(plain) == GoText.decimal(plain))
      let any = Double(bitPattern: generator.next())
      if any.isNaN { continue }
      #expect(Self.general(any) == GoText.general(any))
      #expect(Self.value(any).utf8.count <= SampleText.longestValue)
      #expect(Double(Self.value(any)) == any)
    }
  }

  static let times: [(Int64, String)] = [
    (0, "0"), (1, "0.001"), (1_435_781_451_781, "1435781451.781"), (1000, "1"), (1100, "1.100"), (1010, "1.010"),
    (-1, "-0.001"), (-1500, "-1.500"), (.min, "-9223372036854775.808"), (.max, "9223372036854775.807"),
  ]

  @Test(arguments: times) func time(milliseconds: Int64, text: String) {
    var json = PrometheusJSON()
    json.time(milliseconds)
    #expect(String(buffer: json.buffer) == text)
    #expect(text.utf8.count <= SampleText.longestTime)
  }

  @Test func stringsAreEscaped() {
    let all = String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init))) + "\u{2028}€😀"
    var json = PrometheusJSON()
    json.strings([all, "", "a\"b\\c\n\r\t\u{1}\u{1f}"])
    guard case .array(let texts)? = try? JSONParser.parse(Array(json.buffer.readableBytesView)) else {
      return #expect(Bool(false), "no JSON")
    }
    #expect(texts == [.string(all), "", "a\"b\\c\n\r\t\u{1}\u{1f}"])
    #expect(String(buffer: json.buffer).hasSuffix(#""a\"b\\c\n\r\t\u0001\u001f"]"#))
  }

  @Test func manySamplesAreWrittenInParts() throws {
    var json = PrometheusJSON(capacity: 0)
    let count = 1000
    json.samples(
      SampleColumns(timestamps: (0..<Int64(count)).map { $0 * 1001 }, values: (0..<count).map { Double($0) / 7 }))
    guard case .array(let samples) = try JSONParser.parse(Array(json.buffer.readableBytesView)) else { return }
    #expect(samples.count == count)
    for (index, sample) in samples.enumerated() {
      #expect(sample == [.number(Double(index * 1001) / 1000), .string(GoText.decimal(Double(index) / 7))])
    }
  }

  static let names = [
    "a": "a", "U__a": "a", "U__a_2e_b": "a.b", "U__a__b": "a_b", "U___1F600_x": "😀x", "U__": "", "U__a_": "U__a_",
    "U__a_zz_": "U__a_zz_", "U__a_d800_": "U__a_d800_", "U__a_1234567_": "U__a_1234567_", "U__a_2e": "U__a_2e",
    "u__a_2e_b": "u__a_2e_b", "__name__": "__name__",
  ]

  @Test(arguments: names) func escapedNames(text: String, name: String) { #expect(EscapedName.unescape(text) == name) }

  @Test(arguments: ["a.b": "a_b", "1a": "_a", "a1:b": "a1:b", "€é": "__"]) func underscores(name: String, text: String)
  {
    #expect(EscapedName.underscored(name) == text)
  }

  @Test(arguments: [
    ("gzip", true), ("gzip, deflate, br", true), ("deflate", false), ("", false), ("*", true), ("gzip;q=0", false),
    ("*;q=0.5", true), ("*, gzip; q=0", false), ("GZIP;q=0.3", true), ("identity", false),
  ])
  func encodingsThatClientsTake(header: String, takes: Bool) { #expect(AnswerCompression.accepts(header) == takes) }
}

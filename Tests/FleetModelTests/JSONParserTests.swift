import FleetModel
import Testing

@Suite struct JSONParserTests {
  @Test(arguments: [
    ("", "line 1, column 1: expected a value, found the end"),
    ("{", "line 1, column 2: expected a key in double quotes, found the end"),
    ("{\"a\" 1}", #"line 1, column 6: expected ":" after key "a", found "1""#),
    ("{\n\"a\": 1,\n}", #"line 3, column 1: expected a key in double quotes, found "}""#),
    ("{\"a\":1,\"a\":2}", #"line 1, column 8: key "a" is written twice; remove one"#),
    ("[1 2]", #"line 1, column 4: expected "," or "]" in an array, found "2""#),
    ("[1,]", #"line 1, column 4: expected a value, found "]""#),
    ("nul", #"line 1, column 1: expected a value, found "n"; text needs double quotes"#),
    ("'a'", "line 1, column 1: expected a value, found \"'\""),
    ("01", "line 1, column 1: a number may not begin with 0"),
    ("-", "line 1, column 2: expected a digit, found the end"),
    ("1.", "line 1, column 3: expected a digit after \".\", found the end"),
    ("1e", "line 1, column 3: expected a digit in the exponent, found the end"),
    ("1e999", "line 1, column 1: 1e999 is beyond the range of a 64-bit number"),
    ("\"a", "line 1, column 1: a string that begins here has no closing quote"),
    ("\"a\nb\"", "line 1, column 3: a control character in a string; write it as an escape"),
    ("\"\\x\"", "line 1, column 2: unknown escape; write \"\\\\\" for a backslash"),
    ("\"\\u12\"", "line 1, column 2: \\u needs four hexadecimal digits"),
    ("\"\\ud800\"", "line 1, column 2: half of a surrogate pair"),
    ("\"\\udc00\\ud800\"", "line 1, column 2: half of a surrogate pair"),
    ("1 2", "line 1, column 3: there is more after the end of the document; remove it"),
    (String(repeating: "[", count: 100), "line 1, column 65: nested deeper than 64 levels; flatten the document"),
  ])
  func refuses(_ text: String, _ expected: String) {
    let error = #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(Array(text.utf8)) }
    #expect(error?.description == expected)
  }

  @Test func refusesWhatIsNotUTF8() {
    #expect(throws: JSONParser.Failure.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
    #expect(throws: JSONParser.Failure.self) { try JSONParser.parse([0xEF, 0xBB, 0xBF, 0x31]) }
  }

  @Test(arguments: [
    ("null", "null"), (" [ ] ", "[]"), ("{}", "{}"), ("-0.5e2", "-50"), ("[true,false]", "[true,false]"),
    (#""\u00e9\ud83d\ude00\n\/""#, #""é😀\n/""#), (#"{"b":1,"a":[{"c":null}]}"#, #"{"b":1,"a":[{"c":null}]}"#),
    (#""\u0001""#, #""\u0001""#), ("1.25", "1.25"),
  ])
  func reads(_ text: String, _ expected: String) throws {
    #expect(try JSONParser.parse(Array(text.utf8)).description == expected)
  }

  /// No cut and no flipped byte of a document makes the parser do anything but answer.
  @Test func survivesDamage() throws {
    let document = Array(#"{"a":[1.5e-3,"\ud83d\ude00é",{"b":null}],"c":true}"#.utf8)
    for end in document.indices {
      _ = try? JSONParser.parse(Array(document[..<end]))
      for byte: UInt8 in [0, 0x22, 0x5C, 0x7B, 0x80, 0xFF] {
        var damaged = document
        damaged[end] = byte
        _ = try? JSONParser.parse(damaged)
      }
    }
    #expect((try? JSONParser.parse(document)) != nil)
  }
}

import FleetModel
import Testing

@testable import DeployPlan

@Suite struct QuantityTests {
  @Test(arguments: [
    ("1", "1000m"), ("0.5", "500m"), ("1Ki", "1024"), ("1Mi", "1048576"), ("1.5Gi", "1610612736"), ("2e3", "2k"),
    ("2E3", "2k"), ("1E", "1000P"), (".5", "500m"), ("5.", "5"), ("+1", "1"), ("100n", "0.0000001"), ("1u", "1000n"),
    ("0.1Ki", "102.4"), ("1000000000000000000000", "9223372036854775807"), ("0.0000000001", "1n"), ("007", "7"),
    ("1e-3", "1m"), ("-1", "-1000m"), ("0", "-0"),
  ])
  func same(left: String, right: String) throws {
    #expect(try #require(Quantity(left)) == (try #require(Quantity(right))))
  }

  @Test(arguments: [
    ("999m", "1"), ("1G", "1Gi"), ("500m", "1"), ("1Mi", "1Gi"), ("-1", "0"), ("0.1", "0.2"), ("1023", "1Ki"),
  ])
  func less(left: String, right: String) throws {
    #expect(try #require(Quantity(left)) < (try #require(Quantity(right))))
  }

  @Test(arguments: [
    "", "m", ".", "1 Gi", "1gi", "1GB", "1mm", "--1", "1e", "1e+", "0x10", "1K", "Mi", "1.2.3", "1,5", "１",
  ])
  func refused(text: String) { #expect(Quantity(text) == nil) }
}

@Suite struct ImageReferenceTests {
  private static let hex = String(repeating: "0123456789abcdef", count: 4)

  @Test func parts() throws {
    let plain = try #require(ImageReference("localhost:5000/team/planner"))
    #expect(plain.name == "localhost:5000/team/planner" && plain.tag == nil && plain.digest == nil)
    let tagged = try #require(ImageReference("registry.example:443/planner:1.2-rc_1"))
    #expect(tagged.name == "registry.example:443/planner" && tagged.tag == "1.2-rc_1")
    let digested = try #require(ImageReference("planner:1@sha256:\(Self.hex)"))
    #expect(digested.name == "planner" && digested.tag == "1" && digested.digest == "sha256:\(Self.hex)")
  }

  @Test(arguments: ["a", "a/b", "a__b", "a---b", "a.b/c_d", "library/a:latest", "127.0.0.1:5000/a"])
  func accepted(text: String) { #expect(ImageReference(text) != nil) }

  @Test(arguments: [
    "", "Planner", "a//b", "/a", "a/", "a:", "a@", "a@sha256:12", "a@md5:\(hex)", "a___b", "a..b", "-a", "a b",
    "https://x/a",
    "x.y:99999/a", "a:-1", "a:\(String(repeating: "x", count: 129))", ":tag",
  ])
  func refused(text: String) {
    #expect(ImageReference(text) == nil)
    #expect(ImageReference.flaw(in: text) != nil)
  }
}

@Suite struct PatternSyntaxTests {
  @Test(arguments: [
    "", "a|b", ".*", "^a+?$", "(a|b)*", "[a-z]", "[^]a]", "[[:alpha:]-]", "\\d{1,3}", "a{2}", "a{,2}", "(?i)x",
    "(?P<n>x)",
    "(?:x)", "x{1000}", "\\.", "\\Q(\\E", "[\\]]", "^*", "(?i:x)", "{x}",
  ])
  func accepted(pattern: String) { #expect(PatternSyntax.flaw(in: pattern) == nil) }

  @Test(arguments: [
    "(", ")", "[", "[a", "*", "+a", "a**", "\\", "(?=x)", "(?<!x)", "\\1", "x{1001}", "x{3,2}", "(*a)", "[z-a]", "\\y",
  ])
  func refused(pattern: String) { #expect(PatternSyntax.flaw(in: pattern) != nil) }
}

@Suite struct WebAddressTests {
  @Test(arguments: [
    "http://planner:8080/metrics", "https://example.org", "http://[::1]:80/x?y=z", "http://127.0.0.1",
    "https://u:p@h/x",
    "http://a/%20",
  ])
  func accepted(text: String) { #expect(WebAddress.flaw(in: text) == nil) }

  @Test(arguments: [
    "", "planner:8080", "ftp://x", "http://", "http://:80", "http://a:0", "http://a:99999", "http://a:x", "http://a b",
    "http://[::1", "http://a/%2", "http://[zz]",
  ])
  func refused(text: String) { #expect(WebAddress.flaw(in: text) != nil) }

  @Test func credentialsAreNotShown() { #expect(WebAddress.shown("http://u:hunter2@h/x") == "http://...@h/x") }
}

@Suite struct KeyDistanceTests {
  @Test(arguments: [
    ("agnet_id", "agent_id"), ("agentId", "agent_id"), ("agent-id", "agent_id"), ("imag", "image"), ("portss", "ports"),
    ("Image", "image"),
  ])
  func nearest(key: String, expected: String) {
    #expect(KeyDistance.nearest(to: key, among: ["agent_id", "image", "ports", "labels"]) == expected)
  }

  @Test func wordsAndLetters() {
    #expect(KeyDistance.nearest(to: "env", among: ["environment", "image"]) == "environment")
    #expect(KeyDistance.nearest(to: "timeout", among: ["collection_timeout", "retention"]) == "collection_timeout")
    #expect(KeyDistance.nearest(to: "replicas", among: ["min_replicas", "max_replicas"]) == nil)
    #expect(KeyDistance.nearest(to: "=>", among: ["==", ">="]) == ">=")
  }

  @Test func nothingIsNear() { #expect(KeyDistance.nearest(to: "replicas", among: ["agent_id", "image"]) == nil) }

  @Test(arguments: [("", "", 0), ("ab", "ba", 1), ("abc", "", 3), ("kitten", "sitting", 3), ("abcd", "acbd", 1)])
  func distance(left: String, right: String, expected: Int) {
    #expect(KeyDistance.distance(Array(left.utf8), Array(right.utf8)) == expected)
    #expect(KeyDistance.distance(Array(right.utf8), Array(left.utf8)) == expected)
  }
}

@Suite struct ByteSizeTests {
  @Test(arguments: [
    ("1024", 1024), ("1KiB", 1024), ("1KB", 1024), ("1Ki", 1024), ("16MiB", 16 << 20), ("2 GiB", 2 << 30), ("7B", 7),
    ("1K", 1024),
  ])
  func accepted(text: String, bytes: UInt64) { #expect(ByteSize.parse(text) == bytes) }

  @Test(arguments: ["", "MiB", "1.5GiB", "-1", "1mib", "1 ", "99999999999EiB", "1iB"])
  func refused(text: String) { #expect(ByteSize.parse(text) == nil) }

  @Test(arguments: [1, 1023, 1024, 1536, 16 << 20, 1 << 60] as [UInt64])
  func roundTrip(bytes: UInt64) { #expect(ByteSize.parse(ByteSize.format(bytes)) == bytes) }
}

@Suite struct CalendarRangeTests {
  @Test(arguments: [
    ("monday:friday", CalendarRange.Unit.weekday, [1, 5]), ("Sunday", .weekday, [0, 0]),
    ("-3:-1", .dayOfMonth, [-3, -1]),
    ("1:-1", .dayOfMonth, [1, -1]), ("march:5", .month, [3, 5]), ("2026", .year, [2026, 2026]),
  ])
  func accepted(text: String, unit: CalendarRange.Unit, expected: [Int]) throws {
    let ends = try CalendarRange.parse(text, unit).get()
    #expect([ends.first, ends.last] == expected)
  }

  @Test func refused() {
    for (text, unit) in [
      ("friday:monday", CalendarRange.Unit.weekday), ("mon", .weekday), ("0", .dayOfMonth), ("-1:1", .dayOfMonth),
      ("5:1", .dayOfMonth), ("32", .dayOfMonth), ("13", .month),
      ("1:2:3", .month), ("", .year),
    ] {
      #expect(throws: CalendarRange.CalendarProblem.self) { try CalendarRange.parse(text, unit).get() }
    }
    #expect(
      CalendarRange.minutes("24:00") == 1440 && CalendarRange.minutes("24:01") == nil
        && CalendarRange.minutes("9:00") == nil)
  }
}

@Suite struct AddressTests {
  @Test(arguments: [
    ("jane@example.org", true), ("\"Doe, Jane\" <jane@example.org>, Night <night@example.org>", true),
    ("\"a@b, \\\" c\" <c@example.org>", true), ("Doe, Jane <jane@example.org>", false), ("nobody", false),
    ("Team team@example.org", false), ("a@b@c", false), ("@example.org", false),
  ]) func emailAddresses(_ text: String, _ isRight: Bool) {
    #expect((EmailDeclaration.addresses(text) == nil) == isRight)
  }

  @Test(arguments: [
    ("http://proxy:3128", true), ("http://u:p@proxy", true), ("socks5://proxy:1080", true), ("https://proxy", false),
    ("proxy:3128", false), ("http://", false),
  ]) func proxies(_ text: String, _ isRight: Bool) {
    #expect((WebAddress.proxyFlaw(in: text) == nil) == isRight)
  }
}

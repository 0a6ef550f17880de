import FleetModel
import Testing

@testable import ControlPlane

@Suite struct RequestTargetTests {
  @Test(arguments: [
    ("/", [""]), ("/a/b", ["a", "b"]), ("/a//b/", ["a", "", "b", ""]), ("/a%2Fb/%C3%A9", ["a/b", "é"]),
    ("/a+b?c=d", ["a+b"]), ("/a#b", ["a"]), ("/a?b#c", ["a"]),
  ])
  func splits(_ target: String, _ expected: [String]) throws { #expect(try RequestTarget(target).segments == expected) }

  @Test(arguments: ["", "*", "http://x/", "/%", "/%4", "/%zz", "/%ff", "/%00", "/%c3"])
  func refuses(_ target: String) { #expect(throws: APIError.self) { try RequestTarget(target) } }

  @Test(arguments: [
    (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
  ])
  func writesDates(_ milliseconds: Int64, _ expected: String) {
    #expect(HTTPDate.format(Timestamp(milliseconds: milliseconds)) == expected)
  }

  @Test func readsTheQuery() throws {
    let parameters: [APIRoute.Parameter] = [
      .init(name: "a", kind: .text, summary: ""), .init(name: "f", kind: .flag, summary: ""),
      .init(name: "n", kind: .integer(1...9, default: 5), summary: ""),
    ]
    #expect(try RequestTarget("/x?a=b+c%26&f").values(of: parameters) == ["a": "b c&", "f": "true", "n": "5"])
    #expect(try RequestTarget("/x?a=&f=0&n=9&&=&z").values(of: parameters) == ["f": "false", "n": "9"])
    #expect(throws: APIError.self) { try RequestTarget("/x?n=10").values(of: parameters) }
  }

  @Test(arguments: [
    ("http://10.0.0.7:8080/metrics", "10.0.0.7:8080"), ("HTTPS://Agent.example/x", "agent.example:443"),
    ("http://u:p@h:1?x", "h:1"), ("http://[::1]:9/", "[::1]:9"), ("http://h", "h:80"),
  ])
  func namesInstances(_ url: String, _ expected: String) { #expect(EndpointAddress.hostAndPort(of: url) == expected) }

  @Test(arguments: ["", "h:1", "ftp://h/", "http://", "http:///x", "http://h:x/", "http://h:99999/", "http://[x]/"])
  func refusesEndpoints(_ url: String) { #expect(EndpointAddress.hostAndPort(of: url) == nil) }
}

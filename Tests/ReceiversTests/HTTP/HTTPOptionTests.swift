import FleetModel
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

@testable import Receivers

@Suite("http_config: who asks, and by which way") struct HTTPOptionTests {
  @Test func secretsAreReadAnewForEachTry() async throws {
    let files = try ScratchDirectory()
    let token = try files.write("token", "first\n")
    var options = HTTPClientOptions()
    options.bearerTokenFile = token.string
    try await HTTPListener.with { listener in
      try await HTTPSender.with(options) { sender in
        let outcome1 = try await sender.post(listener.url)
        #expect(outcome1 == nil)
        try files.write("token", "second")
        let outcome2 = try await sender.post(listener.url)
        #expect(outcome2 == nil)
        #expect(listener.requests.entries.flatMap { $0.headers["authorization"] } == ["Bearer first", "Bearer second"])
        try files.write("token", " \n")
        let outcome3 = try await sender.post(listener.url)
        #expect(outcome3 == DeliveryFailure("\(token) is empty", .retry(after: nil)))
        try files.write("token", "a\nb")
        let lines = DeliveryFailure("\(token) holds more than one line of text", .retry(after: nil))
        let outcome4 = try await sender.post(listener.url)
        #expect(outcome4 == lines)
      }
    }
    options.bearerTokenFile = files.path.appending("none").string
    try await HTTPSender.with(options) { sender in
      let failure = try await sender.post("http://127.0.0.1:1/")
      #expect(failure?.reason == "cannot read \(files.path)/none: No such file or directory")
    }
  }

  @Test func everyKindOfProofBecomesItsHeader() async throws {
    let files = try ScratchDirectory()
    var cases: [(HTTPClientOptions, String?, [String])] = []
    var options = HTTPClientOptions()
    options.bearerToken = SecretText("t0ken")
    cases.append((options, nil, ["Bearer t0ken"]))
    options = HTTPClientOptions()
    options.authorization = .init()
    options.authorization?.type = "Splunk"
    options.authorization?.credentials = SecretText("abc")
    cases.append((options, nil, ["Splunk abc"]))
    options.authorization?.credentials = nil
    options.authorization?.credentialsFile = try files.write("credentials", "def\n").string
    cases.append((options, nil, ["Splunk def"]))
    // What the service's own key says goes first.
    cases.append((options, "GenieKey k", ["GenieKey k"]))
    options = HTTPClientOptions()
    options.basicAuth = .init()
    options.basicAuth?.username = "skep"
    options.basicAuth?.password = SecretText("hive")
    cases.append((options, nil, ["Basic c2tlcDpoaXZl"]))
    options.basicAuth?.password = nil
    options.basicAuth?.passwordFile = try files.write("password", "hive").string
    cases.append((options, nil, ["Basic c2tlcDpoaXZl"]))
    for (options, authorization, expected) in cases {
      try await HTTPListener.with { listener in
        try await HTTPSender.with(options) { sender in
          let outcome5 = try await sender.post(listener.url, authorization: authorization)
          #expect(outcome5 == nil)
          #expect(listener.requests.entries.first?.headers["authorization"] == expected)
        }
      }
    }
  }

  @Test func userAndPasswordOfTheURLAreProofToo() async throws {
    try await HTTPListener.with { listener in
      try await HTTPSender.with { sender in
        let outcome6 = try await sender.post("http://skep:hive@127.0.0.1:\(listener.port)/x")
        #expect(outcome6 == nil)
        let request = try #require(listener.requests.entries.first)
        #expect(request.headers["authorization"] == ["Basic c2tlcDpoaXZl"])
        #expect(request.headers["host"] == ["127.0.0.1:\(listener.port)"])
      }
    }
  }

  @Test func furtherHeadersAreSent() async throws {
    let files = try ScratchDirectory()
    var options = HTTPClientOptions()
    var values = HTTPClientOptions.HeaderValues()
    values.values = ["one"]
    values.secrets = [SecretText("two")]
    values.files = [try files.write("three", "three\n").string]
    options.headers = ["X-Team": values]
    try await HTTPListener.with { listener in
      try await HTTPSender.with(options) { sender in
        let outcome7 = try await sender.post(listener.url)
        #expect(outcome7 == nil)
        #expect(listener.requests.entries.first?.headers["x-team"] == ["one", "two", "three"])
      }
    }
  }

  @Test func noSecretComesBackInAnError() async throws {
    var options = HTTPClientOptions()
    options.bearerToken = SecretText("t0ken-of-mine")
    try await HTTPListener.with([
      .answer(400, [], "cannot POST /services/T000/B000/XXXX?key=1 for t0ken-of-mine")
    ]) { listener in
      try await HTTPSender.with(options) { sender in
        let failure = try await sender.post(listener.url + "/services/T000/B000/XXXX?key=1")
        #expect(failure?.reason == "status 400: cannot POST <secret> for <secret>")
      }
    }
  }

  @Test func redirectsAreFollowedAsAClientDoes() async throws {
    var options = HTTPClientOptions()
    options.bearerToken = SecretText("t0ken")
    try await HTTPListener.with { elsewhere in
      let away = ("Location", elsewhere.url + "/there")
      try await HTTPListener.with([
        .answer(308, [("Location", "/moved")]), .answer(307, [away]), .answer(302, [("Location", "result")]),
        .answer(200),
      ]) { listener in
        try await HTTPSender.with(options) { sender in
          let outcome8 = try await sender.post(listener.url + "/a/hook")
          #expect(outcome8 == nil)
          // 308 and 307 keep method and body; the proof stays with the place that it is for.
          #expect(listener.requests.entries.map(\.uri) == ["/a/hook", "/moved"])
          #expect(
            listener.requests.entries.flatMap { $0.headers["authorization"] } == ["Bearer t0ken", "Bearer t0ken"])
          let there = try #require(elsewhere.requests.entries.first)
          #expect(there.method == "POST" && there.uri == "/there" && there.body == "{\"alerts\":[]}")
          #expect(there.headers["authorization"] == [])
          // 302 leads to a page about what was posted.
          let outcome9 = try await sender.post(listener.url + "/b/hook")
          #expect(outcome9 == nil)
          let last = try #require(listener.requests.entries.last)
          #expect(last.method == "GET" && last.uri == "/b/result" && last.body.isEmpty)
        }
      }
    }
  }

  @Test func redirectsHaveLimits() async throws {
    try await HTTPListener.with([.answer(307, [("Location", "/again")])]) { listener in
      try await HTTPSender.with { sender in
        let outcome10 = try await sender.post(listener.url)
        #expect(outcome10 == DeliveryFailure("more than 10 redirects", .giveUp))
        #expect(listener.requests.entries.count == 11)
      }
      var options = HTTPClientOptions()
      options.followRedirects = false
      try await HTTPSender.with(options) { sender in
        let failure = try await sender.post(listener.url)
        #expect(failure == DeliveryFailure("status 307 (a redirect that is not followed)", .giveUp))
      }
    }
    for bad in ["ftp://example.org/", "http://"] {
      try await HTTPListener.with([.answer(307, [("Location", bad)])]) { listener in
        try await HTTPSender.with { sender in
          let failure = try await sender.post(listener.url)
          #expect(failure == DeliveryFailure("status 307 with a Location that is not a URL", .giveUp), "\(bad)")
        }
      }
    }
  }

  @Test func aProxyIsAskedForATunnel() async throws {
    try await HTTPListener.with { listener in
      try await ProxyListener.with { proxy in
        var options = HTTPClientOptions()
        options.proxyURL = "http://user:pass@127.0.0.1:\(proxy.port)"
        try await HTTPSender.with(options) { sender in
          let outcome11 = try await sender.post(listener.url + "/hook")
          #expect(outcome11 == nil)
          #expect(listener.requests.entries.map(\.uri) == ["/hook"])
          let request = try #require(proxy.requests.entries.first)
          #expect(request.hasPrefix("CONNECT 127.0.0.1:\(listener.port) HTTP/1.1\r\n"))
          #expect(request.lowercased().contains("proxy-authorization: basic dxnlcjpwyxnz\r\n"))
        }
      }
      for (refusal, words) in [
        ("HTTP/1.1 403 Forbidden", "the proxy refuses to connect"),
        (
          "HTTP/1.1 407 Proxy Authentication Required",
          "the proxy asks for a user and a password; give them in proxy_url"
        ),
      ] {
        try await ProxyListener.with(refusal: refusal) { proxy in
          var options = HTTPClientOptions()
          options.proxyURL = "http://127.0.0.1:\(proxy.port)"
          try await HTTPSender.with(options) { sender in
            let outcome12 = try await sender.post(listener.url)
            #expect(outcome12 == DeliveryFailure(words, .retry(after: nil)))
          }
        }
      }
    }
  }

  @Test(arguments: [
    ("not a url", "proxy_url is not a URL; write http://HOST:PORT"),
    ("https://proxy:1", "proxy_url has the scheme \"https\"; http and socks5 are served"),
    ("http://proxy:70000", "proxy_url has port 70000; ports are 1 to 65535"),
    ("socks5://u:p@proxy", "proxy_url: a socks5 proxy with a user is not served; use an http proxy"),
  ])
  func aProxyThatIsNoneIsRefused(_ url: String, _ problem: String) async throws {
    var options = HTTPClientOptions()
    options.proxyURL = url
    let expected = ReceiverError(receiver: "night", problem: "webhook_configs[0]: \(problem)")
    await #expect(throws: expected) { try await HTTPSender.with(options) { _ in } }
  }
}

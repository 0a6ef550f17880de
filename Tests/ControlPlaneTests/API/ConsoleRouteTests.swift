import AsyncHTTPClient
import Console
import FleetHealth
import FleetModel
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct ConsoleAssetTests {
  private static var folder: URL {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources/Console/Assets")
  }

  /// What is in the folder is in the binary, byte by byte, and nothing else.
  @Test func everyFileIsInTheBinary() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(ConsoleAsset.all.map(\.name) == files)
    for asset in ConsoleAsset.all {
      #expect(try Data(contentsOf: Self.folder.appending(path: asset.name)) == Data(asset.bytes), "\(asset.name)")
      #expect(asset.contentType != "application/octet-stream")
    }
    #expect(Set(ConsoleAsset.all.map(\.entityTag)).count == files.count)
  }

  @Test func theWholePageIsLight() {
    #expect(ConsoleAsset.all.reduce(0) { $0 + $1.bytes.count } < 250_000)
  }

  /// Nothing comes from elsewhere, and nothing stands where the policy would refuse it.
  @Test func nothingIsInlineOrForeign() throws {
    for asset in ConsoleAsset.all {
      let text = String(decoding: asset.bytes, as: UTF8.self)
      let addresses = text.matches(of: /https?:\/\/[^'"\s)]+/).map { String($0.output) }
      #expect(addresses.allSatisfy { $0 == "http://www.w3.org/2000/svg" }, "\(asset.name): \(addresses)")
      for bad in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
        #expect(!text.contains(bad), "\(asset.name) has \(bad)")
      }
    }
    let page = String(decoding: try #require(ConsoleAsset.named("index.html")).bytes, as: UTF8.self)
    #expect(!page.contains("style=") && !page.contains("onclick") && page.matches(of: /<script(?![^>]*src=)/).isEmpty)
  }

  /// A module that is imported is there, and every module is imported by another or by the page.
  @Test func modulesFindEachOther() {
    let names = Set(ConsoleAsset.all.map(\.name))
    var found: Set<String> = ["index.html"]
    for asset in ConsoleAsset.all {
      let text = String(decoding: asset.bytes, as: UTF8.self)
      for match in text.matches(of: /(?:from |import\()'\.\/([a-z]+\.js)'|"console\/([a-z]+\.[a-z]+)"/) {
        let name = String(match.output.1 ?? match.output.2 ?? "")
        #expect(names.contains(name), "\(asset.name) asks for \(name)")
        found.insert(name)
      }
    }
    #expect(found == names)
  }
}

@Suite struct ConsoleRouteTests {
  @Test func thePageComesWithItsPolicyAndIsAskedAboutOnce() async throws {
    try await ServerHarness.with { server in
      let page = try await server.ask("GET", "/")
      #expect(page.status == 200 && page.body.contains("<title>Skep</title>"))
      #expect(page.headers["content-type"] == ["text/html; charset=utf-8"])
      #expect(page.headers["content-security-policy"].first?.hasPrefix("default-src 'none'; script-src 'self'") == true)
      #expect(page.headers["cache-control"] == ["no-cache"])
      let tag = try #require(page.headers["etag"].first)
      for known in [tag, "\"x\", W/\(tag)", "*"] {
        let again = try await server.ask("GET", "/", headers: [("If-None-Match", known)])
        #expect(again.status == 304 && again.body.isEmpty, "\(known)")
      }
      #expect(try await server.ask("GET", "/", headers: [("If-None-Match", "\"x\"")]).status == 200)
      #expect(
        try await server.ask("GET", "/console/app.js").headers["content-type"] == ["text/javascript; charset=utf-8"])
      #expect(try await server.ask("GET", "/console/none.js").status == 404)
      #expect(try await server.ask("GET", "/console/..%2Fapp.js").status == 404)
    }
  }

  private static func withTokens(_ body: @escaping @Sendable (ServerHarness) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      try writeFile(
        "reader:\(ConsoleSessionTests.reader)\noperator:\(ConsoleSessionTests.operators)\n", to: directory + "/tokens")
      try await ServerHarness.with(
        configuration: .with { $0.security.tokenFile = directory + "/tokens" }, body)
    }
  }

  private static func cookie(_ answer: ServerHarness.Answer) throws -> (String, String) {
    ("Cookie", String(try #require(answer.headers["set-cookie"].first).prefix { $0 != ";" }))
  }

  @Test func whoIsSignedInReadsAndChangesByRole() async throws {
    try await Self.withTokens { server in
      let path = "/fleet/v1/session"
      #expect(try await server.ask("GET", "/").status == 200, "the page itself is open")
      #expect(try await server.ask("GET", "/fleet/v1/board").status == 401)
      let before = try await server.ask("GET", path)
      #expect(before.json?["sign_in_needed"] == true && before.json?["signed_in"] == false)
      #expect(try await server.ask("POST", path, body: #"{"token":"wrong-0123456789"}"#).status == 401)
      #expect(try await server.ask("POST", path, body: #"{"tokens":"x"}"#).status == 400)

      let signedIn = try await server.ask("POST", path, body: #"{"token":"\#(ConsoleSessionTests.operators)"}"#)
      #expect(signedIn.status == 200 && signedIn.json?["role"] == "operator")
      let cookie = try Self.cookie(signedIn)
      guard case .string(let csrf)? = signedIn.json?["csrf_token"] else { throw CancellationError() }
      #expect(try await server.ask("GET", "/fleet/v1/board", headers: [cookie]).status == 200)
      #expect(try await server.ask("GET", path, headers: [cookie]).json?["signed_in"] == true)

      let agent = #"{"agent_id":"a","metrics_endpoint":"http://127.0.0.1:1/metrics"}"#
      let post = { (headers: [(String, String)]) in
        try await server.ask("POST", "/fleet/v1/agents", headers: headers, body: agent).status
      }
      #expect(try await post([cookie]) == 403, "without the CSRF token")
      #expect(try await post([cookie, ("X-CSRF-Token", "x")]) == 403)
      #expect(try await post([cookie, ("X-CSRF-Token", csrf), ("Origin", "http://evil.example")]) == 403)
      #expect(try await post([cookie, ("X-CSRF-Token", csrf)]) == 201)

      let reading = try await server.ask("POST", path, body: #"{"token":"\#(ConsoleSessionTests.reader)"}"#)
      let readers = try Self.cookie(reading)
      guard case .string(let readersToken)? = reading.json?["csrf_token"] else { throw CancellationError() }
      #expect(try await server.ask("GET", "/fleet/v1/board", headers: [readers]).status == 200)
      #expect(try await post([readers, ("X-CSRF-Token", readersToken)]) == 403, "a reader changes nothing")

      #expect(try await server.ask("DELETE", path, headers: [cookie]).status == 403)
      let out = try await server.ask("DELETE", path, headers: [cookie, ("X-CSRF-Token", csrf)])
      #expect(out.status == 200 && out.json?["signed_in"] == false)
      #expect(out.headers["set-cookie"].first?.contains("Max-Age=0") == true)
      #expect(try await server.ask("GET", "/fleet/v1/board", headers: [cookie]).status == 401)
      #expect(try await server.ask("GET", "/fleet/v1/board", headers: [readers]).status == 200)
    }
  }

  @Test func withoutTokensEverybodyOperates() async throws {
    try await ServerHarness.with { server in
      let session = try await server.ask("GET", "/fleet/v1/session")
      #expect(session.json?["sign_in_needed"] == false && session.json?["role"] == "operator")
    }
  }

  @Test func aBoardCanBeOfOneAgent() async throws {
    try await ServerHarness.with(operations: try FakeOperations.populated()) { server in
      let whole = try await server.ask("GET", "/fleet/v1/board")
      let board = try FleetJSON.decode(FleetAPI.BoardAnswer.self, from: whole.body.utf8).board
      let first = try #require(board.agents.first)
      let one = try await server.ask("GET", "/fleet/v1/board?agent_id=\(first.agentID)")
      #expect(try FleetJSON.decode(FleetAPI.BoardAnswer.self, from: one.body.utf8).board.agents == [first])
      #expect(try await server.ask("GET", "/fleet/v1/events?kinds=boards").status == 400)
    }
  }
}

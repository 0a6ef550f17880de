import AsyncHTTPClient
import ClusterStand
import FleetModel
import NIOCore
import NIOHTTP1
import Testing

/// The stand over a socket.
struct StandServerTests {
  static func ask(
    _ stand: ClusterStand, _ method: HTTPMethod, _ target: String, _ body: String? = nil,
    type: String = "application/json"
  ) async throws -> (Int, String) {
    var request = HTTPClientRequest(url: stand.url + target)
    request.method = method
    if let body {
      request.headers.add(name: "content-type", value: type)
      request.body = .bytes(ByteBuffer(string: body))
    }
    let response = try await HTTPClient.shared.execute(request, timeout: .minutes(10))
    let bytes = try await response.body.collect(upTo: 16 << 20)
    return (Int(response.status.code), String(buffer: bytes))
  }

  static let configMap = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"n":"1"}}"#

  @Test func objectsComeAndGo() async throws {
    let stand = try await ClusterStand.start()
    let path = "/api/v1/namespaces/default/configmaps"
    #expect(try await Self.ask(stand, .POST, path, Self.configMap).0 == 201)
    #expect(try await Self.ask(stand, .POST, path, Self.configMap).0 == 409)
    #expect(try await Self.ask(stand, .GET, path + "/a").0 == 200)
    #expect(
      stand.object(apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "a")?["data"]?["n"] == "1")
    #expect(try await Self.ask(stand, .DELETE, path + "/a").0 == 200)
    #expect(try await Self.ask(stand, .GET, path + "/a").0 == 404)
    #expect(stand.requests.map(\.verb) == ["create", "create", "get", "delete", "get"])
    #expect(stand.requests.map(\.status) == [201, 409, 200, 200, 404])
    await stand.stop()
  }

  @Test func aWatchTellsEveryChange() async throws {
    let stand = try await ClusterStand.start()
    let path = "/api/v1/namespaces/default/configmaps"
    var request = HTTPClientRequest(url: stand.url + path + "?watch=true&allowWatchBookmarks=true&labelSelector=a")
    request.method = .GET
    let response = try await HTTPClient.shared.execute(request, timeout: .minutes(10))
    let labelled = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"a":"1"}}}"#
    #expect(try await Self.ask(stand, .POST, path, labelled).0 == 201)
    let patch = #"{"metadata":{"labels":null}}"#
    #expect(
      try await Self.ask(stand, .PATCH, path + "/a", patch, type: "application/merge-patch+json").0 == 200)
    stand.sendBookmarks()
    stand.endWatches()
    let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
    let types = text.split(separator: "\n").map { line in
      (try? JSONParser.parse(Array(line.utf8)))?["type"]?.string ?? ""
    }
    #expect(types == ["ADDED", "DELETED", "BOOKMARK"])
    await stand.stop()
  }

  @Test func orderedFailuresAreMetOnce() async throws {
    let stand = try await ClusterStand.start()
    stand.fail(StandFault(.status(503, retryAfter: 2), verb: "get"))
    stand.fail(StandFault(.cutAfter, verb: "create"))
    let path = "/api/v1/namespaces/default/configmaps"
    await #expect(throws: (any Error).self) { try await Self.ask(stand, .POST, path, Self.configMap) }
    #expect(try await Self.ask(stand, .GET, path + "/a").0 == 503)
    // The request that was cut has been carried out.
    #expect(try await Self.ask(stand, .GET, path + "/a").0 == 200)
    await stand.stop()
  }
}

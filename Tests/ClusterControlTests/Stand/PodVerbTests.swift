import ClusterStand
import FleetModel
import NIOHTTP1
import Testing

/// Logs and evictions of the stand's pods, in the recorded answers' words.
struct PodVerbTests {
  private static let pods = "/api/v1/namespaces/default/pods"

  private static func pod(_ name: String, _ containers: [(name: String, image: String)]) -> String {
    let list = containers.map { #"{"name":"\#($0.name)","image":"\#($0.image)"}"# }.joined(separator: ",")
    return """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)","labels":{"app":"web"}},\
      "spec":{"containers":[\(list)]}}
      """
  }

  private static func make(_ stand: ClusterStand, _ name: String, _ images: String...) async throws {
    let containers = zip(["a", "b"], images).map { (name: $0, image: $1) }
    #expect(try await StandServerTests.ask(stand, .POST, pods, pod(name, containers)).0 == 201)
  }

  private static func message(_ text: String) -> String {
    (try? JSONParser.parse(Array(text.utf8)))?["message"]?.string ?? text
  }

  @Test func logsOfEveryState() async throws {
    let stand = try await ControllerTests.standing()
    stand.setLog(["line 1", "line 2", "line 3"], ofImage: "good:1")
    stand.setBehaviour(.crashLoop(log: ["starting", "panic: no"]), ofImage: "crash:1")
    stand.setBehaviour(.imagePull, ofImage: "gone:1")
    stand.setBehaviour(.unschedulable("0/1 nodes are available."), ofImage: "big:1")
    try await Self.make(stand, "good", "good:1")
    try await Self.make(stand, "two", "good:1", "good:1")
    try await Self.make(stand, "crash", "crash:1")
    try await Self.make(stand, "gone", "gone:1")
    try await Self.make(stand, "big", "big:1")
    #expect(stand.settle())
    let cases: [(String, Int, String)] = [
      ("good/log", 200, "line 1\nline 2\nline 3\n"), ("good/log?tailLines=2", 200, "line 2\nline 3\n"),
      ("good/log?tailLines=0", 200, ""), ("good/log?limitBytes=4", 200, "line"),
      ("good/log?previous=true", 400, "previous terminated container \"a\" in pod \"good\" not found"),
      (
        "good/log?follow=true", 501,
        "cluster stand: the log's parameter follow is not done here; add it to ClusterStand"
      ),
      ("crash/log?previous=true&tailLines=1", 200, "panic: no\n"), ("crash/log", 200, "starting\npanic: no\n"),
      ("gone/log", 400, "container \"a\" in pod \"gone\" is waiting to start: trying and failing to pull image"),
      ("big/log", 204, ""), ("nope/log", 404, "pods \"nope\" not found"),
      ("two/log", 400, "a container name must be specified for pod two, choose one of: [a b]"),
      ("two/log?container=c", 400, "container c is not valid for pod two"),
      ("two/log?container=b&tailLines=1", 200, "line 3\n"),
      (
        "two/log?container=a&limitBytes=0", 422,
        "PodLogOptions \"two\" is invalid: limitBytes: Invalid value: 0: must be greater than 0"
      ),
    ]
    for (path, status, words) in cases {
      let answer = try await StandServerTests.ask(stand, .GET, "\(Self.pods)/\(path)")
      #expect(answer.0 == status, "\(path)")
      #expect(Self.message(answer.1) == words, "\(path)")
    }
    let stamped = try await StandServerTests.ask(stand, .GET, "\(Self.pods)/good/log?timestamps=true&tailLines=1").1
    #expect(stamped.hasSuffix(".000003000Z line 3\n"), "\(stamped)")
    await stand.stop()
  }

  private static func evict(_ stand: ClusterStand, _ pod: String, _ query: String = "") async throws -> (Int, String) {
    let body = #"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"\#(pod)","namespace":"default"}}"#
    let answer = try await StandServerTests.ask(stand, .POST, "\(pods)/\(pod)/eviction\(query)", body)
    let status = try? JSONParser.parse(Array(answer.1.utf8))
    let cause = status?["details"]?["causes"]?.elements.first?["message"]?.string
    return (answer.0, cause ?? status?["message"]?.string ?? "")
  }

  private static func budget(_ name: String) -> String {
    """
    {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"\(name)"},\
    "spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"web"}}}}
    """
  }

  @Test func evictionsKeepTheBudget() async throws {
    let stand = try await ControllerTests.standing()
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    try await Self.make(stand, "one", "good:1")
    try await Self.make(stand, "two", "good:1")
    #expect(stand.settle())
    #expect(try await StandServerTests.ask(stand, .POST, budgets, Self.budget("web")).0 == 201)
    var answer = try await Self.evict(stand, "one")
    #expect(answer.0 == 429)
    #expect(answer.1 == "The disruption budget web is still being processed by the server.")
    #expect(stand.settle())
    #expect(try await Self.evict(stand, "one", "?dryRun=All").0 == 201)
    #expect(try await Self.evict(stand, "one").0 == 201)
    let pod = stand.object(apiVersion: "v1", kind: "Pod", namespace: "default", name: "one")
    #expect(pod?["metadata"]?["deletionTimestamp"] != nil)
    // What the budget allowed is spent, controller or not.
    #expect(try await Self.evict(stand, "two").0 == 429)
    #expect(stand.settle())
    answer = try await Self.evict(stand, "two")
    #expect(answer.0 == 429)
    #expect(answer.1 == "The disruption budget web needs 1 healthy pods and has 1 currently")
    #expect(stand.object(apiVersion: "v1", kind: "Pod", namespace: "default", name: "one") == nil)
    #expect(try await Self.evict(stand, "one").0 == 404)
    #expect(try await StandServerTests.ask(stand, .POST, budgets, Self.budget("other")).0 == 201)
    #expect(try await Self.evict(stand, "two").0 == 500)
    await stand.stop()
  }
}

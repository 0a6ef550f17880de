import FleetModel
import Testing

@testable import DeployPlan

@Suite("Routes as the mesh gets them")
struct RoutingRenderingTests {
  private static func manifests(_ rules: String, agent: String = "", mesh: String = "istio") throws -> [Manifest] {
    let reading = SystemFile.read(
      """
      system: t
      mesh: {type: \(mesh)}
      agents:
        - agent_id: a
          image: a:1
          ports: [8080, 9090]
          \(agent)
          routing_rules:
      \(rules.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
      """, file: "system.yaml")
    return try Rendering(of: #require(reading.system, "\(reading.diagnostics)")).manifests
  }

  private static func routes(_ rules: String) throws -> [ManifestValue] {
    try #require(manifests(rules).first { $0.kind == "VirtualService" }).spec["http"].list
  }

  /// Rules in the order of the file, and their routes in the order of the mesh.
  static let orders: [(rules: String, names: [String])] = [
    ("- {}", ["rule-0", "others-9090"]),
    // The narrower one goes first, whatever makes it so.
    ("- {}\n- {path_prefix: /v1}", ["rule-1", "rule-0", "others-9090"]),
    ("- {path_prefix: /v1}\n- {path_prefix: /v1/search}", ["rule-1", "rule-0", "others-8080", "others-9090"]),
    ("- {}\n- {headers: {x-a: b}}", ["rule-1", "rule-0", "others-9090"]),
    ("- {headers: {x-a: {prefix: b}}}\n- {headers: {X-A: bc}}", ["rule-1", "rule-0", "others-8080", "others-9090"]),
    ("- {headers: {x-a: {regex: b.*}}}\n- {headers: {x-a: bc}}", ["rule-1", "rule-0", "others-8080", "others-9090"]),
    // Where neither takes all that the other takes, the file decides.
    ("- {headers: {x-a: b}}\n- {path_prefix: /v1}", ["rule-0", "rule-1", "others-8080", "others-9090"]),
    ("- {path_prefix: /v1}\n- {headers: {x-a: b}}", ["rule-0", "rule-1", "others-8080", "others-9090"]),
    ("- {headers: {x-a: b}}\n- {headers: {x-a: c}}", ["rule-0", "rule-1", "others-8080", "others-9090"]),
    // Another port is another matter.
    ("- {port: 9090}\n- {path_prefix: /v1}", ["rule-0", "rule-1", "others-8080"]),
    // Rules of one match are one route.
    ("- {subset: a, weight: 90}\n- {path_prefix: /v1}\n- {subset: b}", ["rule-1", "rule-0", "others-9090"]),
  ]

  @Test(arguments: orders)
  func order(rules: String, names: [String]) throws {
    #expect(try Self.routes(rules).map { $0["name"].text } == names)
  }

  @Test func weightsOfOneMatchStandInOneRoute() throws {
    let route = try #require(try Self.routes("- {subset: a, weight: 90}\n- {subset: b}").first)
    #expect(route["route"].list.map { $0["weight"].text } == ["90", "10"])
    #expect(route["route"].list.map { $0["destination"]["subset"].text } == ["a", "b"])
  }

  @Test func headersAreMatchesOfOneKind() throws {
    let headers = "{x-a: b, X-B: {prefix: c}, x-c: {regex: d.*}}"
    let match = try #require(try Self.routes("- {headers: \(headers)}").first?["match"].list.first)
    #expect(match["headers"].keys == ["x-a", "x-b", "x-c"])
    #expect(match["headers"]["x-a"]["exact"].text == "b")
    #expect(match["headers"]["x-b"]["prefix"].text == "c")
    #expect(match["headers"]["x-c"]["regex"].text == "d.*")
  }

  @Test(arguments: [("1d", "86400s"), ("1m30s", "90s"), ("250ms", "0.250s"), ("1500ms", "1.500s"), ("1ms", "0.001s")])
  func durations(written: String, rendered: String) throws {
    #expect(try Self.routes("- {timeout: \(written)}").first?["timeout"].text == rendered)
  }

  @Test func retriesAndFaultsKeepTheirMeaning() throws {
    let retry = "{attempts: 3, per_try_timeout: 2s, retry_on: [5xx, 503]}"
    let retries = try #require(try Self.routes("- {retry_policy: \(retry)}").first)["retries"]
    #expect(retries["attempts"].text == "3" && retries["perTryTimeout"].text == "2s")
    #expect(retries["retryOn"].text == "5xx,503")
    let fault = "{delay: {percent: 0.5, fixed_delay: 1s}, abort: {http_status: 503}}"
    let faults = try #require(try Self.routes("- {fault_injection: \(fault)}").first)["fault"]
    #expect(faults["delay"]["fixedDelay"].text == "1s" && faults["delay"]["percentage"]["value"].text == "0.5")
    #expect(faults["abort"]["httpStatus"].text == "503" && faults["abort"]["percentage"]["value"].text == "100")
  }

  @Test func conversationsStickToOnePod() throws {
    let rule = try #require(
      try Self.manifests("- {}", agent: "sticky_sessions: {header: x-conversation-id}").first {
        $0.kind == "DestinationRule"
      })
    let balancer = rule.spec["trafficPolicy"]["loadBalancer"]
    #expect(balancer.keys == ["consistentHash"])
    #expect(balancer["consistentHash"]["httpHeaderName"].text == "x-conversation-id")
  }

  @Test func withoutAMeshThereIsNothingOfIt() throws {
    let manifests = try Self.manifests("- {subset: a}", mesh: "none")
    #expect(!manifests.contains { $0.group.hasSuffix("istio.io") || $0.kind == "NetworkPolicy" })
    let text = ManifestText.yaml(manifests)
    #expect(!text.contains("istio"))
  }

  /// Rules of one match that could not be one route.
  @Test(arguments: ["timeout: 1s", "retry_policy: {attempts: 1}", "fault_injection: {abort: {http_status: 503}}"])
  func rulesOfOneMatchAgree(setting: String) {
    let rules = "[{subset: a, weight: 90, \(setting)}, {subset: b}]"
    let reading = SystemFile.read(
      "system: t\nagents:\n  - {agent_id: a, image: 'a:1', routing_rules: \(rules)}\n", file: "system.yaml")
    let key = String(setting.prefix { $0 != ":" })
    #expect(reading.system == nil)
    #expect(
      reading.diagnostics.map(\.description) == [
        "system.yaml:3:\(reading.diagnostics.first?.column ?? 0): error: agents[0].routing_rules[1]: the rules of this "
          + "match (0, 1) are one route, which has one \(key), but give different ones; give all of them the same "
          + "\(key), or none of them any"
      ])
  }
}

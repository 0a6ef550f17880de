import FleetModel
import TestSupport
import Testing

@testable import DeployPlan

/// The known traps of rendering. Each is told by a check that finds nothing in what Skep renders, and finds the fault in what
/// one would write at first.
@Suite("Traps of rendering")
struct RenderingTrapTests {
  private static func rendered() throws -> [Manifest] { try Rendering(of: GoldenFiles.system("maximal")).manifests }

  /// Those of the kind, changed.
  private static func naive(_ kind: String, _ change: (inout YAMLTree) -> Void) throws -> [Manifest] {
    try rendered().map { manifest in
      var manifest = manifest
      if manifest.kind == kind { change(&manifest.tree) }
      return manifest
    }
  }

  // MARK: 1

  @Test func ejectionGoesByAFieldThatIstioReads() throws {
    func withoutEffect(_ manifests: [Manifest]) -> Int {
      manifests.filter { $0.kind == "DestinationRule" }.count { rule in
        let detection = rule.spec["trafficPolicy"]["outlierDetection"]
        return detection["consecutive5xxErrors"].text != "5" || !detection["consecutiveErrors"].isAbsent
      }
    }
    #expect(try withoutEffect(Self.rendered()) == 0)
    let naive = try Self.naive("DestinationRule") { tree in
      tree.rename("consecutive5xxErrors", to: "consecutiveErrors")
    }
    #expect(withoutEffect(naive) == 3)
  }

  @Test(.enabled(if: ForeignProgram.hasSchemas, "the schemas or their validators are not at hand"))
  func aHeaderIsNoPlainText() throws {
    let directory = try ScratchDirectory()
    let naive = try Self.naive("VirtualService") { tree in
      tree.replace("x-canary", with: .text("true"))
    }
    let file = try directory.write("naive.yaml", ManifestText.yaml(naive))
    let (faults, _) = try ForeignProgram.faults(in: ["\(file)"])
    #expect(!faults.isEmpty)
    #expect(faults.allSatisfy { $0.contains("VirtualService agent-planner-vs") && $0.contains("x-canary") })
  }

  // MARK: 2

  @Test func replicasAreLeftToTheAutoscaler() throws {
    func undone(_ manifests: [Manifest]) -> [String] {
      let scaled = Set(
        manifests.filter { $0.kind == "HorizontalPodAutoscaler" }.map { $0.spec["scaleTargetRef"]["name"].text })
      return manifests.filter { $0.kind == "Deployment" && scaled.contains($0.name) && !$0.spec["replicas"].isAbsent }
        .map(\.name)
    }
    let rendered = try Self.rendered()
    #expect(undone(rendered) == [])
    #expect(rendered.count { $0.kind == "HorizontalPodAutoscaler" } == 3)
    let naive = try Self.naive("Deployment") { $0.addToSpec("replicas", .integer(3)) }
    #expect(undone(naive).count == 3)
  }

  // MARK: 3

  @Test func theServicesPortHasTheNameThatMonitorsSelect() throws {
    let system = try GoldenFiles.system("maximal")
    func unseen(_ manifests: [Manifest]) -> [String] {
      system.agents.filter { $0.metricsPort != nil }.map(\.agentID.name).filter { id in
        !manifests.contains { service in
          service.kind == "Service" && service.labels["agent-id"] == id
            && service.labels["app"] == "multi-agent-system"
            && service.spec["ports"].list.contains { $0["name"].text == "metrics" }
        }
      }
    }
    #expect(try unseen(Self.rendered()) == [])
    let naive = try Self.naive("Service") { $0.replaceText("metrics", with: "port-9090") }
    #expect(unseen(naive) == ["planner", "researcher"])
  }

  @Test func podsAndServicesAreSelectedByTheSameTwoLabels() throws {
    for manifest in try Self.rendered() where manifest.kind == "Service" || manifest.kind == "Deployment" {
      let selector = manifest.kind == "Service" ? manifest.spec["selector"] : manifest.spec["selector"]["matchLabels"]
      #expect(selector.keys == ["agent-id", "app"])
      #expect(selector["agent-id"].text == manifest.labels["agent-id"])
    }
  }

  // MARK: 4

  @Test func aPrometheusOutsideOfTheMeshGetsAtMetrics() throws {
    let system = try GoldenFiles.system("maximal")
    func shutOut(_ manifests: [Manifest]) -> [String] {
      let strict = manifests.contains {
        $0.kind == "PeerAuthentication" && $0.spec["selector"].isAbsent && $0.spec["mtls"]["mode"].text == "STRICT"
      }
      return system.agents.compactMap { agent in
        guard strict, let port = agent.metricsPort else { return nil }
        let isOpen = manifests.contains { policy in
          policy.kind == "PeerAuthentication"
            && policy.spec["selector"]["matchLabels"]["agent-id"].text == agent.agentID.name
            && policy.spec["portLevelMtls"]["\(port)"]["mode"].text == "PERMISSIVE"
        }
        return isOpen ? nil : agent.agentID.name
      }
    }
    let rendered = try Self.rendered()
    #expect(rendered.contains { $0.name == "multi-agent-mtls" && $0.namespace == "research" })
    #expect(shutOut(rendered) == [])
    let naive = rendered.filter { $0.kind != "PeerAuthentication" || $0.spec["selector"].isAbsent }
    #expect(shutOut(naive) == ["planner", "researcher"])
  }

  @Test func withoutACertificateNothingButMetricsIsRead() throws {
    let policy = try #require(
      try Self.rendered().first { $0.kind == "AuthorizationPolicy" && $0.labels["agent-id"] == "planner" })
    #expect(policy.spec["action"].text == "DENY")
    let rules = policy.spec["rules"].list
    for rule in rules {
      #expect(rule["from"].list.first?["source"]["notPrincipals"].list.map(\.text) == ["*"])
      #expect(rule["to"].list.first?["operation"]["ports"].list.map(\.text) == ["9090"])
    }
    #expect(rules.first?["to"].list.first?["operation"]["notPaths"].list.map(\.text) == ["/stats/metrics"])
    #expect(rules.last?["to"].list.first?["operation"]["notMethods"].list.map(\.text) == ["GET"])
  }

  @Test(arguments: [
    ("/metrics?format=text", "/metrics"), ("/a*b", "/a*"), ("/a/{x}", "/a/*"), ("/metrics", "/metrics"),
  ])
  func aPathOfMetricsIsNoPattern(path: String, rendered: String) throws {
    var system = FleetSystem(name: "t")
    var agent = AgentSpec(agentID: try AgentID("a"))
    agent.image = "a:1"
    agent.metrics = .port(nil, path: path)
    system.agents = [agent]
    let policy = try #require(try Rendering(of: system).manifests.first { $0.kind == "AuthorizationPolicy" })
    let paths = policy.spec["rules"].list.first?["to"].list.first?["operation"]["notPaths"].list
    #expect(paths?.map(\.text) == [rendered])
  }

  // MARK: 5, 10

  @Test func podsCarryWhatSeriesAreNamedBy() throws {
    for deployment in try Self.rendered() where deployment.kind == "Deployment" {
      let labels = deployment.spec["template"]["metadata"]["labels"]
      #expect(labels["app"].text == "multi-agent-system")
      #expect(labels["agent-id"].text == deployment.labels["agent-id"])
      #expect(labels["skep.dev/revision"].text.utf8.count == 10)
    }
  }

  @Test func aRevisionIsImageModelPromptAndTools() throws {
    var agent = AgentSpec(agentID: try AgentID("a"))
    agent.image = "a:1"
    var names = [AgentRevision(agent: agent).name]
    agent.revision.model = "m"
    names.append(AgentRevision(agent: agent).name)
    agent.revision.prompt = "p"
    names.append(AgentRevision(agent: agent).name)
    agent.revision.tools = ["t": "1"]
    names.append(AgentRevision(agent: agent).name)
    agent.image = "a:2"
    names.append(AgentRevision(agent: agent).name)
    #expect(Set(names).count == 5)
    agent.environment = [.init(name: "X", value: .text("y"))]
    agent.scaling.maxReplicas = 50
    #expect(AgentRevision(agent: agent).name == names.last)
  }

  // MARK: 9

  @Test func noNameIsTooLong() throws {
    var system = FleetSystem(name: String(repeating: "s", count: 63))
    system.namespace = String(repeating: "n", count: 63)
    var agent = AgentSpec(agentID: try AgentID(String(repeating: "a", count: AgentID.maximumLength)))
    agent.image = "a:1"
    agent.routingRules = [RoutingRule()]
    system.agents = [agent]
    let manifests = try Rendering(of: system).manifests
    #expect(manifests.filter { $0.labels["agent-id"] != nil }.count >= 9)
    for manifest in manifests {
      #expect(manifest.name.utf8.count <= 63)
      for value in manifest.labels.values { #expect(value.utf8.count <= 63) }
      // A pod is called as its Deployment, with ten and five characters more and two dashes.
      if manifest.kind == "Deployment" { #expect(manifest.name.utf8.count + 17 <= 63) }
    }
  }

  // MARK: What no list names

  @Test func withoutAnImageThereIsNothingToRender() throws {
    let system = try #require(
      SystemFile.read("system: t\nagents: [{agent_id: a}, {agent_id: b, image: 'b:1'}]\n", file: "s").system)
    let error = #expect(throws: RenderingError.self) { try Rendering(of: system) }
    #expect(
      error?.description
        == "error: agents[0]: agent \"a\" has no image, which Kubernetes needs; give it one, such as image: "
        + "registry.example/a")
  }

  /// What Kubernetes makes of a value (<https://github.com/kubernetes/kubernetes/tree/master/third_party/forked/golang/expansion>).
  private static func expanded(_ text: String, _ variables: [String: String]) -> String {
    var result = ""
    var rest = Substring(text)
    while let character = rest.popFirst() {
      guard character == "$", let next = rest.first else {
        result.append(character)
        continue
      }
      if next == "$" {
        result.append("$")
        rest.removeFirst()
      } else if next == "(", let end = rest.firstIndex(of: ")") {
        let name = String(rest[rest.index(after: rest.startIndex)..<end])
        result += variables[name] ?? "$(\(name))"
        rest = rest[rest.index(after: end)...]
      } else {
        result.append("$")
      }
    }
    return result
  }

  @Test func aTextOfTheEnvironmentReachesTheAgentAsItIs() {
    var random = Seeded(7)
    for _ in 0..<5000 {
      var text = ""
      for _ in 0..<random.number(0...10) { text += random.pick(["$", "(", ")", "AGENT_ID", "a", "$(AGENT_ID)"]) }
      #expect(Self.expanded(EnvironmentBuilder.literal(text), ["AGENT_ID": "wrong"]) == text)
    }
    #expect(Self.expanded("$(AGENT_ID)", ["AGENT_ID": "wrong"]) == "wrong")
  }

  @Test func oneReplicaNeedsNoBudget() throws {
    let budgets = try Self.rendered().filter { $0.kind == "PodDisruptionBudget" }
    #expect(budgets.map(\.name) == ["agent-planner-pdb", "agent-outside-metrics-pdb"])
  }

  @Test func theNamespaceNamesOneControlPlane() throws {
    for (revision, label, other) in [
      ("1-27", "istio.io/rev", "istio-injection"), (nil, "istio-injection", "istio.io/rev"),
    ] {
      var system = FleetSystem(name: "t")
      system.meshRevision = revision
      let namespace = try #require(try Rendering(of: system).manifests.first)
      #expect(namespace.kind == "Namespace" && namespace.namespace == nil)
      #expect(namespace.labels[label] == revision ?? "enabled")
      #expect(namespace.labels[other] == nil)
    }
  }
}

extension YAMLTree {
  /// Changes every node below, deepest first.
  fileprivate mutating func change(_ each: (inout YAMLTree.Entry) -> Void) {
    switch content {
    case .scalar: break
    case .sequence(var items):
      for index in items.indices { items[index].change(each) }
      content = .sequence(items)
    case .mapping(var entries):
      for index in entries.indices {
        entries[index].value.change(each)
        each(&entries[index])
      }
      content = .mapping(entries)
    }
  }

  fileprivate mutating func rename(_ key: String, to other: String) { change { if $0.key == key { $0.key = other } } }

  fileprivate mutating func replace(_ key: String, with value: YAMLTree) {
    change { if $0.key == key { $0.value = value } }
  }

  fileprivate mutating func replaceText(_ text: String, with other: String) {
    change { if $0.value.text == text { $0.value = .text(other) } }
  }

  fileprivate mutating func addToSpec(_ key: String, _ value: YAMLTree) {
    guard case .mapping(var entries) = content, let place = entries.firstIndex(where: { $0.key == "spec" }) else {
      return
    }
    entries[place].value = YAMLMapping(entries[place].value.entries.map { ($0.key, $0.value) } + [(key, value)]).tree
    content = .mapping(entries)
  }
}

import DeployPlan
import FleetModel
import Testing

/// What people read; reviewed by eye in `Cases/deploy-texts.expected`.
@Suite struct DeployTextTests {
  static let rolling = AgentRollout(
    phase: .progressing, desired: 3, updated: 2, ready: 1, total: 4,
    reasons: [
      RolloutReason(
        .crashLoop, "exit code 1", object: "Pod agent-search-1-a", container: "agent-search", restarts: 2,
        log: ["Traceback (most recent call last):", "KeyError: 'TOKEN'"])
    ])

  static func id(_ kind: String, _ name: String, group: String = "") -> Manifest.ID {
    Manifest.ID(group: group, kind: kind, namespace: "shop", name: name)
  }

  static func result(_ state: DeployRecord.State, errors: [String]) -> DeploymentResult {
    let ready = AgentRollout(phase: .ready, desired: 2, updated: 2, ready: 2, total: 2)
    let isGood = state == .deployed
    let monitor = id("ServiceMonitor", "multi-agent-system", group: "monitoring.coreos.com")
    return DeploymentResult(
      id: DeploymentID(at: Timestamp(milliseconds: 1_795_467_000_000)), system: "shop", namespace: "shop", state: state,
      agents: [
        "planner": .init(
          manifests: [id("Deployment", "agent-planner"), id("Service", "agent-planner-service")], status: .ready,
          rollout: ready, revision: "0123456789", image: "planner:1"),
        "search": .init(
          manifests: [
            id("Deployment", "agent-search"), id("VirtualService", "agent-search-vs", group: "networking.istio.io"),
          ], status: isGood ? .ready : .failed, rollout: isGood ? ready : rolling),
        "writer": .init(manifests: [id("Deployment", "agent-writer")], status: isGood ? .ready : .notStarted),
      ],
      objects: [
        .init(id("Deployment", "agent-planner"), .changed), .init(id("Service", "agent-planner-service"), .unchanged),
        .init(id("Deployment", "agent-search"), .created),
        .init(
          id("VirtualService", "agent-search-vs", group: "networking.istio.io"), isGood ? .created : .notApplied),
        .init(id("Deployment", "agent-writer"), isGood ? .unchanged : .notApplied),
        .init(monitor, isGood ? .created : .notApplied), .init(id("Service", "old"), isGood ? .removed : .notRemoved),
      ], errors: errors, warnings: ["Deployment shop/agent-planner: would violate PodSecurity"],
      // The first deployment of all leads back to none.
      goesBackTo: state == .failed ? DeploymentID(at: Timestamp(milliseconds: 1_795_460_000_000)) : nil)
  }

  @Test func texts() throws {
    var text = ""
    func section(_ title: String, _ lines: [StyledLine]) {
      text += "== \(title)\n" + lines.map { "[\($0.tone)] \($0.text)\n" }.joined()
    }
    section("deployed", ResultText(Self.result(.deployed, errors: [])).lines)
    let words = ["agent search: not ready within 10m: it crashes"]
    section("failed", ResultText(Self.result(.failed, errors: words), file: "shop.yaml").lines)
    section("interrupted", ResultText(Self.result(.interrupted, errors: ["SIGTERM"])).lines)
    section("taken back", ResultText(Self.result(.rolledBack, errors: words)).lines)

    var progress = ProgressText(agents: ["planner", "search", "writer"])
    section("planner begins", progress.update("planner", .applying(batch: 0)))
    section("the next batch says nothing new", progress.update("planner", .applying(batch: 1)))
    section("planner rolls", progress.update("planner", .rolling(AgentRollout(phase: .waiting))))
    section("planner is ready", progress.update("planner", .ready))
    section("search rolls", progress.update("search", .rolling(Self.rolling)))
    section("board", progress.board())
    section("board of 3 lines", progress.board(height: 3))
    section("search failed", progress.update("search", .failed("agent search: gave up")))
    section("writer is left", progress.update("writer", .abandoned))

    var record = DeployRecordTests.record()
    func row(_ cells: [StyledLine]) -> [StyledLine] {
      [StyledLine(cells.map { "\($0.text) <\($0.tone)>" }.joined(separator: " | "))]
    }
    section("history", row(RecordText.historyRow(of: record)))
    section("status", RecordText.heading(of: record, holder: "jo@host"))
    let agent = record.agents["search"] ?? DeployRecord.Agent()
    section("an agent", row(RecordText.statusRow(of: "search", agent, rollout: Self.rolling)))
    section("one that never began", row(RecordText.statusRow(of: "search", agent, rollout: nil)))
    record.errors.append("another")
    section("two errors", row(RecordText.historyRow(of: record)))

    let config = (1...40).map { "line \($0)" }
    var changed = config
    changed[9] = "changed"
    changed.insert(contentsOf: (1...15).map { "new \($0)" }, at: 20)
    func map(_ lines: [String]) -> LiveObject {
      FieldComparisonTests.object(
        ["data": ["prometheus.yml": .string(lines.joined(separator: "\n"))]], kind: "ConfigMap")
    }
    section("long texts", ChangeText([.comparing(live: map(config), applied: map(changed))]).lines)
    section("nothing", ChangeText([.unchanged(map(config))]).lines)
    section(
      "others",
      ChangeText(
        [
          .creating(map(["a"]), warnings: ["deprecated"], notes: ["not tried: its namespace is not there yet"]),
          .removing(map(["a"])), .comparing(live: map(["a"]), applied: map(["b"]), adopting: true),
        ], showsNewFields: true
      ).lines)
    let path = "\(CaseFiles.folder)/deploy-texts.expected"
    if CaseFiles.isRecording { try CaseFiles.write(text, to: path) }
    #expect(text == (try CaseFiles.text(path)))
  }

  /// No board is higher than its screen.
  @Test func fits() {
    let names = (0..<50).map { "agent-\($0)" }
    var progress = ProgressText(agents: names)
    for (index, name) in names.enumerated() {
      _ = progress.update(name, index.isMultiple(of: 3) ? .ready : .rolling(Self.rolling))
      for height in [1, 2, 5, 24] { #expect(progress.board(height: height).count <= height) }
    }
  }

  /// The keys of SPEC §11.
  @Test func theResultAsJSON() {
    let json = Self.result(.failed, errors: ["x"]).json
    #expect(json["deployment_id"] == "deploy-20261123-205000")
    #expect(json["success"] == false)
    #expect(json["agents"]?["search"]?["status"] == "failed")
    #expect(json["agents"]?["planner"]?["replicas"] == 2)
    #expect(json["service_mesh_configs"] == ["networking.istio.io/VirtualService/shop/agent-search-vs"])
    #expect(
      json["monitoring_setup"]?["service_monitor"] == ["monitoring.coreos.com/ServiceMonitor/shop/multi-agent-system"])
    for key in ["prometheus_config", "grafana_dashboards", "alert_rules"] {
      #expect(json["monitoring_setup"]?[key] == [])
    }
    #expect(Self.result(.deployed, errors: []).json["success"] == true)
  }
}

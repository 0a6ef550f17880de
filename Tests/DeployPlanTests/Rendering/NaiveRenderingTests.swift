import FleetModel
import Testing

@testable import DeployPlan

/// What one would render at first falls into the known traps; the check refuses it, and finds nothing in what Skep renders.
@Suite("Naive rendering") struct NaiveRenderingTests {
  struct Naive: Sendable, CustomTestStringConvertible {
    let trap: Int
    let rule: CheckRule.ID
    /// In what Skep renders from the maximal file.
    let right: String
    let naive: String

    var testDescription: String { "trap \(trap): \(rule)" }

    init(_ trap: Int, _ rule: CheckRule.ID, _ right: String, _ naive: String) {
      self.trap = trap
      self.rule = rule
      self.right = right
      self.naive = naive
    }
  }

  static let all = [
    Naive(1, "SKEP-I001", "consecutive5xxErrors: 5", "consecutiveErrors: 5"),
    Naive(1, "SKEP-S005", " uri:\n            prefix: /v1\n", " uri: /v1\n"),
    Naive(2, "SKEP-R008", "\n  template:\n", "\n  replicas: 3\n  template:\n"),
    Naive(3, "SKEP-R004", "    - port: metrics\n", "    - port: port-9090\n"),
    Naive(4, "SKEP-R013", "mode: PERMISSIVE", "mode: STRICT"),
    Naive(7, "SKEP-I004", "weight: 90", "weight: 100"),
    Naive(7, "SKEP-I003", "weight: 10", "weight: -10"),
    Naive(8, "SKEP-I005", "httpStatus: 503", "httpStatus: 999"),
    Naive(8, "SKEP-O003", "scrapeTimeout: 5s", "scrapeTimeout: 5m"),
    Naive(
      9, "SKEP-K001", "name: agent-planner-service\n", "name: agent-planner-\(String(repeating: "x", count: 50))\n"),
    Naive(9, "SKEP-K006", "containerPort: 8080", "containerPort: 80800"),
    Naive(9, "SKEP-S009", "memory: 2Gi", "memory: 2GB"),
    Naive(9, "SKEP-K009", "memory: 512Mi", "memory: 512Gi"),
    Naive(9, "SKEP-K024", "minReplicas: 2", "minReplicas: 200"),
    Naive(9, "SKEP-K032", "name: agent-researcher-service\n", "name: agent-planner-service\n"),
  ]

  private static func findings(in text: String) throws -> Set<CheckRule.ID> {
    let system = try GoldenFiles.system("maximal")
    return Set(DeployCheckCases.findings(in: text, system: system).map(\.rule))
  }

  @Test(arguments: all) func isRefused(_ naive: Naive) throws {
    let right = ManifestText.yaml(try Rendering(of: GoldenFiles.system("maximal")).manifests)
    #expect(right.contains(naive.right))
    #expect(try !Self.findings(in: right).contains(naive.rule))
    #expect(try Self.findings(in: right.replacing(naive.right, with: naive.naive)).contains(naive.rule))
  }

  // MARK: 5

  /// Series are told apart by `job` and `agent_id`, which discovery alone gives otherwise or not at all.
  @Test(arguments: ["job", "agent_id", "namespace"]) func collectionWithoutALabel(_ label: String) throws {
    let system = try GoldenFiles.system("maximal")
    func wrong(_ change: (inout MonitoringStack, inout [Manifest]) -> Void) throws -> [CheckFinding] {
      var stack = MonitoringStack(of: system)
      var manifests = try Rendering(of: system).manifests
      change(&stack, &manifests)
      return WiringProof.findings(
        of: system, manifests: manifests, stack: stack, expressions: DeployCheckCases.expressions
      ).filter { $0.rule == "SKEP-M010" }
    }
    #expect(try wrong { _, _ in } == [])
    let job = try wrong { stack, _ in
      for index in stack.jobs.indices { stack.jobs[index].relabeling.removeAll { $0.target == label } }
    }
    #expect(!job.isEmpty && job.allSatisfy { "\($0)".contains("scrape_configs") && "\($0)".contains(label) })
    // The operator gives a namespace of its own, and calls the job after the Service.
    if label == "namespace" { return }
    let monitor = try wrong { _, manifests in
      for index in manifests.indices where manifests[index].kind == "ServiceMonitor" {
        manifests[index].tree = manifests[index].tree.withoutSteps(writing: label)
      }
    }
    #expect(!monitor.isEmpty && monitor.allSatisfy { "\($0)".contains("ServiceMonitor") })
  }

  // MARK: 6

  @Test func whatNobodyServesIsFound() throws {
    var system = FleetSystem(name: "t")
    var agent = AgentSpec(agentID: try AgentID("a"))
    agent.image = "a:1"
    system.agents = [agent]
    let manifests = try Rendering(of: system).manifests
    var reading = ExpressionReader.Reading(selectors: [])
    reading.selectors = [ExpressionReader.Selector(matchers: [LabelMatcher("__name__", .equal, "nope_total")])]
    let found = reading
    let findings = WiringProof.findings(
      of: system, manifests: manifests, stack: MonitoringStack(of: system),
      expressions: ExpressionReader { _ in .success(found) })
    #expect(findings.contains { $0.rule == "SKEP-M002" })
  }
}

extension YAMLTree {
  /// Without the list items whose `targetLabel` is that.
  fileprivate func withoutSteps(writing label: String) -> YAMLTree {
    switch content {
    case .scalar: return self
    case .sequence(let items):
      let kept = items.filter { $0["targetLabel"]?.text != label }
      return YAMLTree(content: .sequence(kept.map { $0.withoutSteps(writing: label) }), place: place)
    case .mapping(let entries):
      let changed = entries.map {
        Entry(key: $0.key, place: $0.place, value: $0.value.withoutSteps(writing: label))
      }
      return YAMLTree(content: .mapping(changed), place: place)
    }
  }
}

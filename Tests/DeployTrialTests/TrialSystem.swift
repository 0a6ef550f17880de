import DeployPlan
import FleetModel
import TestSupport
import Testing

/// A system file for trials: small, with an order among its agents.
struct TrialSystem: Sendable {
  /// With what each depends on, in the order of the file.
  var agents: [(name: String, dependsOn: [String])]
  /// `registry.example/NAME:1.0` where nothing is said.
  var images: [String: String] = [:]

  static let team = TrialSystem(agents: [("planner", []), ("worker", ["planner"]), ("critic", ["worker"])])

  func image(_ agent: String) -> String { images[agent] ?? "registry.example/\(agent):1.0" }

  func with(_ agent: String, image: String) -> TrialSystem {
    var changed = self
    changed.images[agent] = image
    return changed
  }

  func without(_ agent: String) -> TrialSystem {
    var changed = self
    changed.agents.removeAll { $0.name == agent }
    for index in changed.agents.indices { changed.agents[index].dependsOn.removeAll { $0 == agent } }
    return changed
  }

  var yaml: String {
    var lines = [
      "system: team", "namespace: team-space", "mesh: {type: none}",
      "monitoring: {kubernetes: {namespace: team-space}}", "agents:",
    ]
    for agent in agents {
      lines.append("  - agent_id: \(agent.name)")
      lines.append("    image: \(image(agent.name))")
      if !agent.dependsOn.isEmpty { lines.append("    depends_on: [\(agent.dependsOn.joined(separator: ", "))]") }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Trial {
  func write(_ system: TrialSystem, to name: String = "system.yaml") throws { try scratch.write(name, system.yaml) }

  /// Every value of what `skep deploy render` says is in the cluster, and nothing else bears the system's labels.
  func expectIsAsRendered(_ name: String = "system.yaml", sourceLocation: SourceLocation = #_sourceLocation)
    async throws
  {
    let rendered = try await deploy("render", name)
    let reading = ManifestFile.read(rendered.output, file: "rendered")
    #expect(reading.diagnostics.isEmpty && !reading.manifests.isEmpty, sourceLocation: sourceLocation)
    let objects = try await objects().filter { !$0.hasOwner }
    let own = objects.filter {
      $0.labels["app.kubernetes.io/instance"] == "team" && $0.labels["app.kubernetes.io/managed-by"] == "skep"
    }
    #expect(Set(own.map(\.id)) == Set(reading.manifests.map(\.id)), sourceLocation: sourceLocation)
    let live = Dictionary(objects.map { ($0.id, $0) }) { first, _ in first }
    for manifest in reading.manifests {
      guard let object = live[manifest.id] else { continue }
      let missing = object.json.firstMissing(of: manifest.json, path: "\(manifest.id)")
      #expect(missing == nil, sourceLocation: sourceLocation)
    }
  }
}

import FleetModel

/// Recording rules for what Skep measures itself: a Prometheus that collects from pods has only what the agents say of their
/// own processes, and derives `system_cpu_usage` and `system_memory_usage` from that and the limits of the system file.
struct Measurements: Sendable {
  /// The agents whose CPU and memory are derived.
  let cpu: [AgentSpec]
  let memory: [AgentSpec]
  private let system: FleetSystem

  static let cpuName = "system_cpu_usage"
  static let memoryName = "system_memory_usage"
  static let cpuSource = "process_cpu_seconds_total"
  static let memorySource = "process_resident_memory_bytes"
  /// The value of the label `source`.
  static let source = "process_metrics"

  init(_ system: FleetSystem, _ exposition: FleetExposition) {
    self.system = system
    func derived(_ name: String, from source: String) -> [AgentSpec] {
      let own = Set(exposition.agents(serving: name).map(\.agentID))
      return exposition.agents(serving: source).filter { !own.contains($0.agentID) }
    }
    cpu = derived(Self.cpuName, from: Self.cpuSource)
    memory = derived(Self.memoryName, from: Self.memorySource)
  }

  /// As often as the agent that is collected most often.
  var interval: Duration {
    (cpu + memory).map { system.collectionInterval(of: $0) }.min() ?? system.monitoring.collectionInterval
  }

  var rules: [ExpressionRule] {
    var rules: [ExpressionRule] = []
    let window = PrometheusDuration.format(
      cpu.map { system.collectionInterval(of: $0) }.reduce(system.monitoring.collectionInterval, max) * 4)
    if !cpu.isEmpty {
      // Percent of what the container may use, between the last two collections, as Skep has it.
      let expression = byLimit(cpu, \.resources.cpuLimit) { selector, limit in
        "irate(\(selector(Self.cpuSource))[\(window)]) * 100 / \(limit)"
      }
      rules.append(
        ExpressionRule(
          .recording, name: Self.cpuName, expression: expression, labels: ["source": Self.source, "unit": "percent"]))
    }
    if !memory.isEmpty {
      let expression = byLimit(memory, \.resources.memoryLimit) { selector, limit in
        "\(selector(Self.memorySource)) * 100 / \(limit)"
      }
      rules.append(
        ExpressionRule(.recording, name: Self.memoryName, expression: expression, labels: ["source": Self.source]))
    }
    return rules
  }

  /// One part for each limit. Agents are named only where they do not all have the same.
  private func byLimit(
    _ agents: [AgentSpec], _ limit: (AgentSpec) -> String,
    _ part: (_ selector: (String) -> String, _ limit: String) -> String
  ) -> String {
    var groups: [Int128: [String]] = [:]
    for agent in agents {
      // What the file was checked for is a quantity; a limit of nothing is none.
      let amount = Quantity(limit(agent))?.billionths ?? 0
      groups[amount > 0 ? amount : 1_000_000_000, default: []].append(agent.agentID.name)
    }
    let isForAll = groups.count == 1 && agents.count == system.agents.count
    let scope = FleetLabels.scope(system)
    let parts = groups.sorted { $0.key < $1.key }.flatMap { amount, names in
      let agents = isForAll ? [[]] : PromQLText.matchers(of: FleetLabels.agent, among: names).map { [$0] }
      return agents.map { matchers in
        part({ PromQLText.selector($0, scope + matchers) }, PromQLText.number(Double(amount) / 1e9))
      }
    }
    return Self.union(parts[...])
  }

  /// Readers of PromQL bound the depth of an expression, and `or` nests to the left: many parts are halved.
  private static func union(_ parts: ArraySlice<String>) -> String {
    if parts.count <= 32 { return parts.joined(separator: "\nor\n") }
    let middle = parts.startIndex + parts.count / 2
    return "(\n\(union(parts[..<middle]))\n)\nor\n(\n\(union(parts[middle...]))\n)"
  }
}

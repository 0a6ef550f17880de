/// How a deployment ended: what is in place, and where one can go from here.
public struct ResultText: Sendable {
  public let result: DeploymentResult
  /// The system file as it was named, for the commands that lead on; `nil` for a system made in code.
  public let file: String?

  public init(_ result: DeploymentResult, file: String? = nil) {
    self.result = result
    self.file = file
  }

  public var lines: [StyledLine] { result.success ? deployed : failed }

  private var counts: String {
    let words: [(DeploymentResult.ObjectState, String)] = [
      (.created, "created"), (.changed, "changed"), (.removed, "removed"), (.unchanged, "unchanged"),
      (.notApplied, "not applied"), (.notRemoved, "not removed"), (.unknown, "unknown"),
    ]
    let counts = words.compactMap { state, words -> String? in
      let count = result.objects.count { $0.state == state }
      return count == 0 ? nil : "\(count) \(words)"
    }
    return counts.joined(separator: ", ")
  }

  private var deployed: [StyledLine] {
    let agents = StyledLine.count(result.agents.count, "agent")
    return [
      StyledLine("\(result.id): \(agents) of system \(result.system) ready in \(result.namespace)", .good),
      StyledLine("  objects: \(counts)", .quiet),
    ] + warnings
  }

  private var warnings: [StyledLine] { result.warnings.map { StyledLine("warning: \($0)", .warning) } }

  /// Errors, then every agent, then every object that is not as wanted, then the ways on.
  private var failed: [StyledLine] {
    let words: String =
      switch result.state {
      case .rolledBack: "failed, and was taken back"
      case .interrupted: "was stopped before its end"
      default: "failed"
      }
    var lines = [StyledLine("\(result.id) \(words)", .bad)]
    lines += result.errors.map { StyledLine("  \($0)", .bad) }
    if result.state != .rolledBack {
      lines.append(StyledLine("in place now (objects: \(counts)):", .heading))
      let width = result.agents.keys.map(\.count).max() ?? 0
      for (name, agent) in result.agents.sorted(by: { $0.key < $1.key }) {
        lines += self.lines(of: name, agent, width: width)
      }
      if let own = result.controlPlane { lines += self.lines(of: DeployOrder.controlPlane, own, width: width) }
      lines += leftovers
    }
    return lines + warnings + waysOn
  }

  private func lines(of name: String, _ agent: DeploymentResult.Agent, width: Int) -> [StyledLine] {
    let pods = agent.rollout.map { ", \(ProgressText.counts(of: $0))" } ?? ""
    let states = Dictionary(result.objects.map { ($0.id, $0.state) }) { $1 }
    let untouched = agent.manifests.filter { states[$0] == .notApplied }
    let rest =
      untouched.isEmpty || untouched.count == agent.manifests.count
      ? "" : "; not applied: \(untouched.map { "\($0.kind) \($0.name)" }.joined(separator: ", "))"
    let words: (text: String, tone: StyledLine.Tone) =
      switch agent.status {
      case .ready: ("ready", .good)
      case .notStarted: ("not begun: as it was before", .quiet)
      case .applying: ("partly applied", .warning)
      case .progressing: ("applied, not seen ready\(pods)", .warning)
      case .failed: ("failed\(pods)", .bad)
      case .removed: ("removed", .plain)
      }
    let padding = String(repeating: " ", count: max(0, width - name.count))
    let line = StyledLine("  \(name)\(padding)  \(words.text)\(rest)", words.tone)
    guard agent.status != .ready, let rollout = agent.rollout else { return [line] }
    return [line] + rollout.reasons.prefix(3).flatMap { ProgressText.lines(of: $0) }
  }

  /// What belongs to no agent and is not as wanted.
  private var leftovers: [StyledLine] {
    let ofAgents = Set((result.agents.values + [result.controlPlane].compactMap(\.self)).flatMap(\.manifests))
    return result.objects.compactMap { object in
      switch object.state {
      case .notApplied where !ofAgents.contains(object.id): StyledLine("  \(object.id)  not applied", .warning)
      case .notRemoved: StyledLine("  \(object.id)  was to go, still there", .warning)
      case .unknown: StyledLine("  \(object.id)  unknown: its request broke off", .warning)
      default: nil
      }
    }
  }

  private var waysOn: [StyledLine] {
    if result.state == .rolledBack { return [] }
    let file = file ?? "SYSTEM.yaml"
    let on = StyledLine("to go on:  skep deploy apply \(file)", .plain)
    // A rollback without anything to go back to is refused.
    guard result.goesBackTo != nil else { return [on] }
    let isFile = self.file != nil && file != "-"
    let named = isFile ? file : "--system \(result.system) --namespace \(result.namespace)"
    return [on, StyledLine("to go back: skep deploy rollback \(named)", .plain)]
  }
}

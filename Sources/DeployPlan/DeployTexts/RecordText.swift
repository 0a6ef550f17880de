import FleetModel

/// Deployments and how they stand, as rows of a table.
public enum RecordText {
  public static let historyColumns = ["DEPLOYMENT", "STATE", "AGENTS", "BY", "FILE", "TOOK", "NOTE"]

  /// - Parameter record: one of the system's; the newest stands first.
  public static func historyRow(of record: DeployRecord) -> [StyledLine] {
    let took = record.endedAt.map { duration($0 - record.startedAt) } ?? "-"
    let file = record.fileHash.isEmpty ? record.file : "\(record.file) \(record.fileHash.prefix(8))"
    var notes: [String] = []
    if let original = record.rollbackOf { notes.append("takes \(original) again") }
    if let environment = record.environment { notes.append("environment \(environment)") }
    if let error = record.errors.first {
      notes.append(record.errors.count == 1 ? error : "\(error) (and \(record.errors.count - 1) more)")
    }
    return [
      StyledLine(record.id.text), StyledLine(record.state.text, tone(of: record.state)),
      StyledLine("\(record.agents.count)"), StyledLine(record.by), StyledLine(file), StyledLine(took),
      StyledLine(notes.joined(separator: "; "), .quiet),
    ]
  }

  public static let statusColumns = ["AGENT", "STATE", "READY", "REVISION", "IMAGE", "WHY"]

  /// How one agent of the newest deployment is now.
  ///
  /// - Parameter rollout: `nil` where the deployment never came to it.
  public static func statusRow(of name: String, _ agent: DeployRecord.Agent, rollout: AgentRollout?) -> [StyledLine] {
    let state: StyledLine =
      switch rollout?.phase {
      case .ready: StyledLine("ready", .good)
      case .failed: StyledLine("failed", .bad)
      case .progressing: StyledLine("progressing", .warning)
      case .waiting: StyledLine("waiting", .warning)
      case nil: StyledLine("not started", .quiet)
      }
    let reasons = rollout?.reasons ?? []
    let more = reasons.count > 1 ? " (and \(reasons.count - 1) more)" : ""
    return [
      StyledLine(name), state, StyledLine(rollout.map { "\($0.ready)/\($0.desired)" } ?? "-"),
      StyledLine(agent.revision),
      StyledLine(agent.image), StyledLine((reasons.first?.summary ?? "") + more),
    ]
  }

  /// Above the agents: which deployment is in force.
  public static func heading(of record: DeployRecord, holder: String?) -> [StyledLine] {
    var lines = [
      StyledLine(
        "\(record.id)  \(record.state.text)  by \(record.by.isEmpty ? "unknown" : record.by)", tone(of: record.state))
    ]
    if let original = record.rollbackOf { lines.append(StyledLine("takes \(original) again", .quiet)) }
    if let holder { lines.append(StyledLine("\(holder) applies at the moment", .warning)) }
    lines += record.errors.map { StyledLine($0, .bad) }
    return lines
  }

  private static func tone(of state: DeployRecord.State) -> StyledLine.Tone {
    switch state {
    case .deployed: .good
    case .applying, .interrupted, .rolledBack: .warning
    case .failed: .bad
    case .superseded, .other: .quiet
    }
  }

  /// To the second.
  private static func duration(_ duration: Duration) -> String {
    PrometheusDuration.format(.seconds(max(0, duration.components.seconds)))
  }
}

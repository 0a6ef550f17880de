import DeployPlan
import FleetModel
import Platform

/// What a local fleet runs, as deployments: a start that brings something new is one, and so is each change of the system file that
/// does. A mere start of the same is none.
struct LocalDeployments: Sendable {
  let marks: DeploymentMarks
  let time: any TimeSource
  /// Who starts the agents: `skep up on HOST`.
  let starter: String

  /// Marks what a system brings; nothing if it starts no agent, or those that are marked already.
  func note(_ system: FleetSystem) async {
    let agents = Self.agents(of: system)
    guard !agents.isEmpty else { return }
    let known = marks.all.filter { $0.system == system.name }
    if let latest = known.first, latest.state == Self.deployed, latest.agents == agents { return }
    for mark in known where mark.state == Self.deployed {
      var mark = mark
      mark.state = DeployRecord.State.superseded.text
      await marks.put(mark)
    }
    let now = time.now()
    // Two within a second have names of their own, in their order.
    let next = known.compactMap { DeploymentID($0.id)?.time }.max().map { $0 + .seconds(1) } ?? now
    await marks.put(
      DeploymentMark(
        id: DeploymentID(at: max(now, next)).text, system: system.name, state: Self.deployed, by: starter,
        startedAt: now, endedAt: now, agents: agents))
  }

  private static let deployed = DeployRecord.State.deployed.text

  /// Whether they become ready is said by their health.
  private static func agents(of system: FleetSystem) -> [String: DeploymentMark.Agent] {
    let started = system.agents.filter { !$0.command.isEmpty }
    return Dictionary(
      started.map { ($0.agentID.name, $0.startedHere(.progressing)) }
    ) { first, _ in first }
  }
}

import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel
import Synchronization

/// A deployment while it goes on: a board that is drawn again and again on a terminal, lines elsewhere.
final class DeployScreen: Sendable {
  private struct State {
    var screen: DeployProgressScreen
    var isNamed: Bool
  }

  private let state: Mutex<State>
  private let isQuiet: Bool

  /// - Parameters:
  ///   - agents: in the order in which they are shown; empty if the plan says.
  ///   - isQuiet: whether only the end is told, on standard output, for programs.
  init(agents: [String], isQuiet: Bool) {
    state = Mutex(State(screen: DeployProgressScreen(agents: agents), isNamed: !agents.isEmpty))
    self.isQuiet = isQuiet
  }

  func show(_ progress: DeployProgress) {
    if isQuiet {
      if case .note(let text) = progress { StandardError.print(Terminal.safe(text)) }
      return
    }
    state.withLock { state in
      switch progress {
      case .note(let text): state.screen.note([StyledLine(text, .quiet)])
      case .planned(let plan):
        if !state.isNamed {
          let agents = plan.changes.compactMap(\.agent).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
          }
          state.screen = DeployProgressScreen(agents: agents)
          state.isNamed = true
        }
        // What keeps all from being applied is found before single objects are looked at.
        let changes = plan.changes.isEmpty ? [] : ChangeText(plan.changes).lines
        state.screen.note(changes + plan.notes.map { StyledLine($0, .quiet) })
      case .began(let id): state.screen.note([StyledLine("\(id) begins", .heading)])
      // Agents tell how far they are.
      case .applied: return
      case .removed(let id): state.screen.note([StyledLine("removed \(id)", .removed)])
      case .takingBack: state.screen.note([StyledLine("taking everything back", .warning)])
      case .agent(let name, let step): state.screen.update(name, step)
      }
    }
  }

  /// Says how it ended.
  ///
  /// - Throws: `ExitCode` (1) if not every agent was seen ready.
  func end(_ result: DeploymentResult, file: String?, _ format: OutputFormat) throws {
    switch format {
    case .json: Terminal.print(result.json.description)
    case .text: Terminal.print(StyledText.text(ResultText(result, file: file).lines))
    }
    if !result.success { throw ExitCode(1) }
  }
}

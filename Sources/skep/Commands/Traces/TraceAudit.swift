import ArgumentParser
import ControlPlane

struct TraceAudit: TraceQuestion {
  static let path = "/fleet/v1/trace-audit"
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Find the edges between agents that lose the trace context; exits with 1 if there are any.",
    discussion: "Reads all traces of the window: --agent selects edges, and no other filter is taken.")

  @OptionGroup var selection: TraceSelection

  @Option(help: "Only what is at least so sure: low, medium or high.")
  var confidence = Confidence.medium

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  enum Confidence: String, ExpressibleByArgument, CaseIterable {
    case low
    case medium
    case high
  }

  var parameters: [(String, String?)] { [("confidence", confidence.rawValue)] }

  func text(of answer: FleetAPI.TraceAudit) -> String { AuditText.of(answer) }

  func conclude(_ answer: FleetAPI.TraceAudit) throws {
    if !answer.edges.isEmpty { throw ExitCode(1) }
  }
}

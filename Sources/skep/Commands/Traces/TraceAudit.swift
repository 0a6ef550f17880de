import ArgumentParser
import ControlPlane

struct TraceAudit: AsyncParsableCommand {
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

  func run() async throws {
    let audit = try await FleetClient.with(client) {
      try await $0.getLong(
        FleetAPI.TraceAudit.self, "/fleet/v1/trace-audit",
        query: selection.query + [("confidence", confidence.rawValue)])
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(audit))
    case .text: Terminal.print(AuditText.of(audit))
    }
    if !audit.edges.isEmpty { throw ExitCode(1) }
  }
}

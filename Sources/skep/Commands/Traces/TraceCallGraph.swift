import ArgumentParser
import ControlPlane

struct TraceCallGraph: TraceQuestion {
  static let path = "/fleet/v1/call-graph"
  static let configuration = CommandConfiguration(
    commandName: "call-graph",
    abstract: "Show which agent calls which, how often, how long it takes and how often it fails.")

  @OptionGroup var selection: TraceSelection

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func text(of answer: FleetAPI.CallGraph) -> String { TraceTables.text(of: answer) }
}

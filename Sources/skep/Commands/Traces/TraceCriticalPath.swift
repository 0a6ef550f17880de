import ArgumentParser
import ControlPlane

struct TraceCriticalPath: TraceQuestion {
  static let path = "/fleet/v1/critical-path"
  static let configuration = CommandConfiguration(
    commandName: "critical-path",
    abstract: "Show what requests waited for: who determines p50 and p95, and who would gain most.")

  @OptionGroup var selection: TraceSelection

  @Option(name: .shortAndLong, help: "How many operations at most.")
  var limit = 15

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  var parameters: [(String, String?)] { [("limit", "\(limit)")] }

  func text(of answer: FleetAPI.FleetCriticalPath) -> String { TraceTables.text(of: answer) }
}

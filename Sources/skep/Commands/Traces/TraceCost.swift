import ArgumentParser
import ControlPlane

struct TraceCost: TraceQuestion {
  static let path = "/fleet/v1/usage"
  static let configuration = CommandConfiguration(
    commandName: "cost",
    abstract: "Show tokens and what they cost, each counted once, by agent, model and conversation.")

  @OptionGroup var selection: TraceSelection

  @Option(name: .shortAndLong, help: "How many conversations at most.")
  var limit = 10

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  var parameters: [(String, String?)] { [("limit", "\(limit)")] }

  func text(of answer: FleetAPI.TokenUsage) -> String { TraceTables.text(of: answer) }
}

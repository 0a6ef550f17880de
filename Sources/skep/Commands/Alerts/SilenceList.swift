import ArgumentParser
import ControlPlane
import FleetModel

struct SilenceList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List silences that hold or are yet to begin.", aliases: ["query"])

  @Argument(help: "Matchers that a silence has, such as agent_id=\"planner\".")
  var matchers: [String] = []

  @Flag(help: "Those that have ended in their place; they are kept for five days.")
  var expired = false

  @Option(help: "Only those of this author.")
  var createdBy: String?

  @Option(help: "Only those that end, or have ended, within this time.")
  var within: String?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let now = Wording.now
    let wanted = try MatcherInput.read(matchers)
    let bound = try within.map { text throws(CommandFailure) -> Duration in
      guard let bound = PrometheusDuration.parse(text) else {
        throw .badInput("--within \(text) is no duration; write one such as 30m, 2h or 1d")
      }
      return bound
    }
    let silences = try await FleetClient.with(client) { try await $0.silences(wanted) }.filter { silence in
      let end = silence.endsAt.timestamp
      let distance = end < now ? now - end : end - now
      return (silence.status?.state == "expired") == expired && (bound.map { distance <= $0 } ?? true)
        && (createdBy.map { $0 == silence.createdBy } ?? true)
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(silences))
    case .text:
      Terminal.print(silences.isEmpty ? "no silences" : SentAlertText.table(of: silences, at: now))
    }
  }
}

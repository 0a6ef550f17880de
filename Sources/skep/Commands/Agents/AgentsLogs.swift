import ArgumentParser

struct AgentsLogs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Print what an agent of the local runtime wrote.")

  @Argument(help: "The agent's id.")
  var agent: String

  @Option(name: .shortAndLong, help: "How many of the last lines.")
  var lines = 100

  @Flag(name: .shortAndLong, help: "Go on with new lines until Ctrl-C.")
  var follow = false

  @OptionGroup var client: ClientOptions

  func run() async throws {
    try await FleetClient.with(client) { fleet in
      try await fleet.stream(
        "/fleet/v1/agents/\(FleetClient.percentEncode(agent))/logs",
        query: [("lines", "\(lines)"), ("follow", follow ? "true" : nil)]
      ) { piece in
        let text = String(decoding: piece, as: UTF8.self)
        Terminal.print(Terminal.isInteractive ? Terminal.safeLines(text) : text, terminator: "")
      }
    }
  }
}

import ArgumentParser

struct AlertsExpire: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "expire", abstract: "End silences now.")

  @Argument(help: "Their ids, as `skep alerts silence list` shows them.")
  var silences: [String]

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  private struct Answer: Encodable { let expired: [String] }

  func run() async throws {
    var expired: [String] = []
    var failures: [CommandFailure] = []
    try await FleetClient.with(client) { client in
      for id in silences {
        do {
          try await client.expireSilence(id)
          expired.append(id)
        } catch let failure as CommandFailure {
          failures.append(failure)
        }
      }
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(Answer(expired: expired)))
    case .text: for id in expired { Terminal.print("silence \(id) has ended") }
    }
    if !failures.isEmpty {
      throw CommandFailure(exitCode: failures.map(\.exitCode).max() ?? 1, lines: failures.flatMap(\.lines))
    }
  }
}

import ArgumentParser
import ControlPlane

struct AlertsSendTest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send-test",
    abstract: "Send a test alert through each integration of a receiver of the running Skep.",
    discussion: "Exits with 1 if one of them was not delivered.")

  @Argument(help: "The receiver's name.")
  var receiver: String

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let test = try await FleetClient.with(client) {
      try await $0.postLong(
        FleetAPI.ReceiverTest.self, "/fleet/v1/receivers/\(FleetClient.percentEncode(receiver))/test")
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(test))
    case .text:
      for result in test.results {
        let words = result.error.map { "failed: \(Terminal.safe($0))" } ?? "delivered"
        Terminal.print("\(result.integration)  \(Terminal.paint(words, result.delivered ? .green : .red))")
      }
    }
    if test.results.isEmpty {
      throw CommandFailure.failed("receiver \(receiver) has no integration, so nobody is told of what is sent to it")
    }
    let failed = test.results.count { !$0.delivered }
    if failed > 0 { throw CommandFailure.failed("\(failed) of \(test.results.count) were not delivered") }
  }
}

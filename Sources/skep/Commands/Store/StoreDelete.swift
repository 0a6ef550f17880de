import ArgumentParser
import ControlPlane

struct StoreDelete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Remove samples for good.",
    discussion: """
      Removes the samples of all series that match every matcher, in the given range of time or altogether:

        skep store delete '__name__="up"' 'agent_id=~"old-.*"' --end 2026-11-01T00:00:00Z
      """)

  @Argument(help: "Matchers such as agent_id=\"planner\"; operators are = != =~ !~.")
  var matchers: [String]

  @Option(help: "From when on, RFC 3339; from the beginning where it is not given.")
  var start: String?

  @Option(help: "Until when, RFC 3339; all where it is not given.")
  var end: String?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  private struct Request: Encodable {
    let matchers: [String]
    let start: String?
    let end: String?
  }

  func run() async throws {
    let body = Array(try FleetJSON.encode(Request(matchers: matchers, start: start, end: end)))
    let deletion = try await FleetClient.with(client) {
      try await $0.postLong(FleetAPI.StoreDeletion.self, "/fleet/v1/store/delete", body: body)
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(deletion))
    case .text:
      Terminal.print("\(Wording.count(deletion.samples)) samples of \(Wording.count(deletion.series)) series are gone")
    }
  }
}

import ArgumentParser
import ControlPlane

struct StoreSnapshot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Make a consistent copy of the store beside it.",
    discussion: """
      The copy lies under `snapshots` in the server's data directory. It takes little space while it shares its blocks with
      the store. To go back to it, stop Skep and move it to where `store` was.
      """)

  @Argument(help: "The copy's name; made of the time where it is not given.")
  var name: String?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let body = try name.map { try Array(FleetJSON.encode(["name": $0])) }
    let snapshot = try await FleetClient.with(client) {
      try await $0.postLong(FleetAPI.StoreSnapshot.self, "/fleet/v1/store/snapshot", body: body)
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(snapshot))
    case .text:
      Terminal.print(
        "\(Terminal.safe(snapshot.directory)): \(Wording.count(snapshot.samples)) samples of "
          + "\(Wording.count(snapshot.series)) series in \(snapshot.blocks) blocks, \(Wording.bytes(snapshot.bytes))")
    }
  }
}

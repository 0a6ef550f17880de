import ArgumentParser
import ControlPlane

struct SilenceUpdate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Give a silence another end or comment; prints its id, which may be another.")

  @Argument(help: "The silence's id.")
  var silence: String

  @OptionGroup var length: SilenceLength

  @Option(name: .shortAndLong, help: "Another comment.")
  var comment: String?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let now = Wording.now
    guard comment != nil || length.duration != nil || length.end != nil else {
      throw CommandFailure.badInput("nothing to change; give --duration, --end or --comment")
    }
    let (id, changed) = try await FleetClient.with(client) { client in
      var known = try await client.silence(silence)
      let start = known.startsAt.timestamp
      // As in `amtool`, a duration counts from now, or from the start if that is yet to come.
      if let end = try length.end(from: max(now, start), now: now, fallback: nil) {
        known.endsAt = FleetAPI.Time(end)
      }
      if let comment { known.comment = comment }
      return (try await client.set(known), known)
    }
    try SilenceAnswer(id: id, changed).print(output.output)
  }
}

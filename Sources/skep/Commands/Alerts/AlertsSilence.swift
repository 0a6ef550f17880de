import ArgumentParser
import ControlPlane
import FleetModel

struct AlertsSilence: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "silence", abstract: "Keep notifications of alerts back for a time.",
    subcommands: [SilenceAdd.self, SilenceList.self, SilenceUpdate.self, AlertsExpire.self],
    defaultSubcommand: SilenceAdd.self)
}

/// A moment that is yet to come: RFC 3339, or a duration from now.
struct FutureTime: ExpressibleByArgument {
  enum Meaning {
    case moment(Timestamp)
    case after(Duration)
  }

  let meaning: Meaning

  init?(argument: String) {
    if let moment = RFC3339.parse(argument) {
      meaning = .moment(moment)
    } else if let duration = PrometheusDuration.parse(argument.hasPrefix("+") ? String(argument.dropFirst()) : argument)
    {
      meaning = .after(duration)
    } else {
      return nil
    }
  }

  func timestamp(now: Timestamp) -> Timestamp {
    switch meaning {
    case .moment(let moment): moment
    case .after(let duration): now + duration
    }
  }
}

/// How long a silence lasts, as options.
struct SilenceLength: ParsableArguments {
  @Option(name: .shortAndLong, help: "For how long, such as 30m, 2h or 1d.")
  var duration: String?

  @Option(help: "Until when, RFC 3339.")
  var end: FutureTime?

  /// - Parameter fallback: where nothing is said.
  func end(from start: Timestamp, now: Timestamp, fallback: Duration?) throws(CommandFailure) -> Timestamp? {
    if let end {
      if duration != nil { throw .badInput("--duration and --end say the same; give one of them") }
      return end.timestamp(now: now)
    }
    guard let duration else { return fallback.map { start + $0 } }
    guard let length = PrometheusDuration.parse(duration), length > .zero else {
      throw .badInput("--duration \(duration) is none; write one such as 30m, 2h or 1d")
    }
    return start + length
  }
}

struct SilenceAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Silence the alerts that match; prints the silence's id.",
    discussion: """
      All matchers must hold; a word alone is the alert's name:

        skep alerts silence HighCpu 'agent_id=~"plan.*"' --duration 2h --comment "being mended"
      """)

  @Argument(help: "Matchers such as agent_id=\"planner\"; operators are = != =~ !~.")
  var matchers: [String]

  @OptionGroup var length: SilenceLength

  @Option(help: "From when on, RFC 3339 or a duration from now; at once where it is not given.")
  var start: FutureTime?

  @Option(name: .shortAndLong, help: "Why, for those who wonder about the quiet.")
  var comment: String

  @Option(name: .shortAndLong, help: "Who; the name of the user where it is not given.")
  var author: String?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let now = Wording.now
    let start = start?.timestamp(now: now) ?? now
    guard let end = try length.end(from: start, now: now, fallback: .seconds(3600)) else {
      preconditionFailure("BUG: a silence without end")
    }
    let silence = SentSilence(
      matchers: try MatcherInput.read(matchers).map(SentSilence.Matcher.init), startsAt: FleetAPI.Time(start),
      endsAt: FleetAPI.Time(end), createdBy: author ?? ClientOptions.environment("USER") ?? "skep", comment: comment)
    let id = try await FleetClient.with(client) { try await $0.set(silence) }
    try SilenceAnswer(id: id, silence).print(output.output)
  }
}

/// What became of a silence that was set.
struct SilenceAnswer: Encodable {
  let silenceID: String
  let until: FleetAPI.Time
  private let matchers: String

  enum CodingKeys: String, CodingKey {
    case silenceID = "silence_id"
    case until
  }

  init(id: String, _ silence: SentSilence) {
    silenceID = id
    until = silence.endsAt
    matchers = SentAlertText.matchers(of: silence)
  }

  /// The id alone on standard output, so that a script can take it.
  func print(_ format: OutputFormat) throws {
    switch format {
    case .json: Terminal.print(try JSONText.of(self))
    case .text:
      Terminal.print(silenceID)
      StandardError.print(
        "alerts with \(Terminal.safe(matchers)) are silenced until \(RFC3339.format(until.timestamp))")
    }
  }
}

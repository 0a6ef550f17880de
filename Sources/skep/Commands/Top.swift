import ArgumentParser
import ControlPlane
import FleetModel

struct Top: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show every agent's figures, live.",
    discussion: """
      Keys: s and S sort by the next and the previous column; c CPU, m memory, r requests, e errors, l latency, a alerts, n name; \
      R reverses. Arrows, Page Up and Page Down, Home and End scroll. / filters by name, q or Ctrl-C quits.

      Where standard output is no terminal, and with --output json, it prints once and ends.
      """)

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "How often to ask anew.")
  var interval = "2s"

  @Option(help: "What to sort by.")
  var sort = TopColumn.cpu

  @Flag(help: "Turn the order round.")
  var reverse = false

  @Option(help: "Only this agent.")
  var agent: String?

  /// More often, the figures do not change and the server is only kept busy.
  private static let shortestInterval = Duration.milliseconds(100)

  func run() async throws {
    let interval = try DurationOption.parse(interval, "--interval")
    guard interval >= Self.shortestInterval else {
      throw CommandFailure.badInput("--interval: \(self.interval) is too short; write 100ms or more")
    }
    let agent = agent
    try await FleetClient.with(client) { fleet in
      @Sendable func ask() async throws -> FleetAPI.BoardAnswer {
        try await fleet.get(
          FleetAPI.BoardAnswer.self, "/fleet/v1/board", query: [("agent_id", agent)], within: .seconds(10))
      }
      // A server that is not there at all, or refuses, ends the command before the screen is taken.
      let first = try await ask()
      if let agent, first.board.agents.isEmpty {
        throw CommandFailure.failed("there is no agent \"\(Terminal.safe(agent))\"; skep agents list names them")
      }
      if output.output == .json { return Terminal.print(try JSONText.of(first)) }
      guard Terminal.canMoveCursor else {
        let text = TopText(board: first.board, column: sort, isReversed: reverse, hasColor: Terminal.hasColor).text
        return Terminal.print(text)
      }
      var model = TopModel(
        board: first.board, state: TopState(column: sort, isReversed: reverse), size: Terminal.screenSize,
        now: Wording.now)
      model.agent = agent
      model.isUTF8 = Terminal.isUTF8
      await TopSession(ask: { try await ask().board }, interval: interval).run(model)
    }
  }
}

extension TopColumn: ExpressibleByArgument {}

import ArgumentParser
import ControlPlane

struct AlertsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List alerts, newest first.",
    discussion: """
      Without matchers these are the alerts of Skep's rules. With matchers, --receiver or one of the states silenced, inhibited and \
      notified they are all that fire, those that Prometheus and others sent here among them:

        skep alerts list 'severity="critical"' 'agent_id=~"plan.*"'
        skep alerts list --state silenced
      """)

  enum State: String, ExpressibleByArgument, CaseIterable {
    case active, pending, resolved, all
    case silenced, inhibited
    /// Neither silenced nor inhibited.
    case notified
  }

  @Argument(help: "Matchers such as agent_id=\"planner\"; operators are = != =~ !~. A word alone is the alert's name.")
  var matchers: [String] = []

  @Option(help: "Which ones.")
  var state = State.active

  @Option(help: "Only those that a receiver of this name is told of, a regular expression.")
  var receiver: String?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let asksRules = matchers.isEmpty && receiver == nil
    switch state {
    case .active where asksRules, .pending where asksRules, .resolved where asksRules, .all where asksRules:
      try await listRules()
    case .pending, .resolved, .all:
      throw CommandFailure.badInput(
        "matchers and --receiver choose among the alerts that fire; leave out --state \(state.rawValue)")
    case .active, .silenced, .inhibited, .notified: try await listAll()
    }
  }

  private func listRules() async throws {
    let list = try await FleetClient.with(client) {
      try await $0.get(FleetAPI.AlertList.self, "/fleet/v1/alerts", query: [("state", state.rawValue)])
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(list))
    case .text:
      let name = state == .all ? "" : "\(state.rawValue) "
      Terminal.print(list.alerts.isEmpty ? "no \(name)alerts" : AlertTable.text(of: list.alerts, at: Wording.now))
    }
  }

  private func listAll() async throws {
    let filters = try MatcherInput.read(matchers).map { ("filter", Optional($0.matcherText)) }
    var query: [(String, String?)] = filters + [("receiver", receiver)]
    switch state {
    case .silenced: query += [("active", "false"), ("inhibited", "true")]
    case .inhibited: query += [("active", "false"), ("silenced", "true")]
    case .notified: query += [("silenced", "false"), ("inhibited", "false")]
    default: break
    }
    var alerts = try await FleetClient.with(client) {
      try await $0.get([SentAlert].self, "/api/v2/alerts", query: query)
    }
    if state == .silenced { alerts.removeAll { $0.status.silencedBy.isEmpty } }
    if state == .inhibited { alerts.removeAll { $0.status.inhibitedBy.isEmpty } }
    alerts.sort { ($0.startsAt.timestamp, $0.fingerprint) > ($1.startsAt.timestamp, $1.fingerprint) }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(alerts))
    case .text:
      let name = state == .active ? "" : "\(state.rawValue) "
      Terminal.print(alerts.isEmpty ? "no \(name)alerts" : SentAlertText.table(of: alerts, at: Wording.now))
    }
  }
}

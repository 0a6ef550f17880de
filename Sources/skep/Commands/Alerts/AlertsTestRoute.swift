import ArgumentParser
import ControlPlane
import DeployPlan
import FleetModel

struct AlertsTestRoute: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test-route",
    abstract: "Say which receivers an alert with these labels goes to, and by which routes.",
    discussion: """
      Without --file the running Skep is asked for its routes. With --tree the whole tree is drawn, and the routes that take the \
      alert are marked with *.
      """)

  @Argument(help: "The alert's labels, each as NAME=VALUE.")
  var labels: [String] = []

  @Option(help: "An alertmanager.yml or a system file, in place of a running Skep; - for standard input.")
  var file: String?

  @Flag(help: "Draw the tree.")
  var tree = false

  @Option(
    name: .customLong("verify-receivers"),
    help: "Receivers, separated by commas, in the order of the answer: exit with 1 if they are others.")
  var expected: String?

  @OptionGroup var client: ClientOptions
  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let alert = try Self.labelSet(labels)
    let test = try Self.test(of: try await policy())
    let matches = test.matches(alert)
    switch output.output {
    case .json: Terminal.print(try JSONText.of(Answer(test, matches, withTree: tree)))
    case .text: Terminal.print(tree ? RouteTreeText.text(of: test, marking: matches) : Self.text(of: matches))
    }
    guard let expected else { return }
    let wanted = expected.split(separator: ",").map(String.init)
    let receivers = matches.map(\.receiver)
    if receivers != wanted {
      throw CommandFailure.failed("the alert goes to \(receivers.joined(separator: ",")), not to \(expected)")
    }
  }

  private func policy() async throws -> NotificationPolicy {
    guard let file else {
      let status = try await FleetClient.with(client) { try await $0.get(Status.self, "/api/v2/status") }
      guard let policy = AlertmanagerFile.read(status.config.original, file: client.server).found else {
        throw CommandFailure.failed("\(client.server) gives no routes")
      }
      return policy
    }
    let reading = try NotificationInput.reading(file, environment: overlay.environment)
    guard let policy = reading.policy else {
      throw CommandFailure.badInput(reading.diagnostics.filter { $0.level == .error })
    }
    return policy
  }

  private static func test(of policy: NotificationPolicy) throws -> RouteTest {
    do throws(Diagnostic) { return try RouteTest(policy) } catch { throw CommandFailure.badInput([error]) }
  }

  /// - Throws: ``CommandFailure`` for what is no `NAME=VALUE`, and for a name that is given twice.
  static func labelSet(_ labels: [String]) throws(CommandFailure) -> LabelSet {
    var values: [String: String] = [:]
    for label in labels {
      guard let equals = label.firstIndex(of: "="), equals > label.startIndex else {
        throw .badInput("\"\(label)\" is no label; write NAME=VALUE")
      }
      let name = String(label[..<equals])
      var value = label[label.index(after: equals)...]
      if value.count >= 2, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
      guard values.updateValue(String(value), forKey: name) == nil else {
        throw .badInput("the label \(name) is given twice")
      }
    }
    // An empty label is as good as none.
    return LabelSet(values.filter { !$0.value.isEmpty })
  }

  private static func text(of matches: [RouteTest.Node]) -> String {
    var table = Table(("RECEIVER", .left), ("ROUTE", .left), ("MATCHERS", .left), ("GROUPED BY", .left))
    for match in matches {
      table.add(
        .init(match.receiver), .init(match.path), .init(RouteTreeText.matchers(of: match)),
        .init(match.groupBy.isEmpty ? "-" : match.groupBy.joined(separator: ", ")))
    }
    return table.text
  }

  /// What is used of the status of an Alertmanager API.
  struct Status: Decodable {
    struct Config: Decodable { let original: String }

    let config: Config
  }

  struct Answer: Encodable {
    struct Route: Encodable {
      let path: String
      let receiver: String
      let matchers: [String]
      let continues: Bool
      let groupBy: [String]
      let groupWait: String
      let groupInterval: String
      let repeatInterval: String
      let muteTimeIntervals: [String]
      let activeTimeIntervals: [String]

      enum CodingKeys: String, CodingKey {
        case path
        case receiver
        case matchers
        case continues = "continue"
        case groupBy = "group_by"
        case groupWait = "group_wait"
        case groupInterval = "group_interval"
        case repeatInterval = "repeat_interval"
        case muteTimeIntervals = "mute_time_intervals"
        case activeTimeIntervals = "active_time_intervals"
      }

      init(_ node: RouteTest.Node) {
        path = node.path
        receiver = node.receiver
        matchers = node.matchers.map(\.alertmanagerText)
        continues = node.continues
        groupBy = node.groupBy
        groupWait = PrometheusDuration.format(node.groupWait)
        groupInterval = PrometheusDuration.format(node.groupInterval)
        repeatInterval = PrometheusDuration.format(node.repeatInterval)
        muteTimeIntervals = node.muteTimeIntervals
        activeTimeIntervals = node.activeTimeIntervals
      }
    }

    let receivers: [String]
    let routes: [Route]
    /// All nodes, depth-first.
    let tree: [Route]?

    init(_ test: RouteTest, _ matches: [RouteTest.Node], withTree: Bool) {
      receivers = matches.map(\.receiver)
      routes = matches.map(Route.init)
      tree = withTree ? test.nodes.map(Route.init) : nil
    }
  }
}

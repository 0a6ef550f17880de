import ArgumentParser
import ControlPlane
import FleetModel

struct Rules: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, add and remove alert rules; check and test rule files.",
    subcommands: [RulesList.self, RulesAdd.self, RulesRemove.self, RulesCheck.self, RulesTest.self],
    defaultSubcommand: RulesList.self)
}

struct RulesList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the alert rules.")

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let list = try await FleetClient.with(client) { try await $0.get(FleetAPI.RuleList.self, "/fleet/v1/rules") }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(list))
    case .text:
      var table = Table(
        ("RULE", .left), ("SEVERITY", .left), ("CONDITION", .left), ("FOR", .left), ("AGENT", .left),
        ("METRIC", .left))
      for rule in list.rules {
        table.add(
          .init(rule.name), .init(rule.severity.rawValue), .init(Self.condition(of: rule)), .init(rule.hold),
          .init(rule.agentID ?? "*"), .init(rule.metricName ?? "*"))
      }
      Terminal.print(table.isEmpty ? "no rules; health alerts are always on" : table.text)
    }
  }

  private static func condition(of rule: FleetAPI.Rule) -> String {
    switch rule.conditionType {
    case "threshold": "value \(rule.operator ?? ">") \(rule.threshold ?? 0)"
    case "rate_of_change": "rate \(rule.operator ?? ">") \(rule.rateThreshold ?? 0)/s"
    case "absence": "absent for \(rule.window ?? "")"
    default: rule.expr ?? rule.conditionType
    }
  }
}

struct RulesAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a rule from a JSON file with the keys of alert_rules.",
    discussion: "It lasts until Skep ends: rules that are to stay belong into the system file.")

  @Argument(help: "The file; - for standard input.")
  var file: String

  @OptionGroup var client: ClientOptions

  func run() async throws {
    let bytes = try InputFile.read(file)
    _ = try await FleetClient.with(client) { try await $0.post("/fleet/v1/rules", body: bytes) }
    Terminal.print("the rule is active")
  }
}

struct RulesRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Remove a rule; its alerts resolve.")

  @Argument(help: "The rule's name.")
  var name: String

  @OptionGroup var client: ClientOptions

  func run() async throws {
    try await FleetClient.with(client) { try await $0.delete("/fleet/v1/rules/\(FleetClient.percentEncode(name))") }
    Terminal.print("rule \(name) is gone")
  }
}

import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel

struct DeployHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List the deployments of a system, the newest first.")

  @Argument(help: "The system file; system.yaml if not given.")
  var file: String?

  @OptionGroup var reference: SystemReference
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let names = try reference.names(file)
    let records = try await cluster.with { client in
      try await Deployer(client, system: names.system, namespace: names.namespace, holder: ClusterOptions.holder)
        .history()
    }
    switch output.output {
    case .json: Terminal.print(JSONValue.array(records.map(\.json)).description)
    case .text:
      if records.isEmpty {
        return Terminal.print("no deployment of system \(names.system) in namespace \(names.namespace)")
      }
      Terminal.print(StyledText.table(RecordText.historyColumns, rows: records.map(RecordText.historyRow)))
    }
  }
}

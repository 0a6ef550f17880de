import ArgumentParser
import ControlPlane

struct AgentsRegister: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "register", abstract: "Have an instance of an agent watched, or update it.")

  @Argument(help: "The agent's id.")
  var agent: String

  @Option(help: "Absolute URL of its metrics.")
  var metricsEndpoint: String?

  @Option(help: "Absolute URL of its health check.")
  var healthEndpoint: String?

  @Option(help: "Its process on this machine.")
  var pid: Int32?

  @Option(name: .customLong("label"), help: "NAME=VALUE, carried to every series; may be repeated.")
  var labels: [String] = []

  @OptionGroup var client: ClientOptions

  func run() async throws {
    var pairs: [String: String] = [:]
    for label in labels {
      guard let equals = label.firstIndex(of: "=") else {
        throw CommandFailure.badInput("--label \(label): write NAME=VALUE")
      }
      pairs[String(label[..<equals])] = String(label[label.index(after: equals)...])
    }
    let registration = FleetAPI.Registration(
      agentID: agent, metricsEndpoint: metricsEndpoint, healthEndpoint: healthEndpoint, pid: pid, labels: pairs)
    _ = try await FleetClient.with(client) {
      try await $0.post("/fleet/v1/agents", body: Array(try FleetJSON.encode(registration)))
    }
    Terminal.print("agent \(agent) is registered")
  }
}

struct AgentsDeregister: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deregister", abstract: "Stop watching an agent; its series end.")

  @Argument(help: "The agent's id.")
  var agent: String

  @OptionGroup var client: ClientOptions

  func run() async throws {
    try await FleetClient.with(client) { try await $0.delete("/fleet/v1/agents/\(FleetClient.percentEncode(agent))") }
    Terminal.print("agent \(agent) is no longer watched")
  }
}

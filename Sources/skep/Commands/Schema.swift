import ArgumentParser
import DeployPlan

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of the system file, for completion in editors.")

  func run() { Terminal.print(SystemSchema.jsonSchema()) }
}

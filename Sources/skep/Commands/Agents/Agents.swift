import ArgumentParser

struct Agents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, show, register and follow agents.",
    subcommands: [
      AgentsList.self, AgentsShow.self, AgentsPID.self, AgentsRegister.self, AgentsDeregister.self, AgentsLogs.self,
      AgentsProcesses.self,
    ], defaultSubcommand: AgentsList.self)
}

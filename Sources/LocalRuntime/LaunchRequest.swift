import DeployPlan
import FleetModel
import SystemPackage

/// Everything that starting one process of an agent takes.
struct LaunchRequest: Sendable, Hashable {
  var arguments: [String]
  var environment: [String: String]
  var workingDirectory: FilePath
  var logFile: FilePath
}

/// Why an agent's process cannot be started at all, in words that name the mend.
struct LaunchProblem: Error, Sendable, Hashable, CustomStringConvertible {
  var description: String
}

/// What is the same for all agents of a fleet.
struct LaunchSettings: Sendable {
  var namespace: String
  var workingDirectory: FilePath
  var logDirectory: FilePath
  var baseEnvironment: [String: String]
  /// Skep's own environment: where agents' secrets come from, and what agents inherit but for `SKEP_…`.
  var inherited: [String: String]

  /// The request for one instance.
  ///
  /// Of one name the environment takes, best first: `AGENT_ID`, `NAMESPACE`, `PORT`, `DRAIN_TIMEOUT`; the agent's own; the base; what Skep
  /// itself was started with. The agent's values and its command may refer to all but the last.
  func request(for spec: AgentSpec, ordinal: Int, port: Int) throws(LaunchProblem) -> LaunchRequest {
    let own = [
      "AGENT_ID": spec.agentID.name, "NAMESPACE": namespace, "PORT": "\(port)",
      "DRAIN_TIMEOUT": "\(spec.drainSeconds)",
    ]
    var declared = baseEnvironment.merging(own) { $1 }
    for variable in spec.environment where own[variable.name] == nil {
      declared[variable.name] =
        switch variable.value {
        case .text(let text): VariableReferences.expand(text, with: declared)
        case .secret(let name, let key): try outside("secret", name, key, for: variable.name)
        case .configMap(let name, let key): try outside("config map", name, key, for: variable.name)
        }
    }
    let arguments = spec.command.map { VariableReferences.expand($0, with: declared) }
    let environment = inherited.filter { !$0.key.hasPrefix("SKEP_") }.merging(declared) { $1 }
    guard let program = arguments.first, !program.isEmpty else { throw LaunchProblem(description: "command is empty") }
    let texts = arguments + environment.keys + environment.values
    guard !texts.contains(where: { $0.utf8.contains(0) }) else {
      throw LaunchProblem(description: "command or environment holds a NUL character; remove it")
    }
    return LaunchRequest(
      arguments: arguments, environment: environment, workingDirectory: workingDirectory,
      logFile: Self.logFile(of: spec.agentID, ordinal: ordinal, in: logDirectory))
  }

  static func logFile(of agent: AgentID, ordinal: Int, in directory: FilePath) -> FilePath {
    directory.appending("\(agent.name)-\(ordinal).log")
  }

  /// Secrets and config maps live in the cluster. Here their values come from Skep's own environment, under a name made of
  /// both parts: secret `openai`, key `api-key` is `OPENAI_API_KEY`.
  private func outside(
    _ kind: String, _ name: String, _ key: String, for variable: String
  ) throws(LaunchProblem) -> String {
    let source = Self.environmentName(name, key)
    if let value = inherited[source] { return value }
    throw LaunchProblem(
      description:
        "environment \(variable): \(kind) \"\(name)\", key \"\(key)\" is not known on this machine; start skep"
        + " with \(source) set to its value")
  }

  static func environmentName(_ name: String, _ key: String) -> String {
    String("\(name)_\(key)".uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}

import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel
import SkepDeploy

/// A system file as it is applied: rendered, and found without error.
struct ApplyInput {
  let rendered: RenderedSystem
  let request: DeployRequest

  /// - Throws: ``CommandFailure``: 2 for a file that cannot be rendered, 1 for one that the check refuses.
  init(_ file: String, environment: String?) throws(CommandFailure) {
    let bytes = try InputFile.read(file)
    let (system, input) = try SystemInput.read(file, bytes: bytes, environment: environment)
    do throws(RenderingError) { rendered = try RenderedSystem(system, ruleGroups: input.ruleGroups) } catch {
      throw .badInput(error.diagnostics.map { input.located($0, file: file) })
    }
    let errors = rendered.findings().filter(\.isError)
    guard errors.isEmpty else {
      throw CommandFailure(
        exitCode: 1,
        lines: errors.map { Terminal.safe($0.description) } + [
          "skep: the check refuses it; skep deploy check tells more"
        ])
    }
    var request = rendered.deployRequest
    request.file = file == "-" ? "standard input" : file
    request.fileHash = SHA256Digest(of: bytes).hexadecimal
    request.environment = environment
    self.request = request
  }
}

/// What plan and apply have in common.
struct ApplyOptions: ParsableArguments {
  @Flag(help: "Take over objects that somebody else made.")
  var adopt = false

  @Flag(help: "Take fields that others own with other values.")
  var forceConflicts = false

  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var output: OutputOptions
}

/// How an apply or a way back goes about it.
struct RolloutOptions: ParsableArguments {
  @Option(help: "How long the whole may take: until all agents are ready.")
  var timeout = "10m"

  @Option(help: "How long one agent may take.")
  var agentTimeout: String?

  @Option(help: "How long to wait while somebody else applies; without it that is an error.")
  var waitLock: String?

  @Option(help: "How many ended deployments are kept on record.")
  var keep = 10

  @Flag(help: "Take everything back if anything fails.")
  var atomic = false

  func options() throws(CommandFailure) -> DeployOptions {
    guard keep >= 2 else { throw .badInput("--keep: at least 2, for there to be one to go back to; got \(keep)") }
    var options = DeployOptions()
    options.timeout = try DurationOption.parse(timeout, "--timeout")
    options.recordsKept = keep
    options.isAtomic = atomic
    options.version = Version.current
    if let agentTimeout { options.agentTimeout = try DurationOption.parse(agentTimeout, "--agent-timeout") }
    if let waitLock { options.lockPatience = try DurationOption.parse(waitLock, "--wait-lock") }
    return options
  }
}

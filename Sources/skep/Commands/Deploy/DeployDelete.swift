import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel
import Glibc
import SkepDeploy

struct DeployDelete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Remove from the cluster what Skep made of a system, and nothing else.",
    discussion: """
      What was there before Skep stays and loses only the fields that Skep set. The namespace goes only if Skep made it and nothing \
      of others is left in it.
      """)

  @Argument(help: "The system file; system.yaml if not given.")
  var file: String?

  @Flag(help: "Do not ask.")
  var yes = false

  @Option(help: "How long to wait until everything is gone.")
  var timeout = "10m"

  @Option(help: "How long to wait while somebody else applies; without it that is an error.")
  var waitLock: String?

  @OptionGroup var reference: SystemReference
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let names = try reference.names(file)
    let limit = try DurationOption.parse(timeout, "--timeout")
    let patience = try waitLock.map { text throws(CommandFailure) in try DurationOption.parse(text, "--wait-lock") }
    // A file that cannot be rendered any more is no reason to keep what it once said: the records know.
    let environment = reference.overlay.environment
    let rendered =
      names.file.flatMap { try? RenderInput.rendered($0, environment: environment) }?.system.manifests ?? []
    let format = output.output
    let isSure = yes
    let result = try await cluster.with { client -> DeletionResult? in
      let deployer = Deployer(client, system: names.system, namespace: names.namespace, holder: ClusterOptions.holder)
      let plan = try await deployer.deletionPlan(rendered: rendered)
      if plan.isEmpty { return DeletionResult() }
      if !isSure {
        guard isatty(STDIN_FILENO) == 1 else {
          throw CommandFailure.badInput("delete asks before it removes anything; give --yes where nobody can answer")
        }
        Self.show(plan, names)
        Terminal.print("remove all this? Write the system's name, \(names.system): ", terminator: "")
        guard readLine() == names.system else { return nil }
      }
      return try await deployer.delete(rendered: rendered, within: limit, lockPatience: patience) { progress in
        guard format == .text else { return }
        switch progress {
        case .removed(let id): Terminal.print(Terminal.safe("removed \(id)"))
        case .note(let text): StandardError.print(Terminal.safe(text))
        default: return
        }
      }
    }
    guard let result else { throw CommandFailure.failed("nothing was removed") }
    switch format {
    case .json: Terminal.print(result.json.description)
    case .text:
      for line in result.left { Terminal.print(Terminal.safe("stays: \(line)")) }
      if result.removedNamespace { Terminal.print("removed Namespace \(names.namespace)") }
      let isNothing = result.removed.isEmpty && result.errors.isEmpty && !result.removedNamespace
      if isNothing { Terminal.print("nothing of system \(names.system) is in namespace \(names.namespace)") }
    }
    guard result.success else {
      throw CommandFailure(exitCode: 1, lines: result.errors.map { "skep: \(Terminal.safe($0))" })
    }
  }

  private static func show(_ plan: DeletionPlan, _ names: SystemReference.Names) {
    for id in plan.removals { Terminal.print(Terminal.paint(Terminal.safe("- \(id)"), .red)) }
    for id in plan.releases { Terminal.print(Terminal.safe("  \(id) stays, without what Skep set in it")) }
    for line in plan.left { Terminal.print(Terminal.safe("  stays: \(line)")) }
    if plan.records > 0 { Terminal.print("- \(plan.records) records of deployments") }
    if plan.deletesNamespace {
      Terminal.print(Terminal.paint("- Namespace \(names.namespace), if nothing of others is in it", .red))
    }
  }
}

extension DeletionResult {
  /// As commands print it.
  var json: JSONValue {
    [
      "removed": .array(removed.map(\.json)), "left": .array(left.map { .string($0) }),
      "removed_namespace": .bool(removedNamespace), "success": .bool(success),
      "errors": .array(errors.map { .string($0) }),
    ]
  }
}

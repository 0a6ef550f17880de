import ArgumentParser
import ClusterControl
import DeployPlan
import FleetModel

struct DeployPlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show field by field what an apply would change in the cluster. Nothing is written.",
    discussion: """
      Exits with 0 if nothing would change, 1 if anything would, and 2 where that cannot be told or an apply would be refused, \
      as `kubectl diff` does.
      """)

  @Argument(help: "The system file; - for standard input.")
  var file = "system.yaml"

  @Flag(help: "Show all fields of new objects too.")
  var fields = false

  @OptionGroup var options: ApplyOptions

  func run() async throws {
    let input = try ApplyInput(file, environment: options.overlay.environment)
    var deploy = DeployOptions()
    deploy.adopts = options.adopt
    deploy.takesFields = options.forceConflicts
    let wanted = deploy
    let plan: DeploymentPlan
    do {
      plan = try await options.cluster.with { client in
        try await Deployer(client, input.request, holder: ClusterOptions.holder).plan(input.request, wanted)
      }
    } catch let failure as CommandFailure {
      throw CommandFailure(exitCode: 2, lines: failure.lines)
    }
    switch options.output.output {
    case .json: Terminal.print(plan.json.description)
    case .text: PlanText.print(plan, showsNewFields: fields)
    }
    guard plan.refusals.isEmpty else {
      throw CommandFailure(exitCode: 2, lines: plan.refusals.map { "skep: \(Terminal.safe($0))" })
    }
    if plan.hasChanges { throw ExitCode(1) }
  }
}

/// A plan on the terminal.
enum PlanText {
  static func print(_ plan: DeploymentPlan, showsNewFields: Bool = false) {
    // What keeps all from being applied is found before single objects are looked at.
    if !plan.changes.isEmpty {
      Terminal.print(StyledText.text(ChangeText(plan.changes, showsNewFields: showsNewFields).lines))
    }
    if !plan.notes.isEmpty { Terminal.print(StyledText.text(plan.notes.map { StyledLine($0, .quiet) })) }
  }
}

extension DeploymentPlan {
  /// As commands print it.
  var json: JSONValue {
    [
      "changes": .array(changes.map(\.json)), "has_changes": .bool(hasChanges),
      "refusals": .array(refusals.map { .string($0) }), "notes": .array(notes.map { .string($0) }),
    ]
  }
}

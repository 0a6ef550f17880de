import ArgumentParser
import DeployPlan
import FleetModel

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a system file: every mistake at once, each with its place and how to mend it.",
    discussion: """
      Without --environment the file is checked as it stands, and with each of its overlays. --explain says what a value is \
      and where it comes from, in place of the check.
      """)

  @Argument(help: "The system file; - for standard input.")
  var file: String

  @Option(help: "A key, such as agents[planner].resources, whose values are explained.")
  var explain: String?

  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let bytes = try InputFile.read(file)
    if let explain {
      try KeyExplanation(file: file, bytes: bytes, environment: overlay.environment).print(explain, output.output)
      return
    }
    let input = try SystemInput(checking: file, bytes: bytes, environment: overlay.environment, lints: true)
    let errors = input.diagnostics.filter { $0.level == .error }.count
    switch output.output {
    case .text:
      for diagnostic in input.diagnostics { Terminal.print(Terminal.safe(diagnostic.description)) }
      if let system = input.system {
        Terminal.print("\(file): system \(system.name) with \(system.agents.count) agents is valid")
      }
    case .json:
      Terminal.print(try JSONText.of(ValidationResult(input)))
    }
    if errors > 0 {
      let summary = "skep: \(file): \(errors) \(errors == 1 ? "error" : "errors")"
      throw CommandFailure(exitCode: 1, lines: output.output == .text ? [summary] : [])
    }
  }
}

private struct ValidationResult: Encodable {
  let valid: Bool
  let diagnostics: [DiagnosticEntry]

  init(_ input: SystemInput) {
    valid = input.system != nil
    diagnostics = input.diagnostics.map(DiagnosticEntry.init)
  }
}

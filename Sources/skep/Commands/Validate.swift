import ArgumentParser
import ControlPlane
import DeployPlan
import FleetModel
import SystemPackage

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a system file: every mistake at once, each with its place and how to mend it.")

  @Argument(help: "The system file; - for standard input.")
  var file: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let bytes = try InputFile.read(file)
    var reading = SystemFile.readWithRules(bytes: bytes, file: file == "-" ? "standard input" : file, lints: true)
    if let system = reading.system, file != "-" || system.namedFiles.allSatisfy({ $0.hasPrefix("/") }) {
      let rules = RuleFileSet(system.ruleFiles, beside: file == "-" ? nil : FilePath(file)).read(
        linter: system.expressionLinter)
      reading.diagnostics += rules.diagnostics
      let notifications = NotificationFiles(
        system, file: file == "-" ? nil : FilePath(file), places: reading.places
      ).read()
      reading.diagnostics += notifications.diagnostics
      if !rules.isValid || !notifications.isValid { reading.system = nil }
    }
    let errors = reading.diagnostics.filter { $0.level == .error }.count
    switch output.output {
    case .text:
      for diagnostic in reading.diagnostics { Terminal.print(diagnostic.description) }
      if let system = reading.system {
        Terminal.print("\(file): system \(system.name) with \(system.agents.count) agents is valid")
      }
    case .json:
      Terminal.print(try JSONText.of(ValidationResult(reading)))
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

  init(_ reading: SystemFile.Reading) {
    valid = reading.system != nil
    diagnostics = reading.diagnostics.map(DiagnosticEntry.init)
  }
}

extension FleetSystem {
  /// The files that it names, of which relative ones begin beside it.
  fileprivate var namedFiles: [String] { ruleFiles + templates + (alertmanagerConfig.map { [$0] } ?? []) }
}

import Alerting
import ArgumentParser
import ControlPlane
import FleetModel
import PromQL

struct RulesCheck: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check Prometheus rule files: every mistake at once, each with its place.",
    discussion: "What promtool refuses is refused; warnings do not change the exit code unless --lint-fatal is given.")

  enum Lint: String, ExpressibleByArgument, CaseIterable {
    case all
    case duplicateRules = "duplicate-rules"
    case expressions
    case none
  }

  @Argument(help: "The rule files; - for standard input.")
  var files: [String]

  @Option(
    parsing: .singleValue,
    help: "What to warn of: duplicate-rules (two rules give the same series), expressions, all or none.")
  var lint: [Lint] = [.all]

  @Flag(name: .customLong("lint-fatal"), help: "Exit with 1 for warnings too.")
  var lintIsFatal = false

  @Flag(help: "Ask the server of --server (or SKEP_SERVER) which series there are, and lint expressions against them.")
  var live = false

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    var checked: [(file: String, result: CheckedRuleFile)] = []
    for file in files {
      let bytes = try InputFile.read(file)
      checked.append((file, CheckedRuleFile(bytes: bytes, file: file == "-" ? "standard input" : file, check: check)))
    }
    let isValid = checked.allSatisfy { $0.result.groups != nil }
    let warns = checked.contains { !$0.result.diagnostics.isEmpty }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(Answer(valid: isValid, files: checked.map(Answer.File.init))))
    case .text:
      for (file, result) in checked {
        Terminal.print("Checking \(Terminal.safe(file))")
        for problem in result.diagnostics { Terminal.print("  " + Terminal.safe(problem.description)) }
        let failed = result.groups == nil
        Terminal.print(
          failed ? Terminal.paint("  FAILED", .red) : "  SUCCESS: \(result.ruleCount) rules found")
      }
    }
    if !isValid || warns && lintIsFatal { throw ExitCode(1) }
  }

  private var check: RuleCheck {
    let all = lint.contains(.all)
    return RuleCheck(
      linter: all || lint.contains(.expressions) ? ExpressionLinter(catalogue: MetricCatalogue()) : nil,
      findsDuplicates: all || lint.contains(.duplicateRules))
  }

  struct Answer: Encodable {
    struct File: Encodable {
      let file: String
      let valid: Bool
      let groups: Int
      let rules: Int
      let diagnostics: [DiagnosticEntry]

      init(_ checked: (file: String, result: CheckedRuleFile)) {
        file = checked.file
        valid = checked.result.groups != nil
        groups = checked.result.found.count
        rules = checked.result.ruleCount
        diagnostics = checked.result.diagnostics.map(DiagnosticEntry.init)
      }
    }

    let valid: Bool
    let files: [File]
  }
}

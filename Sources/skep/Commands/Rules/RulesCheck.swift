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

  @Option(help: "A Skep whose series expressions are linted against.")
  var server: String?

  @OptionGroup var credentials: CredentialOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    var contents: [(file: String, bytes: [UInt8])] = []
    var unreadable: [CommandFailure] = []
    for file in files {
      do throws(CommandFailure) {
        contents.append((file: file == "-" ? "standard input" : file, bytes: try InputFile.read(file)))
      } catch {
        unreadable.append(error)
      }
    }
    let check = try await check(of: contents)
    let checked = contents.map { ($0.file, CheckedRuleFile(bytes: $0.bytes, file: $0.file, check: check)) }
    let isValid = unreadable.isEmpty && checked.allSatisfy { $0.1.groups != nil }
    let warns = checked.contains { !$0.1.diagnostics.isEmpty }
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
    // The others are checked all the same; the command could not do what it was asked.
    if let first = unreadable.first {
      for other in unreadable.dropFirst() { other.print() }
      throw first
    }
    if !isValid || warns && lintIsFatal { throw ExitCode(1) }
  }

  private func check(of contents: [(file: String, bytes: [UInt8])]) async throws -> RuleCheck {
    let all = lint.contains(.all)
    var check = RuleCheck(findsDuplicates: all || lint.contains(.duplicateRules))
    guard all || lint.contains(.expressions) else { return check }
    guard let server else {
      check.lint = ExpressionLinter(catalogue: MetricCatalogue()).findings
      return check
    }
    // What one rule records another may read.
    let groups = contents.flatMap { CheckedRuleFile(bytes: $0.bytes, file: $0.file).found }
    let rules = groups.flatMap(\.rules)
    let request = FleetAPI.LintRequest(
      expressions: Set(rules.map(\.expression)).subtracting([""]).sorted(),
      knownMetrics: Set(rules.filter { $0.kind == .recording }.map(\.name)).sorted())
    let findings = try await FleetClient.with(server, credentials) { try await $0.lint(request) }
    check.lint = { findings[$0.text] ?? [] }
    return check
  }

  struct Answer: Encodable {
    struct File: Encodable {
      let file: String
      let valid: Bool
      let groups: Int
      let rules: Int
      let diagnostics: [DiagnosticEntry]

      init(_ file: String, _ result: CheckedRuleFile) {
        self.file = file
        valid = result.groups != nil
        groups = result.found.count
        rules = result.ruleCount
        diagnostics = result.diagnostics.map(DiagnosticEntry.init)
      }
    }

    let valid: Bool
    let files: [File]
  }
}

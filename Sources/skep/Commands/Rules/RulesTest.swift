import ArgumentParser
import ControlPlane
import FleetModel
import PromQL

struct RulesTest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run unit tests of rules (promtool's test files).",
    discussion: "Exits with 1 if a test fails, or if rules or tests cannot be read.")

  @Argument(help: "The test files; the rule files that they name are looked for beside them.")
  var files: [String]

  @Option(parsing: .singleValue, help: "Run only tests whose name this regular expression finds; may be given again.")
  var run: [String] = []

  @Flag(help: "Show what differs line by line in place of all that was expected and found.")
  var diff = false

  @Flag(help: "Let expressions use functions that Prometheus has behind a feature flag.")
  var experimental = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var tests = RuleTests()
    tests.parser.experimentalFunctions = experimental
    if !run.isEmpty { tests.isChosen = try Self.choice(run) }
    var reports: [RuleTestReport] = []
    for file in files {
      let bytes = try InputFile.read(file)
      let report = try await tests.run(bytes, file: file == "-" ? "standard input" : file) { path in
        try RuleFilePaths.matching(path, beside: file).map { ($0, try InputFile.read($0)) }
      }
      reports.append(report)
      if output.output == .text { Terminal.print(RuleTestText(report: report, showsDifference: diff).text) }
    }
    if output.output == .json { Terminal.print(try JSONText.of(RuleTestAnswer(reports))) }
    if !reports.allSatisfy(\.passed) { throw ExitCode(1) }
  }

  private static func choice(_ expressions: [String]) throws(CommandFailure) -> @Sendable (String) -> Bool {
    let text = expressions.map { "(?:\($0))" }.joined(separator: "|")
    do throws(PatternError) {
      // Patterns are anchored; Prometheus' tools look for them anywhere here.
      let pattern = try LabelPattern("(?s:.*)(?:\(text))(?s:.*)")
      return { pattern.matches($0) }
    } catch {
      throw .badInput("--run \(expressions.joined(separator: " --run ")): \(error)")
    }
  }
}

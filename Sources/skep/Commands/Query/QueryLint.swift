import ArgumentParser
import ControlPlane
import FleetModel
import PromQL

struct QueryLint: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "What an expression surely does not mean, by the series that there are.",
    discussion: "Exits with 1 if there is something to mend, with 2 if the expression does not parse.")

  @OptionGroup var query: QueryExpression

  @Flag(help: "Ask no server: say only what the expression itself tells.")
  var offline = false

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let text = try query.text()
    let parsed: ParsedQuery
    do throws(ParseError) {
      parsed = try ParsedQuery(text)
    } catch {
      throw CommandFailure(exitCode: 2, lines: ["skep: \(error)"] + Caret.lines(at: error.range, in: text))
    }
    let findings =
      offline
      ? ExpressionLinter(catalogue: MetricCatalogue()).findings(in: parsed)
      : try await FleetClient.with(client) {
        try await $0.lint(FleetAPI.LintRequest(expressions: [text]))[text] ?? []
      }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(Answer(findings: findings.map { Answer.Entry($0, in: text) })))
    case .text:
      for finding in findings {
        Terminal.print(Terminal.safe(finding.diagnostic(in: text).description))
        for line in Caret.lines(at: finding.range, in: text) { Terminal.print(line) }
      }
      if findings.isEmpty { Terminal.print("nothing to mend") }
    }
    if !findings.isEmpty { throw ExitCode(1) }
  }

  private struct Answer: Encodable {
    struct Entry: Encodable {
      let kind: String
      let line: Int?
      let column: Int?
      let message: String
      let mend: String?

      init(_ finding: ExpressionLinter.Finding, in query: String) {
        let diagnostic = finding.diagnostic(in: query)
        kind = finding.kind.rawValue
        line = diagnostic.line
        column = diagnostic.column
        message = finding.message
        mend = finding.mend
      }
    }

    let findings: [Entry]
  }
}

import ArgumentParser
import PromQL

struct QueryFormat: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "format", abstract: "Write an expression in its canonical form; needs no server.")

  @OptionGroup var query: QueryExpression
  @OptionGroup var output: OutputOptions

  func run() throws {
    let text = try query.text()
    let parsed: ParsedQuery
    do throws(ParseError) {
      parsed = try ParsedQuery(text)
    } catch {
      throw CommandFailure(exitCode: 2, lines: ["skep: \(error)"] + Caret.lines(at: error.range, in: text))
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(["query": parsed.expression.formatted]))
    case .text: Terminal.print(parsed.expression.formatted)
    }
  }
}

import ArgumentParser

struct Query: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate PromQL.",
    discussion: """
      `skep query 'up == 0'` asks for the value now, `skep query range 'rate(x_total[5m])' --plot` draws an hour of it.
      The server may be any that speaks the Prometheus API.
      """,
    subcommands: [
      QueryInstant.self, QueryRange.self, QuerySeries.self, QueryLabels.self, QueryFormat.self, QueryLint.self,
      QueryScript.self,
    ], defaultSubcommand: QueryInstant.self)
}

/// The expression of a command.
struct QueryExpression: ParsableArguments {
  @Argument(help: "The PromQL expression; - reads it from standard input.")
  var expression: String

  func text() throws(CommandFailure) -> String {
    guard expression == "-" else { return expression }
    var bytes = try InputFile.read("-", limit: 1 << 20)
    while let last = bytes.last, last == 10 || last == 13 || last == 32 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

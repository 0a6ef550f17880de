import ArgumentParser
import FleetModel

struct QueryInstant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instant", abstract: "The value of an expression at one time.")

  @OptionGroup var query: QueryExpression

  @Option(parsing: .unconditional, help: "When: RFC 3339, seconds since 1970, or before now such as -1h.")
  var time: QueryTime?

  @Option(help: "The most series that are answered.")
  var limit: Int?

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let text = try query.text()
    let form = [
      ("query", text), ("time", time?.timestamp(now: Wording.now).unixText), ("limit", limit.map { "\($0)" }),
    ]
    switch output.output {
    case .json:
      let data = try await FleetClient.with(client) {
        try await $0.prometheus(AnyJSON.self, "/api/v1/query", form: form, query: text)
      }
      Terminal.print(try JSONText.of(data))
    case .text:
      let data = try await FleetClient.with(client) {
        try await $0.prometheus(QueryData.self, "/api/v1/query", form: form, query: text)
      }
      Terminal.print(Self.text(of: data.value))
    }
  }

  static func text(of value: QueryData.Value) -> String {
    switch value {
    case .scalar(let sample): sample.text
    case .string(let text): Terminal.safeLines(text)
    case .vector(let series): series.isEmpty ? "no series" : QueryTables.vector(series, width: Terminal.width)
    case .matrix(let series): series.isEmpty ? "no series" : QueryTables.points(series, width: Terminal.width)
    }
  }
}

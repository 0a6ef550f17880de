import ArgumentParser
import FleetModel
import PromQL

struct QueryRange: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "range", abstract: "The values of an expression over a time, as a table, a plot or JSON.",
    discussion: "Without --start it is the last hour, without --step as many points as fit.")

  @OptionGroup var query: QueryExpression

  @Option(parsing: .unconditional, help: "From when on: RFC 3339, seconds since 1970, or before now such as -6h.")
  var start: QueryTime?

  @Option(parsing: .unconditional, help: "Until when; now where it is not given.")
  var end: QueryTime?

  @Option(help: "Between two points: a duration, or seconds.")
  var step: QueryStep?

  @Flag(help: "Draw it; the same as --output plot.")
  var plot = false

  @Flag(help: "Print every point in place of a line for each series.")
  var points = false

  @Option(help: "Lines of the plot; otherwise as the terminal has room.")
  var height: Int?

  @Option(help: "Columns of the plot; otherwise those of the terminal.")
  var width: Int?

  @Option(name: .shortAndLong, help: "How to print: text for people, json for programs, plot.")
  var output = QueryOutput.text

  @OptionGroup var client: ClientOptions

  func validate() throws {
    if let height, !(4...500).contains(height) { throw ValidationError("--height is 4 to 500") }
    if let width, !(30...1000).contains(width) { throw ValidationError("--width is 30 to 1000") }
  }

  func run() async throws {
    let text = try query.text()
    let now = Wording.now
    let until = (end?.meaning).map { _ in end?.timestamp(now: now) ?? now } ?? now
    let from = start?.timestamp(now: now) ?? until - .seconds(3600)
    guard from <= until else { throw CommandFailure.badInput("--start is after --end; exchange them") }
    let isPlot = plot || output == .plot
    let columns = width ?? Terminal.width ?? 80
    let step = step?.milliseconds ?? Self.step(until - from, points: isPlot ? columns * 2 : 250)
    let form = [
      ("query", text), ("start", from.unixText), ("end", until.unixText),
      ("step", Timestamp(milliseconds: step).unixText),
    ]
    if output == .json, !plot {
      let data = try await FleetClient.with(client) {
        try await $0.prometheus(AnyJSON.self, "/api/v1/query_range", form: form, query: text)
      }
      return Terminal.print(try JSONText.of(data))
    }
    let data = try await FleetClient.with(client) {
      try await $0.prometheus(QueryData.self, "/api/v1/query_range", form: form, query: text)
    }
    guard case .matrix(let series) = data.value, !series.isEmpty else {
      return Terminal.print(InstantText.nothing(data.value))
    }
    if isPlot {
      Terminal.print(draw(series, text, from, until, step: step, columns: columns))
    } else if points {
      Terminal.print(QueryTables.points(series, width: Terminal.width))
    } else {
      Terminal.print(QueryTables.summary(series, width: Terminal.width, isUTF8: Terminal.isUTF8))
    }
  }

  private enum InstantText {
    static func nothing(_ value: QueryData.Value) -> String { QueryInstant.text(of: value) }
  }

  /// Whole seconds, so that there are at most `points`.
  static func step(_ span: Duration, points: Int) -> Int64 {
    max(1, Int64((span.seconds / Double(max(1, points))).rounded(.up))) * 1000
  }

  /// What tells each series from the others: labels that all of them have alike are left out.
  static func legend(of sets: [LabelSet]) -> [String] {
    guard let first = sets.first, sets.count > 1 else { return sets.map { $0.isEmpty ? "" : $0.description } }
    let common = sets.dropFirst().reduce(into: Set(first)) { $0.formIntersection($1) }
    return sets.map { set in
      let own = LabelSet(set.filter { !common.contains($0) })
      return own.isEmpty ? set.description : own.description
    }
  }

  private func draw(
    _ series: [AnsweredSeries], _ query: String, _ from: Timestamp, _ until: Timestamp, step: Int64, columns: Int
  ) -> String {
    let labels = Self.legend(of: series.map(\.labelSet))
    let plot = Plot(
      series: zip(series, labels).map { one, label in
        Plot.Series(
          label: label.isEmpty ? query : label,
          points: one.samples.map { ($0.seconds, $0.value) }, last: one.samples.last?.text ?? "-")
      }, start: Double(from.milliseconds) / 1000, end: Double(until.milliseconds) / 1000, step: Double(step) / 1000,
      unit: (try? ParsedQuery(query)).map { PlotUnit.of($0.expression) } ?? .none)
    // Room for the axes, the legend and the prompt.
    let free = (Terminal.height ?? 26) - 4 - min(series.count, Plot.maximumSeries)
    let style = Plot.Style(
      isUTF8: Terminal.isUTF8, hasColor: Terminal.hasColor, columns: columns, rows: height ?? min(max(free, 8), 30))
    return plot.text(style) ?? "no numbers to draw; native histograms need a function such as histogram_quantile"
  }
}

import ArgumentParser
import FleetModel

/// From when to when names are looked for.
struct QueryWindow: ParsableArguments {
  @Option(parsing: .unconditional, help: "From when on: RFC 3339, seconds since 1970, or before now; an hour ago.")
  var start: QueryTime?

  @Option(parsing: .unconditional, help: "Until when; now where it is not given.")
  var end: QueryTime?

  @Option(help: "The most that is answered.")
  var limit: Int?

  var form: [(String, String?)] {
    let now = Wording.now
    let until = end?.timestamp(now: now) ?? now
    return [
      ("start", (start?.timestamp(now: now) ?? until - .seconds(3600)).unixText), ("end", until.unixText),
      ("limit", limit.map { "\($0)" }),
    ]
  }
}

struct QuerySeries: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "series", abstract: "The series that selectors match.")

  @Argument(help: "Selectors such as 'up{job=\"a\"}'; a series need match only one.")
  var matchers: [String]

  @OptionGroup var window: QueryWindow
  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let form = matchers.map { ("match[]", Optional($0)) } + window.form
    let found = try await FleetClient.with(client) {
      try await $0.prometheus([[String: String]].self, "/api/v1/series", form: form, query: matchers.first)
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(found))
    case .text:
      let lines = found.map { Terminal.safe(LabelSet($0).description) }
      Terminal.print(lines.isEmpty ? "no series" : lines.joined(separator: "\n"))
    }
  }
}

struct QueryLabels: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "labels", abstract: "The names of labels, or the values of one.")

  @Argument(help: "A label whose values are wanted; __name__ for the metrics.")
  var name: String?

  @Option(name: .customLong("match"), parsing: .singleValue, help: "Only of series that this selector matches.")
  var matchers: [String] = []

  @OptionGroup var window: QueryWindow
  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let parameters = matchers.map { ("match[]", Optional($0)) } + window.form
    let path = name.map { "/api/v1/label/\(FleetClient.percentEncode(Self.escaped($0)))/values" } ?? "/api/v1/labels"
    let found = try await FleetClient.with(client) {
      try await $0.prometheus([String].self, get: path, parameters: parameters)
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(found))
    case .text: for one in found { Terminal.print(Terminal.safe(one)) }
    }
  }

  /// A name that is not of Prometheus' old form stands in a path as `U__…`
  /// (<https://prometheus.io/docs/instrumenting/escaping_schemes/>).
  static func escaped(_ name: String) -> String {
    func isPlain(_ scalar: Unicode.Scalar, first: Bool) -> Bool {
      switch scalar {
      case "a"..."z", "A"..."Z", "_": true
      case "0"..."9": !first
      default: false
      }
    }
    let isOld = name.unicodeScalars.enumerated().allSatisfy { isPlain($1, first: $0 == 0) }
    if isOld { return name }
    return name.unicodeScalars.enumerated().reduce(into: "U__") { text, next in
      if next.element == "_" {
        text += "__"
      } else if isPlain(next.element, first: next.offset == 0) {
        text.unicodeScalars.append(next.element)
      } else {
        text += "_\(String(next.element.value, radix: 16))_"
      }
    }
  }
}

import ArgumentParser
import FleetModel
import WireFormats

struct SamplesParse: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parse", abstract: "Print what Skep understands of a metrics body, to check an exporter.",
    discussion:
      "Exits with 1, naming line and column (of protobuf the byte), if a collection of this body would be refused.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case openmetrics
    case json
    case protobuf

    var exposition: WireFormats.ExpositionFormat {
      switch self {
      case .text: .prometheusText
      case .openmetrics: .openMetrics
      case .json: .agentJSON
      case .protobuf: .prometheusProtobuf
      }
    }
  }

  @Option(help: "The body's format.")
  var format = Format.text

  @Argument(help: "A file that holds the body; - for standard input.")
  var file: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let document = ExpositionDocument(try InputFile.read(file), format: format.exposition)
    switch output.output {
    case .text: for entry in document.entries { Terminal.print(Self.text(of: entry)) }
    case .json: Terminal.print(try JSONText.of(Answer(document)))
    }
    if let error = document.error {
      throw CommandFailure(exitCode: 1, lines: ["\(file):\(place(of: error)): \(error.message)"])
    }
  }

  private func place(of error: ExpositionError) -> String {
    error.byte.map { "byte \($0)" } ?? "\(error.line):\(error.column)"
  }

  private struct Answer: Encodable {
    struct Failure: Encodable {
      let line: Int?
      let column: Int?
      let byte: Int?
      let message: String

      init(_ error: ExpositionError) {
        line = error.byte == nil ? error.line : nil
        column = error.byte == nil ? error.column : nil
        byte = error.byte
        message = error.message
      }
    }

    let verdict: String
    let entries: [ExpositionDocument.Entry]
    let error: Failure?

    init(_ document: ExpositionDocument) {
      verdict = document.error == nil ? "good" : "bad"
      entries = document.entries
      error = document.error.map(Failure.init)
    }
  }

  private static func text(of entry: ExpositionDocument.Entry) -> String {
    switch entry {
    case .help(let metric, let text): return "help     \(Terminal.safe("\(metric): \(text)"))"
    case .type(let metric, let type): return "type     \(Terminal.safe(metric)): \(type.rawValue)"
    case .unit(let metric, let text): return "unit     \(Terminal.safe("\(metric): \(text)"))"
    case .comment(let text): return "comment  \(Terminal.safe(text))"
    case .series(let series):
      var line = "series   \(Terminal.safe(LabelSet(series.labels).description)) = "
      line += series.histogram.map { "histogram of \($0.count) observations, sum \($0.sum)" } ?? series.valueText
      if let time = series.timestamp { line += " at \(time)" }
      for exemplar in series.exemplars {
        line += "  exemplar \(Terminal.safe(LabelSet(exemplar.labels).description)) = \(exemplar.value)"
      }
      return line
    }
  }
}

import ArgumentParser
import PromQL

struct QueryScript: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "script",
    abstract: "Run scripts of loads and queries with what they must give (promqltest's .test files).",
    discussion: "Exits with 1 if an evaluation gives anything else.")

  @Argument(help: "The scripts; - for standard input.")
  var files: [String]

  @Flag(help: "Let scripts use what Prometheus has behind feature flags.")
  var experimental = false

  @Flag(help: "List the evaluations one by one as pass or not yet.")
  var list = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let options = experimental ? EngineOptions.experimental : EngineOptions()
    var answer = Answer()
    for file in files {
      let text = String(decoding: try InputFile.read(file), as: UTF8.self)
      let report = await PromQLScript(text).run(options: options)
      answer.passed += report.passed
      answer.failed += report.failed
      answer.failures += report.failures.map {
        Answer.Failure(file: file, line: $0.line, query: $0.query, problem: $0.problem)
      }
      if list {
        answer.evaluations =
          (answer.evaluations ?? [])
          + report.results.map {
            Answer.Evaluation(
              file: file, line: $0.line, query: $0.query, result: $0.problem == nil ? .pass : .notYet,
              problem: $0.problem)
          }
      }
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(answer))
    case .text where list:
      for one in answer.evaluations ?? [] {
        let problem = one.problem.map { ": \($0)" } ?? ""
        Terminal.print(Terminal.safe("\(one.file):\(one.line): \(one.result.rawValue): \(one.query)\(problem)"))
      }
      Terminal.print("\(answer.passed) passed, \(answer.failed) failed")
    case .text:
      for failure in answer.failures {
        let query = failure.query.isEmpty ? "" : "\(failure.query): "
        Terminal.print(Terminal.safe("\(failure.file):\(failure.line): \(query)\(failure.problem)"))
      }
      Terminal.print("\(answer.passed) passed, \(answer.failed) failed")
    }
    if answer.failed > 0 { throw ExitCode(1) }
  }

  private struct Answer: Encodable {
    struct Failure: Encodable {
      let file: String
      let line: Int
      let query: String
      let problem: String
    }

    enum Result: String, Encodable {
      case pass
      case notYet = "not yet"
    }

    struct Evaluation: Encodable {
      let file: String
      let line: Int
      let query: String
      let result: Result
      let problem: String?
    }

    var passed = 0
    var failed = 0
    var failures: [Failure] = []
    /// Where they were asked for.
    var evaluations: [Evaluation]?
  }
}

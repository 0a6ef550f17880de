import ArgumentParser
import ControlPlane

/// A command that asks one question about many traces and prints the answer.
protocol TraceQuestion: AsyncParsableCommand {
  associatedtype Answer: Codable & Sendable

  static var path: String { get }
  var selection: TraceSelection { get }
  var client: ClientOptions { get }
  var output: OutputOptions { get }
  /// What the question has beside ``selection``.
  var parameters: [(String, String?)] { get }
  func text(of answer: Answer) -> String
  /// Decides, once the answer is printed, how the command ends.
  func conclude(_ answer: Answer) throws
}

extension TraceQuestion {
  var parameters: [(String, String?)] { [] }

  func conclude(_ answer: Answer) throws {}

  func run() async throws {
    let answer = try await FleetClient.with(client) {
      try await $0.getLong(Answer.self, Self.path, query: selection.query + parameters)
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(answer))
    case .text: Terminal.print(text(of: answer))
    }
    try conclude(answer)
  }
}

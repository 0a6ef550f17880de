import FleetModel

/// Why a command ends without success.
struct CommandFailure: Error {
  /// 1: the check failed. 2: bad usage or input.
  let exitCode: Int32
  let lines: [String]
  /// What the server answered, where it was that.
  var status: Int?

  /// The check failed, or what was asked for is not there.
  static func failed(_ message: String) -> CommandFailure { CommandFailure(exitCode: 1, lines: ["skep: \(message)"]) }

  /// The user asked for what cannot be.
  static func badInput(_ message: String) -> CommandFailure { CommandFailure(exitCode: 2, lines: ["skep: \(message)"]) }

  static func badInput(_ diagnostics: [Diagnostic]) -> CommandFailure {
    CommandFailure(exitCode: 2, lines: diagnostics.map(\.description))
  }

  func print() { for line in lines { StandardError.print(line) } }
}

import ArgumentParser
import Glibc
import LocalRuntime

/// Parse, call, print: every command is one file under `Commands`.
@main
struct Skep: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "skep",
    abstract: "Run and watch a fleet of software agents.",
    discussion: """
      Begin with `skep up SYSTEM.yaml`: it starts the agents of the file on this machine and watches them. Then, from
      another terminal, `skep status --watch`.
      """,
    version: Version.current,
    subcommands: [
      Up.self, Serve.self, Validate.self, Schema.self, Status.self, Top.self, Agents.self, Samples.self, Alerts.self,
      Rules.self, Query.self, Traces.self, Trace.self, Report.self, Deploy.self, Store.self, Version.self,
      Completion.self,
    ])

  /// Exits with 0, 1 (the check failed) or 2 (bad usage or input), errors in one line on standard error.
  static func main() async {
    // A copy of this program guards the agents of `skep up`: it must not become a command.
    Guardian.runIfAsked()
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as CommandFailure {
      error.print()
      Glibc.exit(error.exitCode)
    } catch {
      let text = fullMessage(for: error)
      let code = exitCode(for: error)
      if code == .success {
        Terminal.print(text)
        Glibc.exit(0)
      }
      if !text.isEmpty { StandardError.print(text) }
      Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
    }
  }
}

import ArgumentParser
import ControlPlane
import FleetModel

struct AlertsCheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Check alertmanager.yml files and their templates: every mistake at once, each with its place.",
    discussion: "What amtool refuses is refused, and what Skep does not do; a system file is checked with its own keys."
  )

  @Argument(help: "The files.")
  var files: [String]

  @OptionGroup var overlay: EnvironmentOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let results = try files.map { file in
      (file: file, reading: try NotificationInput.reading(file, environment: overlay.environment))
    }
    switch output.output {
    case .json: Terminal.print(try JSONText.of(Answer(results)))
    case .text:
      for (file, reading) in results {
        Terminal.print("Checking \(Terminal.safe(file))")
        for problem in reading.diagnostics { Terminal.print("  " + Terminal.safe(problem.description)) }
        if let policy = reading.policy {
          Terminal.print("  SUCCESS: \(Self.summary(of: policy))")
        } else {
          Terminal.print(Terminal.paint("  FAILED", .red))
        }
      }
    }
    if results.contains(where: { !$0.reading.isValid }) { throw ExitCode(1) }
  }

  private static func summary(of policy: NotificationPolicy) -> String {
    let counts = Answer.Counts(policy)
    return [
      count(counts.receivers, "receiver"), count(counts.routes, "route"),
      count(counts.inhibitRules, "inhibition rule"), count(counts.timeIntervals, "time interval"),
      count(counts.templates, "template pattern"),
    ].joined(separator: ", ")
  }

  private static func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

  struct Answer: Encodable {
    struct Counts: Encodable {
      let receivers: Int
      let routes: Int
      let inhibitRules: Int
      let timeIntervals: Int
      let templates: Int

      enum CodingKeys: String, CodingKey {
        case receivers
        case routes
        case inhibitRules = "inhibit_rules"
        case timeIntervals = "time_intervals"
        case templates
      }

      init(_ policy: NotificationPolicy) {
        receivers = policy.receivers.count
        var pending = [policy.route]
        var count = 0
        while let route = pending.popLast() {
          count += 1
          pending += route.routes
        }
        routes = count
        inhibitRules = policy.inhibitRules.count
        timeIntervals = policy.timeIntervals.count
        templates = policy.templates.count
      }
    }

    struct File: Encodable {
      let file: String
      let valid: Bool
      let found: Counts?
      let diagnostics: [DiagnosticEntry]
    }

    let valid: Bool
    let files: [File]

    init(_ results: [(file: String, reading: NotificationFiles.Reading)]) {
      valid = results.allSatisfy { $0.reading.isValid }
      files = results.map { result in
        File(
          file: result.file, valid: result.reading.isValid, found: result.reading.policy.map(Counts.init),
          diagnostics: result.reading.diagnostics.map(DiagnosticEntry.init))
      }
    }
  }
}

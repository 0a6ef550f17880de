import ArgumentParser
import ControlPlane

struct TraceCompare: TraceQuestion {
  static let path = "/fleet/v1/traces/compare"
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Show what changed between two windows, or two deployments, by agent and operation.",
    discussion: """
      Compares the window with the one of the same length before it, or before --baseline-end. With --baseline-attribute
      it compares traces of the same time: `skep trace compare --baseline-attribute service.version=1.2 --attribute
      service.version=1.3`. What chance explains is not called a change.
      """)

  @OptionGroup var selection: TraceSelection

  @Option(help: "Where the window to compare with ends, RFC 3339.")
  var baselineEnd: String?

  @Option(help: "What the traces to compare with have in place of --attribute: NAME=VALUE. Repeatable.")
  var baselineAttribute: [String] = []

  @Flag(help: "Show operations that did not change, too.")
  var all = false

  @OptionGroup var client: ClientOptions
  @OptionGroup var output: OutputOptions

  var parameters: [(String, String?)] {
    [("baseline_end", baselineEnd)] + baselineAttribute.map { ("baseline_attribute", $0) }
  }

  func text(of answer: FleetAPI.TraceComparison) -> String { TraceTables.text(of: answer, all: all) }
}

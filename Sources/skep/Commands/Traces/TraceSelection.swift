import ArgumentParser

/// Which traces a command means.
struct TraceSelection: ParsableArguments {
  @Option(help: "How far back to look, such as 15m or 1h30m.")
  var window = "1h"

  @Option(help: "Until when, RFC 3339; now where it is not given.")
  var end: String?

  @Option(help: "Only traces with a span of this agent.")
  var agent: String?

  @Option(help: "Only traces with a span of this operation.")
  var operation: String?

  @Option(help: "Only traces with a span in this state: active, completed, error or lost.")
  var status: Status?

  @Option(help: "Only traces with a span that has this attribute, or whose process has it: NAME=VALUE. Repeatable.")
  var attribute: [String] = []

  @Option(help: "Only traces with a span that takes at least so long, such as 500ms.")
  var minDuration: String?

  @Option(help: "Only traces with a span that takes at most so long.")
  var maxDuration: String?

  enum Status: String, ExpressibleByArgument, CaseIterable {
    case active
    case completed
    case error
    case lost
  }

  /// As `/fleet/v1` takes it; the filters fit one and the same span.
  var query: [(String, String?)] {
    [
      ("window", window), ("end", end), ("agent_id", agent), ("operation", operation), ("status", status?.rawValue),
      ("min_duration", minDuration), ("max_duration", maxDuration),
    ] + attribute.map { ("attribute", $0) }
  }
}

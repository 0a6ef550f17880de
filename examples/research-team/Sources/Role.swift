import ArgumentParser

/// What one member of the team does with a piece of work, and to whom it hands it on.
enum Role: String, CaseIterable, Sendable, ExpressibleByArgument {
  case planner, researcher, coder, critic, writer

  /// Who gets the work next; the writer's result goes back the way the work came.
  var next: Role? {
    switch self {
    case .planner: .researcher
    case .researcher: .coder
    case .coder: .critic
    case .critic: .writer
    case .writer: nil
    }
  }

  /// The label `operation` of its own work.
  var operation: String {
    switch self {
    case .planner: "plan"
    case .researcher: "research"
    case .coder: "code"
    case .critic: "review"
    case .writer: "write"
    }
  }

  /// Half of its work takes less than this, in seconds.
  var medianLatency: Double {
    switch self {
    case .planner: 0.04
    case .researcher: 0.18
    case .coder: 0.25
    case .critic: 0.09
    case .writer: 0.20
    }
  }

  /// The spread of the logarithm of its latency: tools vary more than models.
  var latencySpread: Double { self == .researcher ? 0.7 : 0.4 }

  /// Medians of what one piece of work costs.
  var tokens: (input: Double, output: Double) {
    switch self {
    case .planner: (400, 150)
    case .researcher: (2500, 600)
    case .coder: (1800, 1200)
    case .critic: (1500, 200)
    case .writer: (1200, 900)
    }
  }

  /// Those of the input that are the same each time.
  var cachedTokens: Int { Int(tokens.input / 2) }

  /// What it uses beside its model, for half of its time.
  var tool: String? {
    switch self {
    case .researcher: "web_search"
    case .coder: "run_tests"
    case .planner, .critic, .writer: nil
    }
  }

  var model: String {
    switch self {
    case .planner, .critic: "small-1"
    case .researcher, .coder, .writer: "large-1"
    }
  }

  /// How long it waits for the next: longer the more comes after it, so that the one nearest to a fault gives up first.
  var patience: Duration {
    switch self {
    case .planner: .seconds(20)
    case .researcher: .seconds(15)
    case .coder: .seconds(10)
    case .critic, .writer: .seconds(5)
    }
  }

  /// The environment variable with its address.
  var addressVariable: String { rawValue.uppercased() + "_URL" }
}

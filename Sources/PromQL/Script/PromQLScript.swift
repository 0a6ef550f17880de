import FleetModel

/// A script of loads and evaluations with what they are to give: the `.test` format of Prometheus' `promqltest`.
public struct PromQLScript: Sendable {
  enum Command: Sendable {
    case clear
    case load([ScriptSeries])
    case evaluate(ScriptEvaluation)
    /// A line that is not understood, or asks for what is not there: counts as a failure.
    case unreadable(line: Int, ScriptProblem)
  }

  var commands: [Command] = []

  /// Reads a whole script. What cannot be read becomes a failure of its own when the script is run.
  public init(_ text: String) {
    var reader = ScriptReader(text)
    commands = reader.read()
  }

  /// What running a script found.
  public struct Report: Sendable, Hashable {
    public var passed = 0
    public var failures: [Failure] = []
    public var failed: Int { failures.count }
    /// Every evaluation, and every line that is not understood, in their order.
    public var results: [Result] = []

    public init() {}
  }

  /// What became of one evaluation.
  public struct Result: Sendable, Hashable {
    /// Of the command in the script, from 1.
    public var line: Int
    public var query: String
    /// `nil` if it gave what it must.
    public var problem: String?
  }

  public struct Failure: Sendable, Hashable, CustomStringConvertible {
    /// Of the command in the script, from 1.
    public var line: Int
    public var query: String
    public var problem: String

    public var description: String { "line \(line): \(query.isEmpty ? "" : "\(query): ")\(problem)" }
  }

  /// Runs the commands in order.
  public func run(options: EngineOptions = EngineOptions()) async -> Report {
    var report = Report()
    var store = ScriptStore()
    let engine = QueryEngine(options: options)
    for command in commands {
      switch command {
      case .clear: store.clear()
      case .load(let series): for one in series { store.add(one) }
      case .unreadable(let line, let problem):
        report.add(Result(line: line, query: "", problem: problem.description))
      case .evaluate(let evaluation):
        let problem = await evaluation.problem(engine, store)
        report.add(Result(line: evaluation.line, query: evaluation.query, problem: problem))
      }
    }
    return report
  }
}

extension PromQLScript.Report {
  fileprivate mutating func add(_ result: PromQLScript.Result) {
    results.append(result)
    if let problem = result.problem {
      failures.append(PromQLScript.Failure(line: result.line, query: result.query, problem: problem))
    } else {
      passed += 1
    }
  }
}

/// Why a line of a script is not understood.
struct ScriptProblem: Error, Sendable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

struct ScriptSeries: Sendable {
  var labels: LabelSet
  var samples: SampleColumns
  var histograms = HistogramColumns()
}

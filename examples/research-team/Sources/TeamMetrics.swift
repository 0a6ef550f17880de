import MetricExposition
import Metrics

/// What a member of the team reports.
struct TeamMetrics: Sendable {
  private let tasksInProgress = Meter(label: "agent_tasks_in_progress")
  private let queueDepth = Meter(label: "agent_queue_depth")

  static func describe(in registry: MetricRegistry) {
    registry.describe("agent_messages_sent_total", help: "Messages sent to other agents, each attempt counted.")
    registry.describe("agent_messages_received_total", help: "Messages received, by sender.")
    registry.describe("agent_requests_total", help: "Requests ended, by operation and outcome.")
    registry.describe("agent_request_duration_seconds", help: "From taking a request to answering it.")
    registry.describe("agent_tokens_total", help: "Tokens that the model read and wrote.")
    registry.describe("agent_tasks_in_progress", help: "Requests taken and not yet answered.")
    registry.describe("agent_queue_depth", help: "Requests that wait for a free worker.")
  }

  func sent(to peer: Role) {
    Counter(label: "agent_messages_sent_total", dimensions: [("peer", peer.rawValue)]).increment()
  }

  /// `sender` is whoever the request says it is; only members of the team get a series of their own.
  func received(from sender: String?) {
    let peer = sender.flatMap(Role.init(rawValue:))?.rawValue ?? "outside"
    Counter(label: "agent_messages_received_total", dimensions: [("peer", peer)]).increment()
  }

  func ended(_ operation: String, succeeded: Bool, after duration: Duration) {
    let dimensions = [("operation", operation), ("status", succeeded ? "ok" : "error")]
    Counter(label: "agent_requests_total", dimensions: dimensions).increment()
    Timer(label: "agent_request_duration_seconds", dimensions: [("operation", operation)]).record(duration: duration)
  }

  func used(input: Int, output: Int, model: String) {
    Counter(label: "agent_tokens_total", dimensions: [("direction", "input"), ("model", model)]).increment(by: input)
    Counter(label: "agent_tokens_total", dimensions: [("direction", "output"), ("model", model)]).increment(by: output)
  }

  func taskBegan() { tasksInProgress.increment() }
  func taskEnded() { tasksInProgress.decrement() }
  func queued(_ change: Int) { change > 0 ? queueDepth.increment() : queueDepth.decrement() }
}

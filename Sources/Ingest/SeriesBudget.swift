import FleetModel
import Synchronization

/// How many series there are, against the limits, over all loops. Touched only when series begin or end.
final class SeriesBudget: Sendable {
  private struct Usage {
    var series = 0
    /// Series by metric name.
    var metrics: [String: Int] = [:]
  }

  private struct State {
    var agents: [AgentID: Usage] = [:]
    var series = 0
    var pairs = 0
  }

  private let limits: IngestLimits
  private let state = Mutex(State())

  init(limits: IngestLimits) { self.limits = limits }

  /// Distinct pairs of agent and metric name.
  var pairs: Int { state.withLock { $0.pairs } }

  /// Counts `change` more series of `agent`.
  ///
  /// - Throws: the limit that this would exceed; then nothing was counted.
  func reserve(_ change: Int, of agent: AgentID) throws(CollectionFailure) {
    let failure = state.withLock { state -> CollectionFailure? in
      let ofAgent = (state.agents[agent]?.series ?? 0) + change
      let inAll = state.series + change
      if change > 0, ofAgent > limits.seriesPerAgent {
        return CollectionFailure(
          over: .seriesPerAgent,
          "the agent has \(ofAgent) series, over the limit of \(limits.seriesPerAgent); drop labels with many values "
            + "or raise limits.series_per_agent")
      }
      if change > 0, inAll > limits.seriesInAll {
        return CollectionFailure(
          over: .seriesInAll,
          "all agents have \(inAll) series, over the limit of \(limits.seriesInAll); drop labels with many values or "
            + "raise limits.series_total")
      }
      state.agents[agent, default: Usage()].series = ofAgent
      state.series = inAll
      return nil
    }
    if let failure { throw failure }
  }

  /// Gives back what ``reserve(_:of:)`` counted.
  func release(_ count: Int, of agent: AgentID) {
    state.withLock { state in
      state.series -= count
      state.agents[agent]?.series -= count
      if let usage = state.agents[agent], usage.series <= 0, usage.metrics.isEmpty { state.agents[agent] = nil }
    }
  }

  func noteMetrics(started: [String], ended: [String], of agent: AgentID) {
    state.withLock { state in
      for name in started {
        let count = state.agents[agent, default: Usage()].metrics[name, default: 0]
        if count == 0 { state.pairs += 1 }
        state.agents[agent, default: Usage()].metrics[name] = count + 1
      }
      for name in ended {
        guard let count = state.agents[agent]?.metrics[name] else { continue }
        state.agents[agent]?.metrics[name] = count > 1 ? count - 1 : nil
        if count == 1 { state.pairs -= 1 }
      }
      if let usage = state.agents[agent], usage.series <= 0, usage.metrics.isEmpty { state.agents[agent] = nil }
    }
  }
}

import FleetModel
import Synchronization

/// How many series there are, against the limits, over all loops. Touched only when series begin or end.
final class SeriesBudget: Sendable {
  private struct Usage {
    var series = 0
    /// Series by hash of the metric's name.
    var metrics: [UInt32: Int32] = [:]
  }

  private struct State {
    var agents: [AgentID: Usage] = [:]
    var series = 0
    var pairs = 0
  }

  private let limits: IngestLimits
  private let seed: UInt64
  private let state = Mutex(State())

  /// - Parameter seed: secret and random, so that agents cannot choose names that hash alike.
  init(limits: IngestLimits, seed: UInt64) {
    self.limits = limits
    self.seed = seed
  }

  /// What stands for a metric's name here, in four bytes. Two names of one agent agree with a probability of 2^-32; the
  /// count of pairs is then one too low, and nothing else goes by it.
  func nameHash(_ name: String) -> UInt32 {
    var hash = seed ^ 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    return UInt32(truncatingIfNeeded: hash >> 32)
  }

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

  /// Counts series by ``nameHash(_:)``.
  func noteMetrics(started: [UInt32], ended: [UInt32], of agent: AgentID) {
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

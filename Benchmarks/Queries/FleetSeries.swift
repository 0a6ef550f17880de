import FleetModel
import Synchronization

/// The series of a fleet of agents, 200 for each, and their samples in memory. Answers are remembered, so that what is timed
/// is the evaluation and not the store.
final class FleetSeries: SeriesSource {
  let series: [String: [SelectedSeries]]
  private let answers = Mutex<[String: [SelectedSeries]]>([:])
  let count: Int

  init(agents: Int, samples: Int, start: Int64, step: Int64) {
    var all: [String: [SelectedSeries]] = [:]
    var random = UInt64(42)
    func next() -> Double {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(random >> 11) / 9_007_199_254_740_992
    }
    let times = (0..<samples).map { start + Int64($0) * step }
    var count = 0
    func add(_ name: String, isCounter: Bool, _ labels: [(String, String)]) {
      var value = 0.0
      let mean = next() * 20
      let values = (0..<samples).map { _ -> Double in
        value = isCounter ? value + (next() * mean).rounded() : next() * 100
        return value
      }
      let set = LabelSet(labels.map { Label($0.0, $0.1) } + [Label(LabelSet.metricName, name)])
      all[name, default: []].append(
        SelectedSeries(labels: set, samples: SampleColumns(timestamps: times, values: values)))
      count += 1
    }
    let operations = ["plan", "llm_call", "tool_call", "retrieve", "summarize", "reply"]
    let bounds = ["0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "+Inf"]
    for agent in 0..<agents {
      let id = Self.agent(agent)
      for operation in operations {
        for peer in 0..<5 {
          for status in ["ok", "error"] {
            add(
              "agent_requests_total", isCounter: true,
              [
                ("agent_id", id), ("operation", operation), ("peer", Self.agent((agent + 1 + peer * 7) % agents)),
                ("status", status),
              ])
          }
        }
        for direction in ["input", "output"] {
          add(
            "agent_tokens_total", isCounter: true,
            [("agent_id", id), ("operation", operation), ("direction", direction)])
        }
        for reason in ["timeout", "refused", "invalid"] {
          add("agent_errors_total", isCounter: true, [("agent_id", id), ("operation", operation), ("reason", reason)])
        }
        for bound in bounds {
          add(
            "agent_request_duration_seconds_bucket", isCounter: true,
            [("agent_id", id), ("operation", operation), ("le", bound)])
        }
        add("agent_request_duration_seconds_sum", isCounter: true, [("agent_id", id), ("operation", operation)])
        add("agent_request_duration_seconds_count", isCounter: true, [("agent_id", id), ("operation", operation)])
        for name in ["agent_queue_depth", "agent_inflight"] {
          add(name, isCounter: false, [("agent_id", id), ("operation", operation)])
        }
      }
      for peer in 0..<5 {
        add("agent_peer_rtt_seconds", isCounter: false, [("agent_id", id), ("peer", Self.agent(peer))])
      }
      for name in ["agent_load1", "agent_threads", "agent_open_fds"] {
        add(name, isCounter: false, [("agent_id", id)])
      }
      add("agent_cpu_seconds_total", isCounter: true, [("agent_id", id)])
      add("agent_info", isCounter: false, [("agent_id", id), ("region", "zone-\(agent % 3)"), ("version", "1.0")])
    }
    for name in all.keys { all[name]?.sort { LabelSet.precedes($0.labels, $1.labels) } }
    series = all
    self.count = count
  }

  static func agent(_ number: Int) -> String {
    "agent-" + String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number)"
  }

  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
    let key = "\(matchers) \(from) \(through)"
    if let known = answers.withLock({ $0[key] }) { return known }
    var result: [SelectedSeries] = []
    let patterns = try matchers.map { try LabelPattern($0.operation.isPattern ? $0.value : "") }
    for one in series.values.joined() {
      let isMatch = zip(matchers, patterns).allSatisfy { matcher, pattern in
        let value = one.labels[matcher.name] ?? ""
        switch matcher.operation {
        case .equal: return value == matcher.value
        case .notEqual: return value != matcher.value
        case .matches: return pattern.matches(value)
        case .matchesNot: return !pattern.matches(value)
        }
      }
      guard isMatch else { continue }
      let times = one.samples.timestamps
      guard let first = times.firstIndex(where: { $0 >= from.milliseconds }),
        let last = times.lastIndex(where: { $0 <= through.milliseconds }), first <= last
      else { continue }
      result.append(
        SelectedSeries(
          labels: one.labels,
          samples: SampleColumns(
            timestamps: Array(times[first...last]), values: Array(one.samples.values[first...last]))))
    }
    result.sort { LabelSet.precedes($0.labels, $1.labels) }
    answers.withLock { $0[key] = result }
    return result
  }

  func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }

  func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] { [] }
}

extension LabelMatcher.Operation {
  fileprivate var isPattern: Bool { self == .matches || self == .matchesNot }
}

/// A body of 200 series as a busy agent exposes them: counters by operation, peer and status, six histograms, gauges.
/// The same shape as the scrape load of the fleet benchmark.
struct AgentBody {
  private var texts: [[UInt8]] = []
  private var values: [Double] = []
  private var state: UInt64

  static let operations = ["plan", "tool_call", "llm_call", "retrieve", "summarize", "handoff"]
  static let bounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]

  init(agent: Int) {
    state = UInt64(agent + 1) &* 0x9e37_79b9_7f4a_7c15 | 1
    let id = "agent_id=\"agent-\(String(10_000 + agent).dropFirst())\""
    let peers = (0..<5).map { "agent-\(String(10_000 + (agent + 1 + $0 * 7) % 500).dropFirst())" }
    var family = ""
    func head(_ name: String, _ type: String) -> String {
      if family == name { return "" }
      family = name
      return "# HELP \(name) The \(name) of this agent.\n# TYPE \(name) \(type)\n"
    }
    var lines: [String] = []
    for operation in Self.operations {
      for peer in peers {
        for status in ["ok", "error"] {
          lines.append(
            head("agent_requests_total", "counter")
              + "agent_requests_total{\(id),operation=\"\(operation)\",peer=\"\(peer)\",status=\"\(status)\"} ")
        }
      }
    }
    for operation in Self.operations {
      for direction in ["input", "output"] {
        lines.append(
          head("agent_tokens_total", "counter")
            + "agent_tokens_total{\(id),direction=\"\(direction)\",operation=\"\(operation)\"} ")
      }
    }
    for operation in Self.operations {
      for reason in ["timeout", "rate_limit", "internal"] {
        lines.append(
          head("agent_errors_total", "counter")
            + "agent_errors_total{\(id),operation=\"\(operation)\",reason=\"\(reason)\"} ")
      }
    }
    let histogram = "agent_request_duration_seconds"
    for operation in Self.operations {
      for bound in Self.bounds {
        lines.append(
          head(histogram, "histogram") + "\(histogram)_bucket{\(id),le=\"\(bound)\",operation=\"\(operation)\"} ")
      }
      lines.append("\(histogram)_sum{\(id),operation=\"\(operation)\"} ")
      lines.append("\(histogram)_count{\(id),operation=\"\(operation)\"} ")
    }
    for name in ["agent_queue_depth", "agent_inflight"] {
      for operation in Self.operations {
        lines.append(head(name, "gauge") + "\(name){\(id),operation=\"\(operation)\"} ")
      }
    }
    for peer in peers {
      lines.append(head("agent_peer_rtt_seconds", "gauge") + "agent_peer_rtt_seconds{\(id),peer=\"\(peer)\"} ")
    }
    for name in [
      "agent_resident_memory_bytes", "agent_heap_bytes", "agent_threads", "agent_open_fds", "agent_load1",
      "agent_cpu_seconds_total", "agent_start_time_seconds", "agent_last_heartbeat_timestamp_seconds",
    ] {
      lines.append(head(name, name.hasSuffix("_total") ? "counter" : "gauge") + "\(name){\(id)} ")
    }
    lines.append(head("agent_info", "gauge") + "agent_info{\(id),region=\"zone-a\",version=\"1.\(agent % 4).0\"} ")
    precondition(lines.count == 200, "BUG: \(lines.count) series")
    texts = lines.map { Array($0.utf8) }
    values = lines.indices.map { _ in Double(Int.random(in: 0..<100_000)) }
  }

  private mutating func random() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// Moves the values on: most are whole numbers, the sums and some gauges have many digits.
  mutating func step() {
    for index in values.indices {
      if index >= 90, index < 174, (index - 90) % 14 == 12 || index >= 186 {
        values[index] += Double(random() >> 11) / 9e15 * 0.3
      } else {
        values[index] += Double(random() % 20)
      }
    }
  }

  func render() -> [UInt8] {
    var body: [UInt8] = []
    for (text, value) in zip(texts, values) {
      body += text
      body += Array((value == value.rounded() ? "\(Int(value))" : "\(value)").utf8)
      body.append(10)
    }
    return body
  }
}

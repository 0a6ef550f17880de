public import FleetModel

/// The series and values of one agent of the benchmark fleet: 200 series, counters busy and quiet, noisy gauges, a
/// histogram of six operations. The same kinds and sizes as the load generator of the side-by-side benchmark.
public struct FleetValues {
  private static let operations = ["plan", "tool_call", "llm_call", "retrieve", "summarize", "handoff"]
  private static let bounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]
  private static let shares = [0.02, 0.05, 0.10, 0.18, 0.22, 0.18, 0.10, 0.07, 0.04, 0.02, 0.015, 0.005]

  public let labels: [LabelSet]
  public private(set) var values: [Double]
  private var state: UInt64
  private var means: [Double]
  private var observed: [[Double]]
  private var sums: [Double]

  public init(agent: Int, fleet: Int) {
    labels = Self.series(agent, fleet)
    state = UInt64(agent + 1) &* 0x9E37_79B9_7F4A_7C15 | 1
    values = Array(repeating: 0, count: labels.count)
    means = []
    observed = Array(repeating: Array(repeating: 0, count: 12), count: 6)
    sums = Array(repeating: 0, count: 6)
    for index in 0..<90 {
      // Mean steps from 0.02 to about 20, by powers of two.
      var mean = Double(sign: .plus, exponent: Int(random() * 10) - 6, significand: 1 + random())
      if index < 60, index % 2 == 1 { mean *= 0.05 }
      if index >= 60, index < 72 { mean *= 100 }
      means.append(mean)
      values[index] = (random() * 1e5).rounded(.down)
    }
    for index in 174..<186 { values[index] = (random() * 20).rounded(.down) }
    values.replaceSubrange(191..<200, with: [3e8, 1e8, 20, 40, 1, 100, 1.7e9 + Double(agent), 1.7e9, 1])
  }

  public mutating func step() {
    for (index, mean) in means.enumerated() { values[index] += count(mean * 2 * random()) }
    var next = 90
    for operation in 0..<6 {
      let requests = 3 * random() * Double(operation + 1)
      var total = 0.0
      for bucket in 0..<12 {
        let added = count(requests * Self.shares[bucket])
        observed[operation][bucket] += added
        total += observed[operation][bucket]
        values[next] = total
        next += 1
        sums[operation] += added * 0.01 * Double(bucket + 1) * (1 + random())
      }
      values[next] = sums[operation]
      values[next + 1] = total
      next += 2
    }
    for index in 174..<186 { values[index] = max(0, values[index] + Double(bits() % 5) - 2) }
    for index in 186..<191 {
      values[index] = ((0.001 + 0.004 * Double(index - 185) * random()) * 1e6).rounded() / 1e6
    }
    values[191] = max(1e8, values[191] + 4096 * (Double(bits() % 401) - 200))
    values[192] = max(5e7, values[192] + Double(bits() % 2_000_001) - 1_000_000)
    values[193] = 20 + Double(bits() % 4)
    values[194] = 40 + Double(bits() % 9)
    values[195] = (100 * (0.8 * values[195] + 0.4 * random())).rounded() / 100
    values[196] = ((values[196] + 0.3 * random()) * 100).rounded() / 100
    values[198] += 1
  }

  private mutating func count(_ expected: Double) -> Double {
    let whole = expected.rounded(.down)
    return random() < expected - whole ? whole + 1 : whole
  }

  private mutating func bits() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  private mutating func random() -> Double { Double(bits() >> 11) / Double(1 << 53) }

  private static func series(_ agent: Int, _ fleet: Int) -> [LabelSet] {
    func id(_ number: Int) -> String {
      "agent-" + String(repeating: "0", count: 4 - "\(number % 10_000)".count) + "\(number % 10_000)"
    }
    func peer(_ number: Int) -> String { id((agent + 1 + number * 7) % fleet) }
    var all: [LabelSet] = []
    func add(_ name: String, _ labels: [String: String] = [:]) {
      var labels = labels
      labels["__name__"] = name
      labels["agent_id"] = id(agent)
      labels["instance"] = "127.0.0.1:\(20_001 + agent)"
      all.append(LabelSet(labels))
    }
    for operation in operations {
      for number in 0..<5 {
        for status in ["ok", "error"] {
          add("agent_requests_total", ["operation": operation, "peer": peer(number), "status": status])
        }
      }
    }
    for operation in operations {
      for direction in ["input", "output"] {
        add("agent_tokens_total", ["operation": operation, "direction": direction])
      }
    }
    for operation in operations {
      for reason in ["timeout", "rate_limit", "internal"] {
        add("agent_errors_total", ["operation": operation, "reason": reason])
      }
    }
    for operation in operations {
      for bound in bounds { add("agent_request_duration_seconds_bucket", ["operation": operation, "le": bound]) }
      add("agent_request_duration_seconds_sum", ["operation": operation])
      add("agent_request_duration_seconds_count", ["operation": operation])
    }
    for name in ["agent_queue_depth", "agent_inflight"] {
      for operation in operations { add(name, ["operation": operation]) }
    }
    for number in 0..<5 { add("agent_peer_rtt_seconds", ["peer": peer(number)]) }
    for name in [
      "agent_resident_memory_bytes", "agent_heap_bytes", "agent_threads", "agent_open_fds", "agent_load1",
      "agent_cpu_seconds_total", "agent_start_time_seconds", "agent_last_heartbeat_timestamp_seconds",
    ] { add(name) }
    add("agent_info", ["version": "1.\(agent % 4).0", "region": ["zone-a", "zone-b", "zone-c"][agent % 3]])
    precondition(all.count == 200, "BUG: \(all.count) series an agent")
    return all
  }
}

import FleetModel
import Platform

/// What an agent says of its own process (`process_*` of the Prometheus client libraries).
struct AgentProcessValues: Sendable, Hashable {
  var cpuSeconds: Double?
  var residentBytes: Double?
  var bytesSent: Double?
  var bytesReceived: Double?
}

enum SystemMetric: Int, Sendable, CaseIterable {
  case cpu, memory, sent, received
}

/// Whom a system metric speaks of: the label `source`, best first.
enum SystemSource: Int, Sendable, CaseIterable {
  case process, agent, host

  var name: String {
    switch self {
    case .process: "process"
    case .agent: "agent"
    case .host: "host"
    }
  }
}

struct SystemValue: Sendable, Hashable {
  var metric: SystemMetric
  var source: SystemSource
  var value: Double
}

/// The system metrics of one instance (SPEC §3), from readings that only ever grow.
///
/// - CPU is percent of what the process may use: of its cgroup's limit, and without one of **one core**, as `top`
///   shows it. So a single-threaded agent that spins is at 100 % on any machine, and one with many busy threads is
///   above.
/// - Memory is resident bytes in percent of the cgroup's limit, and without one of the machine's memory.
/// - Each metric comes from the best source that has it. A source that has it but has not been read twice yet gives no
///   CPU value rather than a worse source's. The host's numbers, labelled as such, are only given for an instance that
///   is up and has no better ones.
struct SystemMetrics: Sendable {
  /// A rate over less is mostly rounding: the kernel counts in hundredths of a second.
  private static let shortestWindow: Duration = .milliseconds(100)

  private struct Reading: Sendable {
    var cpuSeconds: Double
    var at: Duration
  }

  private var process: Reading?
  private var agent: Reading?
  private var host: HostUsage?

  struct Input: Sendable {
    var process: ProcessUsage?
    var agent = AgentProcessValues()
    var host: HostUsage?
    var machineMemory: UInt64?
    /// Whether the agent runs on this machine, so that this machine's memory is its memory.
    var isLocal: Bool
    var isUp: Bool
  }

  mutating func sample(_ input: Input, at now: Duration) -> [SystemValue] {
    // The host does not speak for an instance that is down.
    let host = input.isUp ? input.host : nil
    var values: [SystemValue] = []
    func add(_ metric: SystemMetric, _ source: SystemSource, _ value: Double?) {
      if let value { values.append(SystemValue(metric: metric, source: source, value: value)) }
    }

    if let usage = input.process {
      let limit = usage.cpuLimit.flatMap { $0 > 0 ? $0 : nil } ?? 1
      add(.cpu, .process, Self.percent(usage.cpuTime.seconds, of: limit, since: &process, at: now))
      add(.memory, .process, Self.share(Double(usage.residentBytes), of: usage.memoryLimitBytes ?? input.machineMemory))
    } else {
      if let seconds = input.agent.cpuSeconds {
        add(.cpu, .agent, Self.percent(seconds, of: 1, since: &agent, at: now))
      } else if let host {
        add(.cpu, .host, hostPercent(host))
      }
      if let resident = input.agent.residentBytes, input.isLocal {
        add(.memory, .agent, Self.share(resident, of: input.machineMemory))
      } else if let host, host.memoryTotalBytes > 0 {
        let available = min(host.memoryAvailableBytes, host.memoryTotalBytes)
        add(.memory, .host, Self.share(Double(host.memoryTotalBytes - available), of: host.memoryTotalBytes))
      }
    }
    if let network = input.process?.network {
      add(.sent, .process, Double(network.bytesSent))
      add(.received, .process, Double(network.bytesReceived))
    } else if input.agent.bytesSent != nil || input.agent.bytesReceived != nil {
      add(.sent, .agent, input.agent.bytesSent)
      add(.received, .agent, input.agent.bytesReceived)
    } else if let host {
      add(.sent, .host, Double(host.network.bytesSent))
      add(.received, .host, Double(host.network.bytesReceived))
    }
    if let host { self.host = host }
    return values
  }

  /// Takes the readings from which the first round measures.
  mutating func prime(process usage: ProcessUsage?, host: HostUsage?, at now: Duration) {
    if let usage { process = Reading(cpuSeconds: usage.cpuTime.seconds, at: now) }
    self.host = host
  }

  private func hostPercent(_ now: HostUsage) -> Double? {
    guard let before = host, now.totalTime > before.totalTime, now.busyTime >= before.busyTime else { return nil }
    return (now.busyTime - before.busyTime).seconds / (now.totalTime - before.totalTime).seconds * 100
  }

  private static func percent(_ seconds: Double, of limit: Double, since last: inout Reading?, at now: Duration)
    -> Double?
  {
    guard let before = last else {
      last = Reading(cpuSeconds: seconds, at: now)
      return nil
    }
    guard now - before.at >= shortestWindow else { return nil }
    last = Reading(cpuSeconds: seconds, at: now)
    // Less than before: the process began anew.
    guard seconds >= before.cpuSeconds else { return nil }
    return (seconds - before.cpuSeconds) / (now - before.at).seconds / limit * 100
  }

  private static func share(_ bytes: Double, of total: UInt64?) -> Double? {
    guard let total, total > 0 else { return nil }
    return bytes / Double(total) * 100
  }
}

import Alerting
import DeployPlan
public import FleetHealth
import FleetModel
import Ingest
public import Logging
import Platform
import TraceAnalysis

/// Gathers what a performance report is made of, one series at a time: what it holds does not grow with the window.
public struct ReportReader: Sendable {
  private let samples: SamplePath
  private let queries: AgentQueries
  private let traces: TraceService?
  private let marks: DeploymentMarks?
  private let system: FleetSystem
  private let sizesInstances: Bool

  /// - Parameter sizesInstances: whether requests, limits and replicas of the system file hold where the agents run; on one machine
  ///   they do not.
  init(
    samples: SamplePath, queries: QueryService, traces: TraceService?, marks: DeploymentMarks?, system: FleetSystem,
    sizesInstances: Bool
  ) {
    self.samples = samples
    self.queries = AgentQueries(queries, name: "report")
    self.traces = traces
    self.marks = marks
    self.system = system
    self.sizesInstances = sizesInstances
  }

  /// Of samples alone, without traces, deployments and a system file.
  public init(_ samples: SamplePath, logger: Logger) {
    let queries = QueryService(source: samples.store, exemplars: samples.exemplars, time: samples.time, logger: logger)
    var bare = FleetSystem(name: "fleet")
    bare.monitoring.collectionInterval = samples.collectionInterval
    self.init(samples: samples, queries: queries, traces: nil, marks: nil, system: bare, sizesInstances: false)
  }

  /// Of the last `window`, which ends now. O(samples of the usage metrics in the window), and what the queries take.
  ///
  /// - Parameter agent: only of this one; figures of the system are then its own.
  /// - Throws: what queries and the stores throw, ``PrometheusError`` where it takes longer than a query may.
  public func report(_ window: Duration, agent: String? = nil) async throws -> PerformanceReport {
    let end = samples.time.now()
    let start = end - window
    let points = PerformanceReport.Points(from: start, through: end, interval: samples.collectionInterval)
    let agents = samples.registry.snapshot().filter { agent == nil || $0.agentID.name == agent }
    var figures = Dictionary(agents.map { ($0.agentID.name, AgentFigures()) }) { first, _ in first }
    func set<Value>(_ values: [String: Value], _ key: WritableKeyPath<AgentFigures, Value>) {
      for (agent, value) in values { figures[agent]?[keyPath: key] = value }
    }
    let scan = UsageScan(queries: queries.queries, points: points, agent: agent, from: start, through: end)
    set(try await scan.gauges("system_cpu_usage"), \.cpu)
    set(try await scan.gauges("system_memory_usage"), \.memory)
    let length = "\(max(1, window.wholeMilliseconds / 1000))s"
    try await readRequests(&figures, length, points, end)
    try await readLife(&figures, window, end)
    if sizesInstances { try await readSizes(&figures, scan, points) }
    try await readTokens(&figures, start, end)
    let revisions = marks?.inForce(at: end)?.agents.mapValues(\.revision) ?? [:]
    return PerformanceReport(
      ReportInputs(
        system: system.name, agents: agents, alerts: samples.rules.alerts(.active), figures: figures,
        revisions: revisions, currency: traces?.prices.currency ?? "USD", points: points, from: start, through: end))
  }

  private func readRequests(
    _ figures: inout [String: AgentFigures], _ length: String, _ points: PerformanceReport.Points, _ end: Timestamp
  ) async throws {
    func ask(_ expression: String) async throws -> [String: Double] {
      try await queries.byAgent(AgentQueries.either(expression, over: length), at: end)
    }
    let calls = "sum by (agent_id) (rate(traces_span_metrics_calls_total{%}[W]))"
    let rates = try await ask(calls)
    if rates.isEmpty { return }
    let failed = try await ask(calls.replacing("{%}", with: "{%,status_code=\"STATUS_CODE_ERROR\"}"))
    for (agent, rate) in rates {
      figures[agent]?.requestRate = rate
      if rate > 0 { figures[agent]?.errorRate = min(1, (failed[agent] ?? 0) / rate) }
    }
    let durations = "sum by (agent_id) (rate(traces_span_metrics_duration_seconds{%}[W]))"
    let p50 = try await ask("histogram_quantile(0.5, \(durations))")
    let p95 = try await ask("histogram_quantile(0.95, \(durations))")
    let p99 = try await ask("histogram_quantile(0.99, \(durations))")
    for (agent, value) in p95 where value.isFinite {
      figures[agent]?.latency = .init(p50: p50[agent], p95: value, p99: p99[agent])
    }
    let seconds = max(300, points.step.wholeMilliseconds / 1000)
    // Each point tells of what came before it: the first one's time is the end of the first step.
    let drawn = try await queries.points(
      AgentQueries.either(calls, over: "\(seconds)s"), from: points.start + points.step, step: points.step,
      count: points.count)
    for (agent, values) in drawn { figures[agent]?.requestPoints = values }
  }

  private func readLife(_ figures: inout [String: AgentFigures], _ window: Duration, _ end: Timestamp) async throws {
    let length = "\(max(1, window.wholeMilliseconds / 1000))s"
    let hour = "\(max(1, min(window, .seconds(3600)).wholeMilliseconds / 1000))s"
    func counts(_ expression: String) async throws -> [String: Int] {
      try await queries.byAgent("sum by (agent_id) (\(expression))", at: end)
        .compactMapValues { Int(exactly: $0.rounded()) }
    }
    for (agent, count) in try await counts("sum_over_time(scrape_samples_scraped[\(length)])") {
      figures[agent]?.samples = count
    }
    for (agent, count) in try await counts("changes(process_start_time_seconds[\(length)])") {
      figures[agent]?.restarts = count
    }
    for (agent, count) in try await counts("changes(process_start_time_seconds[\(hour)])") {
      figures[agent]?.restartsInLastHour = count
    }
    for (agent, count) in try await counts("resets(up[\(length)])") { figures[agent]?.outages = count }
  }

  private func readSizes(
    _ figures: inout [String: AgentFigures], _ scan: UsageScan, _ points: PerformanceReport.Points
  ) async throws {
    let cores = try await scan.rates("process_cpu_seconds_total")
    let bytes = try await scan.gauges("process_resident_memory_bytes")
    let replicas = try await queries.points(
      "sum by (agent_id) (up)", from: points.start + points.step, step: points.step, count: points.count)
    for agent in system.agents {
      let (id, asked) = (agent.agentID.name, agent.resources)
      figures[id]?.sizing = AgentFigures.Sizing(
        cpuRequest: Self.amount(asked.cpuRequest), cpuLimit: Self.amount(asked.cpuLimit),
        memoryRequest: Self.amount(asked.memoryRequest), memoryLimit: Self.amount(asked.memoryLimit),
        cpu: cores[id] ?? UsageFigures(), memory: bytes[id] ?? UsageFigures())
      if let counts = replicas[id] {
        figures[id]?.replicas = AgentFigures.Replicas(
          minimum: agent.scaling.minReplicas, maximum: agent.scaling.maxReplicas, points: counts)
      }
    }
  }

  private static func amount(_ text: String) -> Double? { Quantity(text).map { Double($0.billionths) / 1e9 } }

  private func readTokens(_ figures: inout [String: AgentFigures], _ start: Timestamp, _ end: Timestamp) async throws {
    guard let traces, start < end else { return }
    let range = max(0, start.nanoseconds)..<max(1, end.nanoseconds)
    let ledger = try await traces.runLong {
      try await traces.accumulate(TokenLedger(prices: traces.prices), over: TraceQuery(range: range)) {
        $0.add($1, names: $2)
      }
    }
    for entry in ledger.byAgent {
      figures[entry.name]?.inputTokens = Int(clamping: entry.tokens.input)
      figures[entry.name]?.outputTokens = Int(clamping: entry.tokens.output)
      figures[entry.name]?.cost = entry.cost
    }
  }
}

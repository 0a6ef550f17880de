import Alerting
import FleetHealth
import FleetModel
import Ingest
import Platform
import PromQL

/// Gathers what the board is made of: what the store has to be asked for at most every ``interval`` for all who look, the states of
/// agents and alerts each time. Nobody looks, nothing is read.
actor BoardReader {
  /// Between two readings of the figures.
  static let interval: Duration = .seconds(5)
  /// Between two readings of the points, which cover ``pointCount`` minutes.
  private static let pointStep: Duration = .seconds(60)
  private static let pointCount = 30
  /// Of rates.
  private static let window = "5m"

  private let fleet: LiveFleet
  private let queries: AgentQueries
  private let spans: SpanIntake
  private let marks: DeploymentMarks
  private let system: String
  private let time: any TimeSource

  /// What was read of the store and the spans.
  private struct Figures {
    var usage: [String: AverageUsage] = [:]
    var agents: [String: Board.Figures] = [:]
    var running: [String: Int] = [:]
    var calls: [Board.Call] = []
  }

  private var last: (figures: Figures, at: Duration)?
  private var isReading = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var points = Board.Points(start: Timestamp(milliseconds: 0), step: pointStep, count: pointCount)
  private var drawn: [String: Board.Figures] = [:]

  init(
    fleet: LiveFleet, queries: QueryService, spans: SpanIntake, marks: DeploymentMarks, system: String,
    time: any TimeSource
  ) {
    self.fleet = fleet
    self.queries = AgentQueries(queries, name: "board")
    self.spans = spans
    self.marks = marks
    self.system = system
    self.time = time
  }

  /// The board of this moment, its figures at most ``interval`` old.
  func board() async -> Board {
    let figures = await figures()
    let now = fleet.now()
    let revisions = marks.inForce(at: now)?.agents.mapValues(\.revision) ?? [:]
    return Board(
      BoardInputs(
        system: system, agents: fleet.samples.registry.snapshot(),
        alerts: await fleet.alerts(.active) + fleet.alerts(.pending), usage: figures.usage, figures: figures.agents,
        runsInFlight: figures.running, revisions: revisions, calls: figures.calls, points: points), at: now)
  }

  private func figures() async -> Figures {
    while isReading { await withCheckedContinuation { waiting.append($0) } }
    let began = time.monotonic()
    if let last, began - last.at < Self.interval { return last.figures }
    isReading = true
    let figures = await read()
    // Queries of a task that was cancelled told nothing: the next one reads again.
    if !Task.isCancelled { last = (figures, began) }
    isReading = false
    for one in waiting { one.resume() }
    waiting = []
    return figures
  }

  private func read() async -> Figures {
    let now = fleet.now()
    await readPoints(now)
    let usage = await fleet.samples.usage.usage(at: now)
    var figures = drawn
    for (agent, used) in usage {
      figures[agent, default: Board.Figures()].cpu = used.latest.cpu
      figures[agent, default: Board.Figures()].memory = used.latest.memory
    }
    for (agent, value) in await requests("sum by (agent_id) (rate(traces_span_metrics_calls_total{%}[W]))", now) {
      figures[agent, default: Board.Figures()].requestRate = value
    }
    let failing = "sum by (agent_id) (rate(traces_span_metrics_calls_total{%,status_code=\"STATUS_CODE_ERROR\"}[W]))"
    let failed = await requests(failing, now)
    for (agent, figure) in figures {
      guard let rate = figure.requestRate, rate > 0 else { continue }
      figures[agent]?.errorRate = min(1, (failed[agent] ?? 0) / rate)
    }
    let latency = "histogram_quantile(0.95, sum by (agent_id) (rate(traces_span_metrics_duration_seconds{%}[W])))"
    for (agent, value) in await requests(latency, now) { figures[agent, default: Board.Figures()].p95Seconds = value }
    var running: [String: Int] = [:]
    for span in await spans.openSpans() { running[span.agent, default: 0] += 1 }
    return Figures(
      usage: usage.mapValues(\.average), agents: figures, running: running, calls: await calls(now))
  }

  private func calls(_ now: Timestamp) async -> [Board.Call] {
    let of = { (what: String) in "sum by (client, server) (rate(\(what)[\(Self.window)]))" }
    func byEdge(_ query: String) async -> [[String]: Double] {
      Dictionary(
        ((try? await queries.instant(query, at: now)) ?? []).compactMap { sample in
          guard let client = sample.labels["client"], let server = sample.labels["server"] else { return nil }
          return ([client, server], sample.value)
        }
      ) { $1 }
    }
    let rates = await byEdge(of("traces_service_graph_request_total"))
    let failed = await byEdge(of("traces_service_graph_request_failed_total"))
    let slow = await byEdge("histogram_quantile(0.95, \(of("traces_service_graph_request_server_seconds")))")
    return rates.filter { $0.value > 0 }.map { edge, rate in
      Board.Call(
        caller: edge[0], callee: edge[1], requestRate: rate, errorRate: min(1, (failed[edge] ?? 0) / rate),
        p95Seconds: slow[edge])
    }
  }

  /// Reads the points once in ``pointStep``.
  private func readPoints(_ now: Timestamp) async {
    let step = Self.pointStep.wholeMilliseconds
    let end = Timestamp(milliseconds: now.milliseconds / step * step)
    let start = end - Self.pointStep * (Self.pointCount - 1)
    guard start != points.start else { return }
    let cpu = await range("avg by (agent_id) (system_cpu_usage{source!=\"host\"})", start)
    let memory = await range("avg by (agent_id) (system_memory_usage{source!=\"host\"})", start)
    let rate = "sum by (agent_id) (rate(traces_span_metrics_calls_total{%}[W]))"
    let requests = await range(AgentQueries.either(rate, over: Self.window), start)
    // Queries of a task that was cancelled told nothing.
    if Task.isCancelled { return }
    points.start = start
    drawn = [:]
    for agent in Set(cpu.keys).union(memory.keys).union(requests.keys) {
      drawn[agent] = Board.Figures(
        cpuPoints: cpu[agent] ?? [], memoryPoints: memory[agent] ?? [], requestPoints: requests[agent] ?? [])
    }
  }

  /// Of no agent where it cannot be told: the board shows what there is.
  private func requests(_ expression: String, _ now: Timestamp) async -> [String: Double] {
    (try? await queries.byAgent(AgentQueries.either(expression, over: Self.window), at: now)) ?? [:]
  }

  private func range(_ query: String, _ start: Timestamp) async -> [String: [Double?]] {
    (try? await queries.points(query, from: start, step: Self.pointStep, count: Self.pointCount)) ?? [:]
  }
}

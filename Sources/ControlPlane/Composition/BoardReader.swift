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
  /// Spans by which an agent answers requests; of one that has none such, those it opens itself.
  private static let answering = #"span_kind=~"SPAN_KIND_(SERVER|CONSUMER)""#
  private static let opening = #"span_name=~"invoke_agent .*""#

  private let fleet: LiveFleet
  private let queries: QueryService
  private let spans: SpanIntake
  private let marks: DeploymentMarks
  private let system: String
  private let time: any TimeSource
  private let engine = QueryEngine()

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
    self.queries = queries
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
        await instant(query, now).compactMap { sample in
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
    let cpu = await range("avg by (agent_id) (system_cpu_usage{source!=\"host\"})", start, end)
    let memory = await range("avg by (agent_id) (system_memory_usage{source!=\"host\"})", start, end)
    let rate = "sum by (agent_id) (rate(traces_span_metrics_calls_total{%}[W]))"
    let requests = await range(Self.either(rate), start, end)
    // Queries of a task that was cancelled told nothing.
    if Task.isCancelled { return }
    points.start = start
    drawn = [:]
    for agent in Set(cpu.keys).union(memory.keys).union(requests.keys) {
      drawn[agent] = Board.Figures(
        cpuPoints: cpu[agent] ?? [], memoryPoints: memory[agent] ?? [], requestPoints: requests[agent] ?? [])
    }
  }

  /// An expression over what an agent answers, or else what it opens; `%` stands for the matcher, `W` for the window.
  private static func either(_ expression: String) -> String {
    let expression = expression.replacing("[W]", with: "[\(window)]")
    return "\(expression.replacing("%", with: answering)) or \(expression.replacing("%", with: opening))"
  }

  private func requests(_ expression: String, _ now: Timestamp) async -> [String: Double] {
    Dictionary(
      await instant(Self.either(expression), now).compactMap { sample in
        sample.labels["agent_id"].map { ($0, sample.value) }
      }
    ) { first, _ in first }
  }

  /// Empty where it cannot be told: the board shows what there is.
  private func instant(_ query: String, _ now: Timestamp) async -> [InstantSample] {
    let (engine, source) = (engine, queries.source)
    let value = try? await queries.run("board", within: nil) { turn in
      try await engine.instant(try engine.parse(query), at: now, source: source, isOverdue: turn.isOverdue).value
    }
    guard case .vector(let samples)? = value else { return [] }
    return samples.filter { $0.histogram == nil }
  }

  private func range(_ query: String, _ start: Timestamp, _ end: Timestamp) async -> [String: [Double?]] {
    let (engine, source) = (engine, queries.source)
    let value = try? await queries.run("board", within: nil) { turn in
      try await engine.range(
        try engine.parse(query), from: start, through: end, step: Self.pointStep, source: source,
        isOverdue: turn.isOverdue
      ).value
    }
    guard case .matrix(let series)? = value else { return [:] }
    var points: [String: [Double?]] = [:]
    for one in series {
      guard let agent = one.labels["agent_id"] else { continue }
      var values = [Double?](repeating: nil, count: Self.pointCount)
      for (time, value) in zip(one.samples.timestamps, one.samples.values) {
        let place = (time - start.milliseconds) / Self.pointStep.wholeMilliseconds
        if values.indices.contains(Int(place)) { values[Int(place)] = value }
      }
      points[agent] = values
    }
    return points
  }
}

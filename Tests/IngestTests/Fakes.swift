import FleetModel
import Logging
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// A store in memory that keeps what a test wants to see, and can be told to fail.
final class FakeStore: SampleAppender {
  struct State: Sendable {
    var numbers: [LabelSet: UInt32] = [:]
    var labels: [LabelSet] = []
    var samples: [[(time: Int64, value: Double)]] = []
    var histograms: [LabelSet: HistogramColumns] = [:]
    var dropped: Set<UInt32> = []
    var maximumSeries = Int.max
    var failure: AppendError?
    var appends = 0
  }

  let state = Mutex(State())

  func acknowledge() async throws(AppendError) {}

  func labels(of series: SeriesRef) -> LabelSet? {
    state.withLock { state in
      let number = Int(series.rawValue)
      return number < state.labels.count && !state.dropped.contains(series.rawValue) ? state.labels[number] : nil
    }
  }

  func reference(for labels: LabelSet) throws(AppendError) -> SeriesRef {
    let result: Result<SeriesRef, AppendError> = state.withLock { state in
      if let failure = state.failure { return .failure(failure) }
      if let number = state.numbers[labels] { return .success(SeriesRef(rawValue: number)) }
      guard state.numbers.count < state.maximumSeries else {
        return .failure(.tooManySeries(limit: state.maximumSeries))
      }
      let number = UInt32(state.labels.count)
      state.numbers[labels] = number
      state.labels.append(labels)
      state.samples.append([])
      return .success(SeriesRef(rawValue: number))
    }
    return try result.get()
  }

  func append(_ samples: [Sample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    let result: Result<AppendOutcome, AppendError> = state.withLock { state in
      if let failure = state.failure { return .failure(failure) }
      state.appends += 1
      var outcome = AppendOutcome()
      for (position, sample) in samples.enumerated() {
        let index = Int(sample.series.rawValue)
        guard index < state.samples.count, !state.dropped.contains(sample.series.rawValue) else {
          outcome.unknownSeries.append(position)
          continue
        }
        if let last = state.samples[index].last, last.time >= time.milliseconds {
          if last.time == time.milliseconds {
            if last.value.bitPattern == sample.value.bitPattern {
              outcome.appended += 1
            } else {
              outcome.duplicateTimestamp += 1
            }
          } else {
            outcome.outOfOrder += 1
          }
          continue
        }
        state.samples[index].append((time.milliseconds, sample.value))
        outcome.appended += 1
      }
      return .success(outcome)
    }
    return try result.get()
  }

  func append(histograms: [HistogramSample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    let result: Result<AppendOutcome, AppendError> = state.withLock { state in
      if let failure = state.failure { return .failure(failure) }
      state.appends += 1
      var outcome = AppendOutcome()
      for (position, sample) in histograms.enumerated() {
        let number = sample.series.rawValue
        guard Int(number) < state.labels.count, !state.dropped.contains(number) else {
          outcome.unknownSeries.append(position)
          continue
        }
        state.histograms[state.labels[Int(number)], default: HistogramColumns()]
          .append(sample.value, at: time.milliseconds)
        outcome.appended += 1
      }
      return .success(outcome)
    }
    return try result.get()
  }

  /// Makes every number invalid, as a store does with series that were silent for long.
  func dropAll() {
    state.withLock { state in
      state.dropped = Set(state.numbers.values)
      state.numbers = [:]
    }
  }

  /// The samples of all series that bear these labels among theirs, by the series' text.
  func series(_ name: String, _ labels: [String: String] = [:]) -> [String: [(time: Int64, value: Double)]] {
    state.withLock { state in
      var found: [String: [(time: Int64, value: Double)]] = [:]
      for (set, samples) in zip(state.labels, state.samples) where set.metricName == name && !samples.isEmpty {
        let all = set.dictionary
        if labels.allSatisfy({ all[$0.key] == $0.value }) { found[set.description, default: []] += samples }
      }
      return found
    }
  }

  /// The values of the one such series; staleness markers are `nil`.
  func values(_ name: String, _ labels: [String: String] = [:]) -> [Double?] {
    series(name, labels).values.flatMap { $0 }.sorted { $0.time < $1.time }
      .map { StaleMarker.isStale($0.value) ? nil : $0.value }
  }
}

/// Agents that answer as they are told.
final class FakeAgents: HTTPExchanger {
  enum Behaviour: Sendable {
    case answer(Int, String, [HTTPField] = [])
    case fail(HTTPExchangeError)
    /// Until the timeout.
    case hang
  }

  private struct State: Sendable {
    var behaviours: [String: Behaviour] = [:]
    var requests: [String: Int] = [:]
    var accepted: [String: String] = [:]
    var underWay: [String: Int] = [:]
    var mostAtOnce = 0
    var moving = 0
  }

  private let state = Mutex(State())
  private let time: any TimeSource

  init(time: any TimeSource) { self.time = time }

  func set(_ url: String, _ behaviour: Behaviour?) { state.withLock { $0.behaviours[url] = behaviour } }

  func requests(_ url: String) -> Int { state.withLock { $0.requests[url] ?? 0 } }

  /// What the last request to the URL had as `Accept`.
  func accepted(_ url: String) -> String? { state.withLock { $0.accepted[url] } }

  /// The most requests to one URL that were ever under way together.
  var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

  /// Whether a request is between its start and its answer or its wait.
  var isMoving: Bool { state.withLock { $0.moving > 0 } }

  func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse {
    let behaviour = state.withLock { state -> Behaviour? in
      state.accepted[request.url] = request.headers.first { $0.name == "Accept" }?.value
      state.requests[request.url, default: 0] += 1
      state.underWay[request.url, default: 0] += 1
      state.mostAtOnce = max(state.mostAtOnce, state.underWay[request.url] ?? 0)
      return state.behaviours[request.url]
    }
    defer { state.withLock { $0.underWay[request.url, default: 1] -= 1 } }
    state.withLock { $0.moving += 1 }
    await Task.yield()
    state.withLock { $0.moving -= 1 }
    switch behaviour {
    case nil: throw HTTPExchangeError.cannotConnect("connection refused")
    case .answer(let status, let body, let headers)?:
      guard body.utf8.count <= request.maximumResponseBytes else {
        throw HTTPExchangeError.bodyTooLarge(limit: request.maximumResponseBytes)
      }
      return HTTPExchangeResponse(status: status, headers: headers, body: Array(body.utf8))
    case .fail(let error)?: throw error
    case .hang?:
      try await time.sleep(for: request.timeout)
      throw HTTPExchangeError.timeout(after: request.timeout)
    }
  }
}

/// Watches the series of one name, under tokens that it can look up.
final class FakeWatch: SampleWatch {
  struct State: Sendable {
    var generation: UInt64 = 1
    var names: Set<String> = []
    var tokens: [LabelSet: UInt32] = [:]
    var asked = 0
    var seen: [(labels: String, value: Double, time: Int64)] = []
  }

  let state = Mutex(State())

  var generation: UInt64 { state.withLock { $0.generation } }

  func watch(_ names: Set<String>) {
    state.withLock { state in
      state.names = names
      state.generation += 1
    }
  }

  func interest(in labels: LabelSet) -> WatchToken? {
    state.withLock { state in
      state.asked += 1
      guard state.names.contains(labels.metricName) else { return nil }
      let token = state.tokens[labels] ?? UInt32(state.tokens.count)
      state.tokens[labels] = token
      return WatchToken(rawValue: token)
    }
  }

  func observe(_ samples: [WatchedSample], at time: Timestamp) {
    state.withLock { state in
      let labels = Dictionary(state.tokens.map { ($1, $0.description) }, uniquingKeysWith: { $1 })
      for sample in samples {
        state.seen.append((labels[sample.token.rawValue] ?? "?", sample.value, time.milliseconds))
      }
    }
  }

  func values(_ series: String) -> [Double] { state.withLock { $0.seen.filter { $0.labels == series }.map(\.value) } }
}

final class FakeResources: ResourceReader {
  private let state = Mutex<(processes: [Int32: ProcessUsage], host: HostUsage?)>(([:], nil))

  func set(_ pid: Int32, _ usage: ProcessUsage?) { state.withLock { $0.processes[pid] = usage } }

  func setHost(_ usage: HostUsage?) { state.withLock { $0.host = usage } }

  func process(_ pid: Int32) -> ProcessUsage? { state.withLock { $0.processes[pid] } }

  func host() -> HostUsage? { state.withLock { $0.host } }
}

final class EventLog: Sendable {
  private let events = Mutex<[InstanceEvent]>([])

  func note(_ event: InstanceEvent) { events.withLock { $0.append(event) } }

  var all: [InstanceEvent] { events.withLock { $0 } }

  /// `failed(unhealthy)`, `recovered`, `removed`, in order, of one agent.
  func words(_ agent: String) -> [String] {
    all.compactMap { event in
      switch event {
      case .failed(let id, _, let status, _, _): id.name == agent ? "failed(\(status.rawValue))" : nil
      case .recovered(let id, _, _): id.name == agent ? "recovered" : nil
      case .removed(let id, _, _): id.name == agent ? "removed" : nil
      }
    }
  }
}

/// Keeps exemplars as they come.
final class FakeExemplars: ExemplarAppender {
  struct Kept: Sendable, Hashable {
    var series: SeriesRef
    var exemplar: Exemplar
    var sampleTime: Timestamp
  }

  let kept = Mutex<[Kept]>([])
  let outcome = Mutex(ExemplarOutcome.appended)

  func append(_ exemplar: Exemplar, to series: SeriesRef, at time: Timestamp) -> ExemplarOutcome {
    let outcome = outcome.withLock { $0 }
    if outcome == .appended {
      kept.withLock { $0.append(Kept(series: series, exemplar: exemplar, sampleTime: time)) }
    }
    return outcome
  }

  /// Those of the series that bear this name, with the store that numbered them.
  func exemplars(of name: String, in store: FakeStore) -> [Exemplar] {
    kept.withLock { $0 }.filter { store.labels(of: $0.series)?.metricName == name }.map(\.exemplar)
  }
}

/// Everything a collection needs, simulated.
struct Bench: Sendable {
  let executor = OneAtATimeExecutor()
  let time = SimulatedTime()
  let store = FakeStore()
  let watch = FakeWatch()
  let exemplars = FakeExemplars()
  let resources = FakeResources()
  let events = EventLog()
  let agents: FakeAgents
  let registry: AgentRegistry
  let context: CollectionContext
  let service: CollectionService

  init(state: StateFile? = nil, _ configure: (inout IngestConfiguration) -> Void = { _ in }) throws {
    var configuration = IngestConfiguration()
    configuration.collectionInterval = .seconds(10)
    configuration.collectionTimeout = .seconds(5)
    configure(&configuration)
    agents = FakeAgents(time: time)
    registry = try AgentRegistry(state: state, time: time)
    context = CollectionContext(
      configuration: configuration, registry: registry, appender: store, watch: watch, http: agents,
      resources: resources, time: time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      metrics: IngestMetrics(), exemplars: exemplars)
    let events = events
    service = CollectionService(context) { events.note($0) }
  }

  /// Runs the service while `body` runs, all tasks of both one at a time unless `concurrently`.
  func run(concurrently: Bool = false, _ body: () async throws -> Void) async throws {
    let service = service
    try await withTaskExecutorPreference(concurrently ? nil : executor) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        try await body()
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  /// Moves time on in small steps until `condition` holds.
  func advance(
    upTo limit: Duration = .seconds(120), _ what: Comment, location: SourceLocation = #_sourceLocation,
    until condition: () -> Bool
  ) async {
    var passed: Duration = .zero
    while true {
      // What is under way comes to its next wait before time moves on.
      repeat {
        await Task.yield()
        if condition() { return }
      } while !executor.isIdleButForCaller || agents.isMoving
      guard passed < limit else { break }
      time.advance(by: .milliseconds(250))
      passed += .milliseconds(250)
    }
    Issue.record("not within \(limit) of simulated time: \(what)", sourceLocation: location)
  }
}

func agent(_ name: String) -> AgentID {
  do throws(AgentID.InvalidName) { return try AgentID(name) } catch { preconditionFailure("\(error)") }
}

func target(
  _ name: String, _ instance: String = "127.0.0.1:9000", labels: [String: String] = [:], pid: Int32? = nil
) -> CollectionTarget {
  CollectionTarget(
    agentID: agent(name), instance: instance, metricsEndpoint: "http://\(instance)/metrics", pid: pid, labels: labels)
}

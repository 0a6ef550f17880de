import FleetModel
import Logging
import Metrics
import Platform
import Synchronization

/// Where queries are calculated: beside everything else, a limited number at a time and each for a limited time.
///
/// A query holds its thread from start to end. So long ones neither keep short ones waiting, as long as there are threads, nor
/// the tasks that take samples in.
struct QueryService: QueryOperations {
  let source: any SeriesSource
  let exemplars: any ExemplarSource
  let limits: QueryLimits
  private let time: any TimeSource
  private let logger: Logger
  private let threads: WorkThreads

  init(
    source: any SeriesSource, exemplars: any ExemplarSource, limits: QueryLimits = QueryLimits(),
    time: any TimeSource, logger: Logger
  ) {
    self.source = source
    self.exemplars = exemplars
    self.limits = limits
    self.time = time
    self.logger = logger
    threads = WorkThreads(label: "skep.query", maximum: limits.concurrency)
  }

  func now() -> Timestamp { time.now() }

  /// How many queries wait, and how many are calculated.
  var load: (waiting: Int, working: Int) { threads.load }

  func run<Value: Sendable>(
    _ query: String, within timeout: Duration?, _ work: @Sendable (QueryTurn) async throws -> Value
  ) async throws -> Value {
    let began = time.monotonic()
    let deadline = began + min(max(timeout ?? limits.timeout, .zero), limits.timeout)
    let thread = try await thread(until: deadline)
    defer {
      threads.giveBack(thread)
      note(query, since: began)
    }
    let time = time
    // Threads that help with a query know nothing of its task.
    let isCancelled = Flag()
    let turn = QueryTurn(
      isOverdue: { isCancelled.value.load(ordering: .relaxed) || time.monotonic() >= deadline },
      monotonic: { time.monotonic() }, began: began, waited: time.monotonic() - began)
    return try await withTaskCancellationHandler {
      try await withTaskExecutorPreference(thread) { try await work(turn) }
    } onCancel: {
      isCancelled.value.store(true, ordering: .relaxed)
    }
  }

  private func thread(until deadline: Duration) async throws -> WorkThread {
    if let thread = threads.takeFree() { return thread }
    let time = time
    let threads = threads
    return try await withThrowingTaskGroup(of: WorkThread?.self) { group in
      group.addTask { try await threads.take() }
      group.addTask {
        try await time.sleep(untilMonotonic: deadline)
        return nil
      }
      let first = await group.nextResult()
      group.cancelAll()
      // The thread may have come while the other task was ending.
      while let other = await group.nextResult() {
        if case .success(let thread?) = other { threads.giveBack(thread) }
      }
      switch first {
      case .success(let thread?)?: return thread
      case .success(nil)?, nil: throw PrometheusError(.timeout, "query timed out in query queue")
      case .failure?: throw PrometheusError(.canceled, "query was canceled in query queue")
      }
    }
  }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  private func note(_ query: String, since began: Duration) {
    let elapsed = time.monotonic() - began
    guard elapsed >= limits.slow else { return }
    Counter(label: "skep_slow_queries_total").increment()
    logger.info(
      "slow query", metadata: ["query": "\(query.prefix(1000))", "milliseconds": "\(elapsed.wholeMilliseconds)"])
  }
}

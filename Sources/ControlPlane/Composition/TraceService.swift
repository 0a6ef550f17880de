import DeployPlan
import FleetModel
import Platform
import TraceAnalysis

/// Where traces are read and analysed: beside everything else, few at a time, since each may hold some tens of megabytes.
struct TraceService: TraceOperations {
  let reader: any SpanReader
  let prices: TokenPrices
  private let marks: DeploymentMarks?
  private let time: any TimeSource
  private let threads: WorkThreads
  /// One for each long analysis that may run, so that these never have all of `threads`.
  private let longPermits: WorkThreads

  /// - Parameter concurrency: analyses calculated at one time; others wait.
  init(
    reader: any SpanReader, prices: PriceTable, marks: DeploymentMarks? = nil, time: any TimeSource,
    concurrency: Int = 2
  ) {
    self.reader = reader
    self.prices = TokenPrices(prices)
    self.marks = marks
    self.time = time
    threads = WorkThreads(label: "skep.traces", maximum: concurrency)
    longPermits = WorkThreads(label: "skep.traces.long", maximum: max(1, concurrency - 1))
  }

  func now() -> Timestamp { time.now() }

  func deployment(at time: Timestamp) -> DeploymentMark? { marks?.inForce(at: time) }

  func run<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value {
    let thread = try await threads.take()
    defer { threads.giveBack(thread) }
    return try await withTaskExecutorPreference(thread) { try await work() }
  }

  func runLong<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value {
    let permit = try await longPermits.take()
    defer { longPermits.giveBack(permit) }
    return try await run(work)
  }
}

extension TokenPrices {
  /// The system file's prices as the analyses take them.
  init(_ table: PriceTable) {
    self.init(
      currency: table.currency,
      models: table.models.map {
        Price(
          model: $0.model, provider: $0.provider, input: $0.input, output: $0.output, cachedInput: $0.cachedInput)
      })
  }
}

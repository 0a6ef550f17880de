import CoreMetrics
import DeployPlan
import FleetModel
import Logging
import Metrics
import Platform
import Receivers
import ServiceLifecycle
import Synchronization
import WireFormats

/// Sends every span that has ended on to another back end, by OTLP/HTTP (`tracing.forward`).
///
/// The line of what waits is in memory, within ``queueBytes``: a back end that is away for long, or a restart of Skep, loses what waits,
/// and a counter says how much. What the store holds is not touched by it. A try that may succeed later is made again, after 1 s, then
/// twice as long up to 30 s or as long as the back end asks for, until the spans are ``maximumAge`` old.
final class SpanForward: SpanWatch, Service {
  static let queueBytes = 64 << 20
  static let maximumAge: Duration = .seconds(300)
  private static let workers = 4
  private static let firstWait: Duration = .seconds(1)
  private static let longestWait: Duration = .seconds(30)
  /// For what waits or is under way when Skep ends.
  private static let farewell: Duration = .seconds(1)

  private enum Loss: String, CaseIterable {
    /// The line was full.
    case full
    /// The back end refused them, or did not take them for too long.
    case refused, expired
    case shutdown
  }

  private let post: OTLPPost
  private let connections = ReceiverConnections()
  private let name: String
  private let time: any TimeSource
  private let logger: Logger
  private let queue = Mutex(SpanQueue(limit: queueBytes))
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation
  /// Arrives when Skep ends.
  private let leaving = Arrival<Void>()
  private let sent: Counter
  private let lost: [Loss: Counter]

  /// - Throws: `ReceiverError` if the options could never work.
  init(
    _ forward: TracingOptions.Forward, index: Int, time: any TimeSource, logger: Logger,
    factory: any MetricsFactory = MetricsSystem.factory
  ) throws {
    let url = Self.url(forward.endpoint)
    name = "\(index)"
    post = try OTLPPost(
      endpoint: url, headers: forward.headers, timeout: forward.timeout, options: forward.http,
      place: "tracing.forward[\(index)]", connections: connections, time: time)
    self.time = time
    self.logger = logger
    (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let dimensions = [("forward", name)]
    sent = Counter(label: "skep_span_forward_spans_total", dimensions: dimensions, factory: factory)
    lost = Dictionary(
      Loss.allCases.map {
        let dimensions = dimensions + [("reason", $0.rawValue)]
        return ($0, Counter(label: "skep_span_forward_dropped_total", dimensions: dimensions, factory: factory))
      }, uniquingKeysWith: { first, _ in first })
  }

  /// As `OTEL_EXPORTER_OTLP_ENDPOINT` is meant: the signal's path comes behind, unless it is there
  /// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>).
  static func url(_ endpoint: String) -> String {
    if endpoint.hasSuffix(OTLPSignal.traces.path) { return endpoint }
    return (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + OTLPSignal.traces.path
  }

  /// Spans in flight stay here: other back ends know spans that have ended alone.
  func observe(_ batch: SpanBatch) {
    var batch = batch
    if batch.spans.contains(where: { !$0.state.hasEnded }) { batch.spans.removeAll { !$0.state.hasEnded } }
    if batch.isEmpty { return }
    let now = time.monotonic()
    let dropped = queue.withLock { $0.add(batch, at: now) }
    if dropped > 0 { lose(dropped, .full) }
    signal.yield()
  }

  /// Sends until cancelled or gracefully shut down. Then what waits or is under way has a second: each try is made at once, and
  /// not again.
  func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.deliverAll() }
        group.addTask {
          do {
            try await self.leaving.wait()
            try await self.time.sleep(for: Self.farewell)
          } catch {}
        }
        await group.next()
        // Whatever a back end does, nothing lasts longer than that.
        group.cancelAll()
      }
    } onGracefulShutdown: {
      self.leaving.arrive(())
      self.signal.finish()
    }
    while let item = queue.withLock({ $0.take() }) { lose(item.batch.count, .shutdown) }
    await connections.shutdown()
  }

  /// Until there is nothing left after a shutdown began, or this is cancelled.
  private func deliverAll() async {
    await withTaskGroup(of: Void.self) { group in
      var running = 0
      for await _ in signals {
        while !Task.isCancelled, let item = queue.withLock({ $0.take() }) {
          if running == Self.workers {
            await group.next()
            running -= 1
          }
          group.addTask { await self.deliver(item) }
          running += 1
        }
      }
    }
  }

  /// Tries until the spans are taken, given up, or this is cancelled.
  private func deliver(_ item: SpanQueue.Item) async {
    var wait = Self.firstWait
    do {
      let body = try Self.packed(item.batch)
      while true {
        let isLast = leaving.hasArrived
        do {
          try await post.send(body)
          return sent.increment(by: item.batch.count)
        } catch let failure as DeliveryFailure {
          guard case .retry(let after) = failure.advice else { return giveUp(item, .refused, failure) }
          if isLast { return giveUp(item, .shutdown, failure) }
          let pause = max(wait, min(after ?? .zero, Self.maximumAge))
          let age = time.monotonic() - item.arrived
          guard age + pause < Self.maximumAge else { return giveUp(item, .expired, failure) }
          try await rest(for: pause)
          wait = min(wait * 2, Self.longestWait)
        }
      }
    } catch let failure as DeliveryFailure {
      giveUp(item, .refused, failure)
    } catch {
      lose(item.batch.count, .shutdown)
    }
  }

  /// Until the next try, which comes at once when Skep ends.
  private func rest(for pause: Duration) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.time.sleep(for: pause) }
      group.addTask { try await self.leaving.wait() }
      try await group.next()
      group.cancelAll()
    }
  }

  private func giveUp(_ item: SpanQueue.Item, _ loss: Loss, _ failure: DeliveryFailure) {
    lose(item.batch.count, loss)
    logger.warning(
      "spans are lost to tracing.forward[\(name)]",
      metadata: ["spans": "\(item.batch.count)", "why": "\(loss.rawValue)", "error": "\(failure)"])
  }

  private func lose(_ count: Int, _ loss: Loss) { lost[loss]?.increment(by: count) }

  private static func packed(_ batch: SpanBatch) throws -> [UInt8] {
    let message = OTLPTraceEncoder.encode(batch, as: .protobuf)
    let bound = Gzip.bound(message.count)
    var count: Int?
    let packed = [UInt8](unsafeUninitializedCapacity: bound) { target, written in
      count = message.withUnsafeBytes { Gzip.compress($0, to: UnsafeMutableRawBufferPointer(target)) }
      written = count ?? 0
    }
    guard count != nil else { throw DeliveryFailure("there is no memory to compress the spans", .giveUp) }
    return packed
  }
}

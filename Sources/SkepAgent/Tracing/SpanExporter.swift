import AsyncHTTPClient
import FleetModel
import Logging
import Metrics
import NIOCore
import Synchronization
import Tracing
import WireFormats

/// Sends the tracer's spans: those that ended in batches, and news of those that take long.
///
/// It works in tasks of its own and never in the agent's. What it sends is repeated where that may help; a receiver takes a
/// span that arrives twice as one.
final class SpanExporter: Sendable {
  private let configuration: TracerConfiguration
  private let recorder: SpanRecorder
  private let logger: Logger
  private let state: Mutex<State>

  private struct State {
    /// Set once the port is open, where it was not known before.
    var instance: String?
    /// Nothing is sent yet: the process does not know its own name.
    var isHeld = false
    /// When the process began to stop.
    var stoppedAt: ContinuousClock.Instant?
    /// Whether the last attempt failed: what is wrong is logged once and not at each retry.
    var isFailing = false
  }

  init(_ configuration: TracerConfiguration, recorder: SpanRecorder, logger: Logger) {
    self.configuration = configuration
    self.recorder = recorder
    self.logger = logger
    state = Mutex(State(instance: configuration.resource[Self.instanceKey]))
  }

  private static let instanceKey = "service.instance.id"

  /// Keeps back what there is to send until ``release(instance:)``.
  func hold() { state.withLock { $0.isHeld = $0.instance == nil } }

  /// Names this process as the control plane does, unless the environment has named it.
  func release(instance: String) {
    state.withLock { state in
      state.instance = state.instance ?? instance
      state.isHeld = false
    }
    recorder.queue.wake()
  }

  /// Sends until cancelled by `untilStopped`, then what is left.
  ///
  /// - Parameter untilStopped: runs what it is given and cancels it when the process is to stop.
  func run(untilStopped: (@escaping @Sendable () async -> Void) async -> Void) async {
    guard configuration.isEnabled, let endpoint = configuration.endpoint else {
      await untilStopped { try? await Task.sleep(for: .seconds(1 << 32)) }
      return
    }
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .quiet)
    let client = SpanClient(http: http, endpoint: endpoint, configuration: configuration)
    await untilStopped { [self] in
      await withTaskCancellationHandler {
        await loops(by: client)
      } onCancel: {
        state.withLock { $0.stoppedAt = .now }
      }
    }
    let stopping = state.withLock { $0.stoppedAt }?.duration(to: .now) ?? .zero
    await flush(by: client, within: configuration.flushTimeout - stopping)
    countDropped()
    let left = recorder.queue.count
    if left > 0 {
      count(left, .notDelivered)
      logger.warning("spans were not delivered before the end", metadata: ["spans": "\(left)"])
    }
    try? await http.shutdown()
  }

  private func loops(by client: SpanClient) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.wakeRegularly() }
      if let table = recorder.openSpans { group.addTask { await self.announce(from: table, by: client) } }
      for await _ in recorder.queue.wakings {
        if Task.isCancelled { break }
        await self.sendQueue(by: client)
      }
      group.cancelAll()
    }
  }

  /// Sends what is queued now; what is not taken in time stays.
  func flush(within limit: Duration) async {
    guard configuration.isEnabled, let endpoint = configuration.endpoint else { return }
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .quiet)
    await flush(by: SpanClient(http: http, endpoint: endpoint, configuration: configuration), within: limit)
    try? await http.shutdown()
  }

  private func flush(by client: SpanClient, within limit: Duration) async {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      let spans = recorder.queue.take()
      if spans.isEmpty {
        // What the loop has in its hands has ended before, too.
        guard recorder.queue.hasBatchInHand || recorder.queue.count > 0,
          (try? await Task.sleep(for: .milliseconds(5))) != nil
        else { return }
      } else if await !deliver(spans, by: client, until: end) {
        return
      }
    }
  }

  // MARK: Ended spans

  private func wakeRegularly() async {
    let delay = max(configuration.batchDelay, .milliseconds(1))
    while (try? await Task.sleep(for: delay)) != nil { recorder.queue.wake() }
  }

  private func sendQueue(by client: SpanClient) async {
    countDropped()
    if state.withLock({ $0.isHeld }) { return }
    let all = recorder.queue.takeDue()
    while !Task.isCancelled {
      let spans = recorder.queue.take(fullOnly: !all)
      if spans.isEmpty { return }
      if await !deliver(spans, by: client, until: nil) { return }
    }
  }

  /// Sends a batch; one that is too large for the receiver in halves, down to the span that is too large by itself.
  ///
  /// - Parameter end: `nil` where it may take as long as the policy says, or until the task is cancelled.
  /// - Returns: `false` where the time was up: what was not taken is back in the queue.
  private func deliver(_ batch: [SkepSpan], by client: SpanClient, until end: ContinuousClock.Instant?) async -> Bool {
    defer { recorder.queue.settle() }
    // The first is at the end.
    var pieces = [batch]
    while let piece = pieces.popLast() {
      var machine = ExportMachine(policy: configuration.retry)
      var isInHand = true
      while isInHand {
        let rest = end.map { ContinuousClock.now.duration(to: $0) }
        if rest.map({ $0 <= .zero }) ?? Task.isCancelled {
          recorder.queue.putBack(piece + pieces.reversed().flatMap { $0 })
          return false
        }
        let timeout = min(rest ?? configuration.callTimeout, configuration.callTimeout)
        let answer = await post(piece, by: client, timeout: timeout)
        if answer.isTooLarge {
          isInHand = false
          let half = piece.count / 2
          if half == 0 {
            drop(piece, .refused, answer.event)
          } else {
            pieces.append(Array(piece[half...]))
            pieces.append(Array(piece[..<half]))
          }
          continue
        }
        switch machine.step(answer.event, random: .random(in: 0..<1)) {
        case .taken: isInHand = false
        case .dropped(let reason):
          isInHand = false
          drop(piece, reason, answer.event)
        case .again(let delay):
          let isInTime = end.map { delay < ContinuousClock.now.duration(to: $0) } ?? true
          if isInTime, (try? await Task.sleep(for: delay)) != nil { continue }
          // Out of time or cancelled: it is sent at the end.
          recorder.queue.putBack(piece + pieces.reversed().flatMap { $0 })
          return false
        }
      }
    }
    return true
  }

  private func post(_ spans: [SkepSpan], by client: SpanClient, timeout: Duration) async -> SpanClient.Answer {
    let reading = reading()
    // A call under way when the process stops is let come to its end for as long as the flush may take: broken off it would
    // have to be made again.
    let call = Task { await client.post(spans.map(reading.span), timeout: timeout) }
    let grace = TimeAmount.nanoseconds(configuration.flushTimeout.wholeNanoseconds)
    let answer = await withTaskCancellationHandler {
      await call.value
    } onCancel: {
      _ = client.http.eventLoopGroup.any().scheduleTask(in: grace) { call.cancel() }
    }
    note(answer, of: client.endpoint)
    if case .answered(let status, let rejections, _) = answer, (200...299).contains(status) {
      count(max(spans.count - rejections.count, 0), .sent)
      if !rejections.isEmpty {
        count(rejections.count, .refused)
        logger.warning(
          "the receiver refused some spans",
          metadata: ["spans": "\(rejections.count)", "reason": "\(rejections.first ?? "")"])
      }
    }
    return answer
  }

  private func drop(_ spans: [SkepSpan], _ reason: ExportMachine.Reason, _ event: ExportMachine.Event) {
    count(spans.count, reason == .refused ? .refused : .notDelivered)
    for span in spans { recorder.queue.keepEnd(of: span) }
    // That something is wrong was logged when it began.
    logger.debug(
      "spans were dropped", metadata: ["spans": "\(spans.count)", "reason": "\(reason.rawValue)", "answer": "\(event)"])
  }

  // MARK: Spans in flight

  private func announce(from table: OpenSpanTable, by client: SpanClient) async {
    let delay = max(configuration.startMessageDelay, .zero)
    let interval = min(max(delay / 4, .milliseconds(20)), .seconds(1))
    while (try? await Task.sleep(for: interval)) != nil {
      if state.withLock({ $0.isHeld }) { continue }
      let now = Int64(clamping: DefaultTracerClock.now.nanosecondsSinceEpoch)
      while !Task.isCancelled {
        let due = table.take(startedBy: now - delay.wholeNanoseconds, most: configuration.batchSize)
        if due.isEmpty { break }
        if await !tell(due, asEnded: false, by: client) {
          // Told again as long as they are in flight; once they have ended, their end tells all.
          table.putBack(due)
          _ = try? await Task.sleep(for: max(interval, .seconds(1)))
          break
        }
        if due.count < configuration.batchSize { break }
      }
      if Task.isCancelled { return }
      let ends = recorder.queue.takeEnds(configuration.batchSize)
      if !ends.isEmpty, await !tell(ends, asEnded: true, by: client) {
        recorder.queue.putBackEnds(ends)
        _ = try? await Task.sleep(for: max(interval, .seconds(1)))
      }
    }
  }

  /// Tells the control plane of spans in short, in as many calls as their bytes need.
  ///
  /// - Parameter asEnded: `false` tells of a start, even where the span has ended meanwhile: its whole comes by itself.
  /// - Returns: `false` where they may be told again.
  private func tell(_ spans: [SkepSpan], asEnded: Bool, by client: SpanClient) async -> Bool {
    let reading = reading()
    let told = spans.map { source in
      var span = reading.span(source)
      if !asEnded {
        span.end = nil
        span.state = .active
      }
      return (source: source, span: span)
    }
    var pieces = Array(StartMessage.pieces(of: told) { StartMessage.json($0.span).utf8.count }.reversed())
    while let piece = pieces.popLast() {
      let answer = await client.announce(piece.map(\.span), timeout: configuration.callTimeout)
      if answer.isTooLarge, piece.count > 1 {
        pieces.append(Array(piece[(piece.count / 2)...]))
        pieces.append(Array(piece[..<(piece.count / 2)]))
        continue
      }
      switch answer.event {
      case .answered(let status, _) where (200...299).contains(status): countStarts(piece.count, "sent")
      case .answered(let status, _) where ![429, 502, 503, 504].contains(status):
        countStarts(piece.count, "refused")
        for (source, _) in piece { source.markTold(false) }
        logger.debug("start messages were refused", metadata: ["status": "\(status)"])
      default: return false
      }
    }
    return true
  }

  private func reading() -> SpanReading {
    var resource = configuration.resource
    if let instance = state.withLock({ $0.instance }) { resource[Self.instanceKey] = instance }
    return SpanReading(limits: configuration.limits, resource: resource)
  }

  // MARK: What is told of it

  private func note(_ answer: SpanClient.Answer, of address: String) {
    let isFailing = if case .answered(let status, _) = answer.event { status >= 300 } else { true }
    let was = state.withLock { state in
      defer { state.isFailing = isFailing }
      return state.isFailing
    }
    if isFailing, !was {
      logger.warning(
        "spans cannot be sent; trying again where it may help",
        metadata: ["to": "\(address)", "answer": "\(answer)"])
    } else if was, !isFailing {
      logger.info("spans are sent again", metadata: ["to": "\(address)"])
    }
  }

  private enum Outcome: String {
    case sent, refused
    case queueFull = "queue_full"
    case notDelivered = "not_delivered"
  }

  private func countDropped() {
    let dropped = recorder.queue.takeDropped()
    if dropped > 0 { count(dropped, .queueFull) }
  }

  private func count(_ spans: Int, _ outcome: Outcome) {
    Counter(label: "tracer_spans_total", dimensions: [("outcome", outcome.rawValue)]).increment(by: spans)
  }

  private func countStarts(_ spans: Int, _ outcome: String) {
    Counter(label: "tracer_start_messages_total", dimensions: [("outcome", outcome)]).increment(by: spans)
  }
}

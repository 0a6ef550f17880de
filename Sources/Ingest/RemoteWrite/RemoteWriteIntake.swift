public import FleetModel
public import Platform
import Synchronization
public import WireFormats

/// Takes samples that agents and other engines push by Prometheus' remote write
/// (<https://prometheus.io/docs/specs/prw/remote_write_spec/> and <https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>).
///
/// A request goes through: 1. snappy; 2. protobuf; 3. each series to its number in the store, by the bytes of its labels
/// where they were seen before; 4. the samples, grouped by time, to the store; 5. those that a rule watches to the rule
/// engine; 6. what is new of the metrics' types and help to the sink of metadata. A request whose series are known builds no
/// labels and allocates nothing per sample.
///
/// Exemplars go to their own store, behind the samples. One that is not kept is refused of 2.0, whose receivers may not say
/// that they wrote what they did not; of 1.0, which knows them as an experiment, it is passed over.
public final class RemoteWriteIntake: Sendable {
  /// Further in the future than this a sender's time is not believed; further in the past than this a sample is stored and
  /// no rule looks at it. As for collected samples.
  static let maximumAhead: Duration = .seconds(600)
  /// As long as the store remembers a series without samples.
  private static let memory: Duration = .seconds(15 * 60)

  private let limits: IngestLimits
  private let retention: Duration
  private let appender: any SampleAppender
  private let watch: any SampleWatch
  private let exemplars: (any ExemplarAppender)?
  private let time: any TimeSource
  private let metrics: RemoteWriteMetrics
  private let cache: Mutex<WrittenSeriesCache>
  private let metadata: WrittenMetadataPath?
  private let scratch: WriteScratchPool
  private let taken = Atomic<Int>(0)

  /// - Parameters:
  ///   - retention: as long as the store keeps samples; older ones are refused, as out of order.
  ///   - metadata: is told what senders say of metric families, each time that it is new.
  ///   - exemplars: keeps exemplars; `nil` if nobody does.
  public init(
    limits: IngestLimits, retention: Duration = .seconds(15 * 86_400), appender: any SampleAppender,
    watch: any SampleWatch, metadata: (any MetadataSink)? = nil, exemplars: (any ExemplarAppender)? = nil,
    time: any TimeSource
  ) {
    self.limits = limits
    self.retention = retention
    self.appender = appender
    self.watch = watch
    self.exemplars = exemplars
    self.time = time
    metrics = RemoteWriteMetrics()
    self.metadata = metadata.map { WrittenMetadataPath(to: $0, turn: Self.memory, now: time.monotonic()) }
    cache = Mutex(WrittenSeriesCache(turn: Self.memory, limit: limits.seriesInAll, now: time.monotonic()))
    scratch = WriteScratchPool(seed: SystemRandom().next())
  }

  /// Samples taken since the start.
  public var samplesWritten: Int { taken.load(ordering: .relaxed) }

  /// Bytes that a request may have after decompression.
  public var maximumBytes: Int { limits.bodyBytes }

  /// Takes the good samples of one request. Does not wait; ``acknowledge()`` is to be awaited before the sender is told.
  ///
  /// - Parameters:
  ///   - body: a snappy block of a message.
  ///   - kind: which message it is.
  ///   - agent: the one agent whose series the sender may write; `nil` for any.
  /// - Throws: ``WriteRefusal``; of a request that the store refused in the middle, samples may have been taken.
  public func take(
    _ body: UnsafeRawBufferPointer, as kind: WriteMessage = .version1, from agent: AgentID? = nil
  ) throws(WriteRefusal) -> WriteOutcome {
    try take(body, isBlock: true, kind, from: agent)
  }

  /// As ``take(_:as:from:)``, of a message of 1.0 that is no snappy block: one that was made here of what came in another
  /// form, and may be longer than that.
  func take(message: UnsafeRawBufferPointer, from agent: AgentID?) throws(WriteRefusal) -> WriteOutcome {
    try take(message, isBlock: false, .version1, from: agent)
  }

  private func take(
    _ body: UnsafeRawBufferPointer, isBlock: Bool, _ kind: WriteMessage, from agent: AgentID?
  ) throws(WriteRefusal) -> WriteOutcome {
    var work = scratch.take()
    defer {
      work.request.releaseHistograms()
      scratch.giveBack(work)
    }
    // Moved out, so that the rest can be changed while this is read.
    var text: [UInt8] = []
    swap(&text, &work.text)
    defer { swap(&text, &work.text) }
    var count = 0
    if isBlock {
      do throws(SnappyError) { count = try SnappyBlock.decode(body, limit: limits.bodyBytes, into: &text) } catch {
        throw error.isTooLong ? .tooLarge(limit: limits.bodyBytes) : .malformed("\(error)")
      }
    }
    let result = text.withUnsafeBytes { bytes -> Result<WriteOutcome, WriteRefusal> in
      let message = isBlock ? UnsafeRawBufferPointer(rebasing: bytes[0..<count]) : body
      do throws(WriteRefusal) { return .success(try take(message, kind, from: agent, &work)) } catch {
        return .failure(error)
      }
    }
    if case .failure(.storage) = result { metrics.storeFailed() }
    let outcome = try result.get()
    metrics.note(outcome)
    metrics.dropped(exemplars: work.request.exemplars.count - outcome.exemplarsWritten)
    taken.add(outcome.written + outcome.histogramsWritten, ordering: .relaxed)
    return outcome
  }

  /// Returns once what ``take(_:as:from:)`` took is as safe as the store promises.
  ///
  /// - Throws: ``WriteRefusal/storage(_:)``: the sender must send it again.
  public func acknowledge() async throws(WriteRefusal) {
    do throws(AppendError) { try await appender.acknowledge() } catch {
      metrics.storeFailed()
      throw .storage("\(error)")
    }
  }

  private func take(
    _ message: UnsafeRawBufferPointer, _ kind: WriteMessage, from agent: AgentID?, _ work: inout WriteScratch
  ) throws(WriteRefusal) -> WriteOutcome {
    do throws(WireFault) { try work.request.read(message, as: kind) } catch { throw .malformed("\(error)") }
    let scope = agent.map { StringHash.of($0.name) }
    let (now, generation) = (time.monotonic(), watch.generation)
    cache.withLock { cache in
      cache.prepare(now: now, generation: generation)
      cache.find(work.request.series, scope: scope, into: &work.entries)
    }
    var outcome = WriteOutcome()
    for index in work.entries.indices where work.entries[index].mark <= WrittenSeriesCache.Entry.unasked {
      // What has nothing but what is not stored, or metadata, makes no series.
      let series = work.request.series[index]
      if series.sampleCount == 0, !series.hasHistograms, exemplars == nil || !series.hasExemplars { continue }
      try learn(index, message, scope: scope, agent: agent, &work, &outcome)
    }
    var flush = WriteFlush(
      message: message, now: time.now(), retention: retention, appender: appender, watch: watch, outcome: outcome)
    do throws(AppendError) { try flush.run(&work) } catch {
      let (samples, histograms) = (flush.outcome.written, flush.outcome.histogramsWritten)
      taken.add(samples + histograms, ordering: .relaxed)
      throw .storage("\(error)", written: samples, histogramsWritten: histograms)
    }
    if !work.request.exemplars.isEmpty {
      ExemplarFlush(message: message, now: time.now(), appender: exemplars, isRefusalTold: kind == .version2)
        .run(work, &flush.outcome)
    }
    if !flush.renewed.isEmpty { remember(flush.renewed, scope: scope, work) }
    metadata?.tell(of: work.request, in: message, now: now) {
      work.entries[$0].mark != WrittenSeriesCache.Entry.missing
    }
    return flush.outcome
  }

  /// Gets the number of a series that was not seen before, and asks the watcher about it.
  private func learn(
    _ index: Int, _ message: UnsafeRawBufferPointer, scope: UInt64?, agent: AgentID?, _ work: inout WriteScratch,
    _ outcome: inout WriteOutcome
  ) throws(WriteRefusal) {
    let series = work.request.series[index]
    let samples = Int(series.sampleCount) + work.request.histogramCount(ofSeries: index)
    let labels: LabelSet
    do throws(WrittenLabelFlaw) { labels = try work.request.labels(of: series, in: message) } catch {
      return outcome.refuse(.invalid, samples, "\(error)")
    }
    var entry = work.entries[index]
    if entry.mark == WrittenSeriesCache.Entry.missing {
      if let problem = limits.problem(in: Array(labels)) { return outcome.refuse(.limit, samples, problem.message) }
      if let agent, labels["agent_id"] != agent.name {
        return outcome.refuse(
          .forbidden, samples,
          "series \(labels) does not bear agent_id=\"\(agent)\", the only agent that this token may write for")
      }
      do throws(AppendError) { entry.reference = try appender.reference(for: labels) } catch {
        guard case .tooManySeries = error else { throw .storage("\(error)") }
        return outcome.refuse(.limit, samples, "\(error)")
      }
    }
    entry = WrittenSeriesCache.Entry(reference: entry.reference, token: watch.interest(in: labels))
    work.entries[index] = entry
    let identity = scope.map { series.identity.within($0) } ?? series.identity
    let known = cache.withLock { cache in
      cache.set(identity, entry)
      return cache.count
    }
    metrics.knows(known)
  }

  private func remember(_ renewed: [Int], scope: UInt64?, _ work: WriteScratch) {
    cache.withLock { cache in
      for index in renewed {
        let identity = work.request.series[index].identity
        cache.set(scope.map { identity.within($0) } ?? identity, work.entries[index])
      }
    }
  }
}

/// A number for the name of an agent; two agents have the same by chance with a probability of 2^-64.
private enum StringHash {
  /// FNV-1a, then a finaliser (<http://www.isthe.com/chongo/tech/comp/fnv/>).
  static func of(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return (hash ^ hash >> 32) &* 0x9e37_79b9_7f4a_7c15 | 1
  }
}

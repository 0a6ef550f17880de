import FleetModel
import Logging
import Synchronization
import WireFormats

/// The way of a gathered batch into the store, to the watcher and into the recent samples.
extension InstanceSeries {
  /// Further in the future than this an agent's own time is not believed (Prometheus, `scrape/scrape.go`,
  /// `maxAheadTime`).
  private static let maximumAhead: Duration = .seconds(600)

  /// Asks the watcher anew about every series if its rules have changed.
  mutating func askWatcherIfChanged() {
    let generation = context.watch.generation
    guard generation != watchGeneration else { return }
    watchGeneration = generation
    own.askAgain(context.watch)
    for slot in table.slots {
      let labels = context.appender.labels(of: table.reference(slot))
      table.setToken(slot, labels.flatMap { context.watch.interest(in: $0) })
    }
  }

  /// Appends the batch under `time`, then the samples that came with their own times, oldest first.
  mutating func flush(at time: Timestamp) throws(AppendError) -> Int {
    var taken = try append(batch, at: time)
    tellWatcher(of: batch, at: time)
    remember(batch, at: time)
    lastTime = lastTime.map { max($0, time) } ?? time
    if !timed.isEmpty { taken += try flushTimed(now: time) }
    context.samplesCollected.add(taken, ordering: .relaxed)
    context.metrics.stored(taken)
    return taken
  }

  /// Between which an agent's own times are believed.
  func timeBounds(now: Timestamp) -> (earliest: Timestamp, latest: Timestamp) {
    // A time that an agent forgot to set is 0: such a sample would stretch the store to 1970.
    (now - context.configuration.retention, now + Self.maximumAhead)
  }

  private mutating func flushTimed(now: Timestamp) throws(AppendError) -> Int {
    let bounds = timeBounds(now: now)
    let (earliest, latest) = (bounds.earliest.milliseconds, bounds.latest.milliseconds)
    let future = timed.count { $0.time > latest }
    if future > 0 { context.metrics.refused(.future, future) }
    let tooOld = timed.count { $0.time < earliest }
    if tooOld > 0 { context.metrics.refused(.outOfOrder, tooOld) }
    // Stable: of two samples with the same time the first one counts.
    let ordered = timed.enumerated().filter { $0.element.time >= earliest && $0.element.time <= latest }
      .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
    var taken = 0
    var start = 0
    while start < ordered.count {
      let time = Timestamp(milliseconds: ordered[start].element.time)
      var group = SampleBatch()
      while start < ordered.count, ordered[start].element.time == time.milliseconds {
        let sample = ordered[start].element
        group.append(table.reference(sample.slot), sample.value, slot: sample.slot)
        start += 1
      }
      taken += try append(group, at: time)
      tellWatcher(of: group, at: time)
      remember(group, at: time)
    }
    return taken
  }

  /// Hands on the body's exemplars; one without a time has that of its sample.
  func appendExemplars(at time: Timestamp) {
    guard let exemplars = context.exemplars, !reader.collection.exemplars.isEmpty else { return }
    let latest = time + Self.maximumAhead
    var refused = 0
    for parsed in reader.collection.exemplars where table.isLive(parsed.slot) {
      let sampled =
        parsed.sampleTime == BodyReader.noTimestamp ? time : Timestamp(milliseconds: parsed.sampleTime)
      if parsed.exemplar.time ?? sampled > latest {
        refused += 1
        continue
      }
      switch exemplars.append(parsed.exemplar, to: table.reference(parsed.slot), at: sampled) {
      case .appended, .duplicate, .off: break
      case .outOfOrder, .labelsTooLong, .unknownSeries: refused += 1
      }
    }
    if refused > 0 {
      context.logger.debug("exemplars refused", metadata: ["agent_id": "\(agent)", "exemplars": "\(refused)"])
    }
  }

  private mutating func append(_ batch: SampleBatch, at time: Timestamp) throws(AppendError) -> Int {
    guard batch.count > 0 else { return 0 }
    let outcome = try context.appender.append(batch.samples, at: time)
    note(outcome)
    guard !outcome.unknownSeries.isEmpty else { return outcome.appended }
    // The store has dropped series that were silent for long: they are series again, under new numbers. It alone knew their
    // labels, so these are read from the body once more.
    let served = reader.labels(of: Set(outcome.unknownSeries.map { batch.slots[$0] }), in: body)
    var again: [Sample] = []
    for position in outcome.unknownSeries where batch.samples.indices.contains(position) {
      let slot = batch.slots[position]
      if slot == SampleBatch.markerSlot { continue }
      let reference: SeriesRef
      if slot >= 0 {
        guard let labels = served[slot] else { continue }
        reference = try context.appender.reference(for: LabelSet(target.merged(with: labels)))
        table.setReference(slot, reference)
      } else {
        reference = try own.renew(Int(~slot), in: context.appender)
      }
      again.append(Sample(series: reference, value: batch.samples[position].value))
    }
    guard !again.isEmpty else { return outcome.appended }
    let second = try context.appender.append(again, at: time)
    note(second)
    return outcome.appended + second.appended
  }

  func note(_ outcome: AppendOutcome) {
    if outcome.duplicateTimestamp > 0 { context.metrics.refused(.duplicate, outcome.duplicateTimestamp) }
    if outcome.outOfOrder > 0 { context.metrics.refused(.outOfOrder, outcome.outOfOrder) }
    guard outcome.duplicateTimestamp > 0 || outcome.outOfOrder > 0 else { return }
    context.logger.debug(
      "samples refused",
      metadata: [
        "agent_id": "\(agent)", "duplicate_timestamp": "\(outcome.duplicateTimestamp)",
        "out_of_order": "\(outcome.outOfOrder)",
      ])
  }

  /// Hands over the watched samples; an instance of which nothing is watched costs a comparison.
  private mutating func tellWatcher(of batch: SampleBatch, at time: Timestamp) {
    if table.watchedCount > 0 || own.isWatched {
      for position in 0..<batch.count {
        let slot = batch.slots[position]
        if slot == SampleBatch.markerSlot { continue }
        let token = slot >= 0 ? table.token(slot) : own.token(Int(~slot))
        guard token >= 0 else { continue }
        watched.append(
          WatchedSample(
            token: WatchToken(rawValue: UInt32(truncatingIfNeeded: token)), value: batch.samples[position].value))
      }
    }
    guard !watched.isEmpty else { return }
    context.watch.observe(watched, at: time)
    watched.removeAll(keepingCapacity: true)
  }

  private func remember(_ batch: SampleBatch, at time: Timestamp) {
    context.recent.append(batch, types: table.types, time: time)
  }
}

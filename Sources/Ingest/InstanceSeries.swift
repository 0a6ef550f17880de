import FleetModel
import Logging
import WireFormats

/// Everything that is stored of one instance: turns what a round found into samples, and keeps track of its series.
///
/// A round is `read` (may refuse, then nothing has changed), then `store`; or `store` alone where nothing could be
/// read. Nothing here waits.
struct InstanceSeries: Sendable {
  let target: TargetLabels
  let key: InstanceKey
  let context: CollectionContext
  var reader: BodyReader
  var table = SlotTable()
  var own: OwnSeries
  var batch = SampleBatch()
  var timed: [TimedSample] = []
  var watched: [WatchedSample] = []
  /// Series that begin with the body that was read and is not stored yet.
  private var admitted: [Admitted] = []
  /// The body that was read and is not stored yet.
  private(set) var body: [UInt8] = []
  /// By how much the body that was read and is not stored yet changes the number of series.
  private var reserved: Int?
  private var hasScratch = false
  var watchGeneration: UInt64?
  /// Whether every series of the agent has ended with a marker, as after a failed round.
  private var isStale = false
  var lastTime: Timestamp?

  private struct Admitted: Sendable {
    var slot: Int32
    var labels: LabelSet
    var reference: SeriesRef
  }

  /// What a good body gave.
  struct BodyFacts: Sendable, Hashable {
    var samples = 0
    var started = 0
  }

  /// Why a body was not taken.
  enum Refusal: Error, Sendable {
    /// The agent's doing.
    case agent(CollectionFailure)
    /// The store's.
    case store(AppendError)
  }

  init(_ target: CollectionTarget, context: CollectionContext) {
    self.target = TargetLabels(target)
    key = target.key
    self.context = context
    reader = BodyReader(seed: context.seed)
    own = OwnSeries(self.target)
  }

  var agent: AgentID { key.agent }

  /// Series of the agent, without Skep's own.
  var count: Int { table.liveCount }

  // MARK: - Reading

  /// Reads a body and makes sure that all of it may be stored.
  mutating func read(_ body: [UInt8], contentType: String?) throws(Refusal) -> BodyFacts {
    borrowScratch()
    self.body = body
    reader.collection.keepsExemplars = context.exemplars != nil
    do throws(CollectionFailure) {
      try reader.read(body, contentType: contentType, limits: context.configuration.limits)
    } catch {
      reader.undo()
      throw .agent(error)
    }
    do throws(Refusal) { try admit() } catch {
      reader.undo()
      admitted = []
      throw error
    }
    return BodyFacts(samples: reader.samples.count + reader.histograms.count, started: reader.started.count)
  }

  /// Checks the series that begin against the limits and asks the store for their numbers.
  private mutating func admit() throws(Refusal) {
    let started = reader.started
    reserved = 0
    if started.isEmpty, reader.ended.isEmpty { return }
    var labelSets: [LabelSet] = []
    labelSets.reserveCapacity(started.count)
    for series in started {
      let labels = target.merged(with: series.labels)
      if let problem = context.configuration.limits.problem(in: labels) { throw .agent(problem) }
      labelSets.append(LabelSet(labels))
    }
    let change = started.count - reader.ended.count
    do throws(CollectionFailure) { try context.budget.reserve(change, of: agent) } catch { throw .agent(error) }
    admitted.reserveCapacity(started.count)
    for (series, labels) in zip(started, labelSets) {
      do throws(AppendError) {
        admitted.append(
          Admitted(slot: series.slot, labels: labels, reference: try context.appender.reference(for: labels)))
      } catch {
        context.budget.release(change, of: agent)
        guard case .tooManySeries = error else { throw .store(error) }
        throw .agent(CollectionFailure(over: .storeSeries, "\(error)"))
      }
    }
    reserved = change
  }

  // MARK: - Storing

  struct Round: Sendable {
    var time: Timestamp
    var isUp: Bool
    var seconds: Double
    /// `nil` if no body was taken.
    var facts: BodyFacts?
    /// The agent's series keep their state: the store was at fault, or there is nothing to fetch.
    var keepsSeries = false
  }

  /// Stores a round. Returns how many samples were taken.
  ///
  /// - Parameter system: gives the system metrics, told what the agent served about its own process.
  mutating func store(_ round: Round, system: (AgentProcessValues) -> [SystemValue]) throws(AppendError) -> Int {
    borrowScratch()
    defer {
      abandon()
      returnScratch()
    }
    askWatcherIfChanged()
    clear()
    // Skep's own come first: where an agent serves an `up` with the same labels, it is the agent's that is refused.
    try append(OwnSeries.up, round.isUp ? 1 : 0)
    try append(OwnSeries.duration, round.seconds)
    try append(OwnSeries.scraped, Double(round.facts?.samples ?? 0))
    try append(OwnSeries.added, Double(round.facts?.started ?? 0))
    let start = batch.count
    if round.facts != nil {
      takeBody()
    } else if !round.keepsSeries {
      appendMarkers()
    }
    for value in system(table.process.values(in: batch, from: start)) {
      try append(OwnSeries.index(value.metric, value.source), value.value)
    }
    own.appendMarkers(to: &batch)
    do throws(AppendError) {
      var taken = try flush(at: round.time)
      if round.facts != nil {
        taken += try appendHistograms(at: round.time)
        appendExemplars(at: round.time)
      }
      return taken
    } catch {
      // Markers that were not stored are due again in the next round.
      if round.facts == nil, !round.keepsSeries { isStale = false }
      throw error
    }
  }

  /// Marks the end of every series and gives all of them up.
  mutating func end(at now: Timestamp) {
    borrowScratch()
    defer { returnScratch() }
    clear()
    appendMarkers()
    own.appendMarkers(to: &batch)
    // The marker must come after the last sample, which may bear this very millisecond.
    let time = lastTime.map { max(now, $0 + .milliseconds(1)) } ?? now
    do throws(AppendError) { _ = try flush(at: time) } catch {
      context.logger.warning("staleness markers not stored", metadata: ["agent_id": "\(agent)", "error": "\(error)"])
    }
    release()
    context.metadata.forget(key)
    context.budget.noteMetrics(started: [], ended: own.knownNames.map(context.budget.nameHash), of: agent)
  }

  /// Gives up the agent's series without a word to the store, for an instance that is lost: their markers are written.
  mutating func release() {
    let names = table.nameHashes
    guard !names.isEmpty else { return }
    context.budget.noteMetrics(started: [], ended: names, of: agent)
    context.budget.release(names.count, of: agent)
    context.metadata.forget(key)
    reader.forget()
    table = SlotTable()
    isStale = false
  }

  /// Forgets a body that was read and could not be stored.
  mutating func abandon() {
    guard let change = reserved else { return }
    context.budget.release(change, of: agent)
    reserved = nil
    admitted = []
    reader.undo()
  }

  private mutating func borrowScratch() {
    guard !hasScratch else { return }
    hasScratch = true
    let scratch = context.scratch.take()
    reader.collection = scratch.collection
    batch = scratch.batch
    timed = scratch.timed
    watched = scratch.watched
  }

  private mutating func returnScratch() {
    let scratch = RoundScratch(collection: reader.collection, batch: batch, timed: timed, watched: watched)
    reader.collection = .init()
    batch = SampleBatch()
    timed = []
    watched = []
    body = []
    hasScratch = false
    context.scratch.giveBack(scratch)
  }

  private mutating func clear() {
    batch.clear()
    timed.removeAll(keepingCapacity: true)
    watched.removeAll(keepingCapacity: true)
    own.undo()
  }

  private mutating func append(_ index: Int, _ value: Double) throws(AppendError) {
    let wasKnown = own.isKnown(index)
    try own.append(index, value, to: &batch, in: context.appender, watch: context.watch)
    if !wasKnown {
      context.budget.noteMetrics(started: [context.budget.nameHash(OwnSeries.name(index))], ended: [], of: agent)
    }
  }

  /// Makes the body's started and ended series so, and gathers its samples.
  private mutating func takeBody() {
    var endedNames: [UInt32] = []
    for slot in reader.ended where table.isLive(slot) {
      endedNames.append(table.nameHash(slot))
      if !isStale { appendMarker(slot) }
      table.remove(slot)
    }
    // Before the watcher is asked about series, which may ask for their types.
    noteMetadata()
    table.grow(to: reader.collection.slotCount)
    var startedNames: [UInt32] = []
    for (series, new) in zip(reader.started, admitted) {
      let name = context.budget.nameHash(new.labels.metricName)
      startedNames.append(name)
      table.insert(
        new.slot, served: series.labels, nameHash: name, type: series.type, reference: new.reference,
        token: context.watch.interest(in: new.labels))
    }
    if !startedNames.isEmpty || !endedNames.isEmpty {
      context.budget.noteMetrics(started: startedNames, ended: endedNames, of: agent)
    }
    admitted = []
    reserved = nil
    let duplicates = table.gather(reader, into: &batch, timed: &timed)
    if duplicates > 0 { context.metrics.refused(.duplicate, duplicates) }
    table.noteTimed(timed, reader.histograms)
    reader.keep()
    isStale = false
  }

  /// Hands on what the body says of its metrics, where the one before said something else.
  private func noteMetadata() {
    if let comments = reader.newComments {
      context.metadata.describe(key, by: comments) { reader.metadata() }
    } else if reader.typesAreBySeries, !reader.started.isEmpty {
      let types = reader.started.map { ($0.labels.metricName, $0.type) }
      context.metadata.describe(key, bySeries: Dictionary(types, uniquingKeysWith: { $1 }))
    }
  }

  /// Marks the end of all series of the agent; they are kept for when it is back.
  private mutating func appendMarkers() {
    guard !isStale else { return }
    for slot in table.slots { appendMarker(slot) }
    isStale = true
  }

  private mutating func appendMarker(_ slot: Int32) {
    guard table.getsMarker(slot) else { return }
    batch.append(table.reference(slot), StaleMarker.value, slot: SampleBatch.markerSlot)
    let token = table.token(slot)
    if let raw = UInt32(exactly: token) {
      watched.append(WatchedSample(token: WatchToken(rawValue: raw), value: StaleMarker.value))
    }
  }
}

import FleetModel
import WireFormats

/// The series of one instance by slot, as columns: a sample costs a few array reads, no hash and no allocation. What their
/// labels are the store knows.
struct SlotTable: Sendable {
  static let unwatched: Int64 = -1

  private(set) var references: [SeriesRef] = []
  private(set) var types: [MetricType] = []
  /// See ``SeriesBudget/nameHash(_:)``.
  private var names: [UInt32] = []
  private var isLive: [Bool] = []
  /// By slot; empty while nothing is watched.
  private var tokens: [Int64] = []
  /// Whether the agent gives the series' samples times of its own; empty while it gives none. Such a series gets no
  /// staleness marker, as in Prometheus.
  private var isTimed: [Bool] = []
  /// The round of the series' latest sample, from 1 on, to find a series that is twice in one body. 0 means not lately.
  private var seenIn: [UInt8] = []
  private var round: UInt8 = 0
  private(set) var liveCount = 0
  private(set) var watchedCount = 0
  /// Where the agent's series about its own process are.
  private(set) var process = ProcessSlots()

  var slots: [Int32] { isLive.indices.filter { isLive[$0] }.map { Int32($0) } }

  /// Hashes of the metric names of all live series, each as often as there are series of it.
  var nameHashes: [UInt32] { isLive.indices.filter { isLive[$0] }.map { names[$0] } }

  func isLive(_ slot: Int32) -> Bool { isLive.indices.contains(Int(slot)) && isLive[Int(slot)] }

  func reference(_ slot: Int32) -> SeriesRef { references[Int(slot)] }

  func nameHash(_ slot: Int32) -> UInt32 { names[Int(slot)] }

  func token(_ slot: Int32) -> Int64 { tokens.isEmpty ? Self.unwatched : tokens[Int(slot)] }

  /// Whether its disappearance is to be marked.
  func getsMarker(_ slot: Int32) -> Bool { isLive(slot) && (isTimed.isEmpty || !isTimed[Int(slot)]) }

  /// Makes room for `count` slots in all.
  mutating func grow(to count: Int) {
    let more = count - references.count
    guard more > 0 else { return }
    func extend<Value>(_ column: inout [Value], _ value: Value) {
      column.reserveCapacity(count)
      column.append(contentsOf: repeatElement(value, count: more))
    }
    extend(&references, SeriesRef(rawValue: 0))
    extend(&types, .unknown)
    extend(&names, 0)
    extend(&isLive, false)
    extend(&seenIn, 0)
    if !tokens.isEmpty { extend(&tokens, Self.unwatched) }
    if !isTimed.isEmpty { extend(&isTimed, false) }
  }

  mutating func insert(
    _ slot: Int32, served: LabelSet, nameHash: UInt32, type: MetricType, reference: SeriesRef, token: WatchToken?
  ) {
    let index = Int(slot)
    grow(to: index + 1)
    if isLive[index] { remove(slot) }
    names[index] = nameHash
    types[index] = type
    references[index] = reference
    isLive[index] = true
    if !isTimed.isEmpty { isTimed[index] = false }
    seenIn[index] = 0
    liveCount += 1
    setToken(slot, token)
    process.note(slot, served)
  }

  mutating func remove(_ slot: Int32) {
    guard isLive(slot) else { return }
    setToken(slot, nil)
    isLive[Int(slot)] = false
    liveCount -= 1
    process.drop(slot)
  }

  mutating func setToken(_ slot: Int32, _ token: WatchToken?) {
    let index = Int(slot)
    if tokens.isEmpty {
      guard token != nil else { return }
      tokens = Array(repeating: Self.unwatched, count: references.count)
    }
    if tokens[index] != Self.unwatched { watchedCount -= 1 }
    tokens[index] = token.map { Int64($0.rawValue) } ?? Self.unwatched
    if token != nil { watchedCount += 1 }
    if watchedCount == 0 { tokens = [] }
  }

  mutating func setReference(_ slot: Int32, _ reference: SeriesRef) { references[Int(slot)] = reference }

  /// Notes which series of the latest body came with times of their own.
  mutating func noteTimed(_ samples: [TimedSample], _ histograms: [ParsedHistogram]) {
    let timed = histograms.filter { $0.timestamp != BodyReader.noTimestamp }
    if samples.isEmpty, timed.isEmpty {
      if !isTimed.isEmpty { isTimed = [] }
      return
    }
    if isTimed.isEmpty {
      isTimed = Array(repeating: false, count: references.count)
    } else {
      for slot in isTimed.indices { isTimed[slot] = false }
    }
    for sample in samples { isTimed[Int(sample.slot)] = true }
    for histogram in timed { isTimed[Int(histogram.slot)] = true }
  }

  /// Appends the samples that came without a time of their own to `batch`, those with one to `timed`.
  ///
  /// - Returns: how many were left out because their series had one before in this body; the first counts.
  mutating func gather(_ reader: BodyReader, into batch: inout SampleBatch, timed: inout [TimedSample]) -> Int {
    let samples = reader.samples
    if round == .max {
      round = 0
      for slot in seenIn.indices { seenIn[slot] = 0 }
    }
    round += 1
    let round = round
    var duplicates = 0
    references.withUnsafeBufferPointer { references in
      seenIn.withUnsafeMutableBufferPointer { seenIn in
        batch.append(upTo: samples.count) { batchSamples, batchSlots in
          for sample in samples {
            let slot = Int(sample.slot)
            precondition(slot >= 0 && slot < references.count, "BUG: the parser named a slot that did not start")
            if sample.timestamp != BodyReader.noTimestamp {
              timed.append(TimedSample(slot: sample.slot, value: sample.value, time: sample.timestamp))
            } else if seenIn[slot] == round {
              duplicates += 1
            } else {
              seenIn[slot] = round
              batchSamples.append(Sample(series: references[slot], value: sample.value))
              batchSlots.append(sample.slot)
            }
          }
        }
      }
    }
    return duplicates
  }

  /// The native histograms of the body whose numbers were gathered last.
  ///
  /// - Returns: also how many were left out because their series had a sample before in this body; the first counts.
  mutating func gatherHistograms(_ reader: BodyReader) -> (histograms: [ParsedHistogram], duplicates: Int) {
    var found: [ParsedHistogram] = []
    for histogram in reader.histograms where isLive(histogram.slot) {
      let isTimed = histogram.timestamp != BodyReader.noTimestamp
      guard isTimed || seenIn[Int(histogram.slot)] != round else { continue }
      if !isTimed { seenIn[Int(histogram.slot)] = round }
      found.append(histogram)
    }
    return (found, reader.histograms.count - found.count)
  }
}

/// A sample with a time that the agent gave.
struct TimedSample: Sendable {
  var slot: Int32
  var value: Double
  var time: Int64
}

/// Samples that go to the store together, each with the slot it came from.
struct SampleBatch: Sendable {
  /// The slot of a staleness marker of an agent's series, whose own slot may mean another series already.
  static let markerSlot = Int32.min

  private(set) var samples: [Sample] = []
  /// The parser's slot, or for a series of Skep's own the complement of its index.
  private(set) var slots: [Int32] = []

  var count: Int { samples.count }

  /// Appends as many samples as `body` writes, at most `count`; for each one a slot.
  mutating func append(upTo count: Int, _ body: (inout OutputSpan<Sample>, inout OutputSpan<Int32>) -> Void) {
    if samples.capacity - samples.count < count {
      samples.reserveCapacity(max(samples.count + count, samples.capacity * 2))
      slots.reserveCapacity(max(samples.count + count, slots.capacity * 2))
    }
    samples.append(addingCapacity: count) { samples in
      slots.append(addingCapacity: count) { slots in
        body(&samples, &slots)
      }
    }
    precondition(samples.count == slots.count, "BUG: a sample without a slot")
  }

  mutating func append(_ series: SeriesRef, _ value: Double, slot: Int32) {
    samples.append(Sample(series: series, value: value))
    slots.append(slot)
  }

  var capacity: Int { samples.capacity }

  mutating func clear() {
    samples.removeAll(keepingCapacity: true)
    slots.removeAll(keepingCapacity: true)
  }
}

/// The slots of the series that an agent serves about its own process; only those without labels speak of all of it.
struct ProcessSlots: Sendable, Hashable {
  static let names = [
    "process_cpu_seconds_total", "process_resident_memory_bytes", "process_network_transmit_bytes_total",
    "process_network_receive_bytes_total",
  ]

  private var slots: [Int32] = [-1, -1, -1, -1]

  var isEmpty: Bool { slots.allSatisfy { $0 < 0 } }

  mutating func note(_ slot: Int32, _ served: LabelSet) {
    var labels = served.makeIterator()
    guard let label = labels.next(), label.name == LabelSet.metricName, labels.next() == nil,
      let position = Self.names.firstIndex(of: label.value)
    else { return }
    slots[position] = slot
  }

  mutating func drop(_ slot: Int32) {
    if let position = slots.firstIndex(of: slot) { slots[position] = -1 }
  }

  /// The values of this round.
  func values(in batch: SampleBatch, from start: Int) -> AgentProcessValues {
    guard !isEmpty else { return AgentProcessValues() }
    var found: [Double?] = [nil, nil, nil, nil]
    for position in start..<batch.count {
      let slot = batch.slots[position]
      guard slot >= 0 else { continue }
      for (index, wanted) in slots.enumerated() where wanted == slot { found[index] = batch.samples[position].value }
    }
    let good = found.map { value in value.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } }
    return AgentProcessValues(cpuSeconds: good[0], residentBytes: good[1], bytesSent: good[2], bytesReceived: good[3])
  }
}

public import FleetModel
import Synchronization

/// The last collected samples in order of arrival.
///
/// A ring of numbers: a sample costs one copy of 16 bytes. Its labels are looked up in the store, and only when it is read.
public final class RecentSamples: Sendable {
  fileprivate struct Entry: Sendable {
    var series: SeriesRef
    var type: MetricType
    var isHistogram = false
    var value: Double
  }

  /// One collection's samples: the next `count` entries.
  fileprivate struct Collection: Sendable {
    var time: Timestamp
    var count: Int
  }

  fileprivate struct State: Sendable {
    var ring: [Entry]
    /// By place in the ring, the sums of those entries that are histograms; empty until there is one.
    var sums: [Double] = []
    /// Where the next entry goes.
    var next = 0
    var filled = 0
    /// Oldest first, from `first` on.
    var collections: [Collection] = []
    var first = 0
  }

  private let capacity: Int
  private let store: any SampleAppender
  private let state: Mutex<State>

  init(capacity: Int, store: any SampleAppender) {
    self.capacity = max(capacity, 0)
    self.store = store
    let none = Entry(series: SeriesRef(rawValue: 0), type: .unknown, value: 0)
    state = Mutex(State(ring: [Entry](repeating: none, count: self.capacity)))
  }

  /// The last `limit` samples that fit and whose series the store still has, oldest first. O(samples held).
  public func read(agentID: String?, metricName: String?, limit: Int) -> [RecentSample] {
    // A copy that shares its storage, so that looking up labels keeps no collection waiting.
    let held = state.withLock { $0 }
    var found: [RecentSample] = []
    var position = held.next
    for collection in held.collections[held.first...].reversed() {
      for _ in 0..<collection.count {
        guard found.count < limit else { return found.reversed() }
        position = (position == 0 ? capacity : position) - 1
        let entry = held.ring[position]
        guard let labels = store.labels(of: entry.series) else { continue }
        if let metricName, labels.metricName != metricName { continue }
        if let agentID, labels["agent_id"] != agentID { continue }
        var further = labels.dictionary
        let name = further.removeValue(forKey: LabelSet.metricName) ?? ""
        found.append(
          RecentSample(
            agentID: further["agent_id"] ?? "", metricName: name, metricType: entry.type, value: entry.value,
            timestamp: collection.time, labels: further, sum: entry.isHistogram ? held.sums[position] : nil))
      }
    }
    return found.reversed()
  }

  /// Notes a collection. Staleness markers are no samples.
  ///
  /// - Parameter types: of the agent's series by slot.
  func append(_ batch: SampleBatch, types: [MetricType], time: Timestamp) {
    guard capacity > 0 else { return }
    state.withLock { state in
      let start = max(0, batch.count - capacity)
      let count = state.write(batch, from: start, types)
      state.note(count, at: time, capacity)
    }
  }

  /// Notes native histograms, each with its series and that one's type. Of all that they say the number and the sum of observations
  /// are held.
  func append(_ histograms: [(value: NativeHistogram, series: SeriesRef, type: MetricType)], time: Timestamp) {
    guard capacity > 0, !histograms.isEmpty else { return }
    state.withLock { state in
      if state.sums.isEmpty { state.sums = Array(repeating: 0, count: capacity) }
      for histogram in histograms.suffix(capacity) {
        state.ring[state.next] = Entry(
          series: histogram.series, type: histogram.type, isHistogram: true, value: histogram.value.count)
        state.sums[state.next] = histogram.value.sum
        state.next = state.next + 1 == capacity ? 0 : state.next + 1
      }
      state.note(min(histograms.count, capacity), at: time, capacity)
    }
  }
}

extension RecentSamples.State {
  /// - Returns: how many of the batch are samples.
  fileprivate mutating func write(_ batch: SampleBatch, from start: Int, _ types: [MetricType]) -> Int {
    let (samples, slots) = (batch.samples, batch.slots)
    var next = next
    var count = 0
    ring.withUnsafeMutableBufferPointer { ring in
      samples.withUnsafeBufferPointer { samples in
        slots.withUnsafeBufferPointer { slots in
          types.withUnsafeBufferPointer { types in
            for position in start..<samples.count where !StaleMarker.isStale(samples[position].value) {
              let slot = Int(slots[position])
              let type = slot >= 0 ? types[slot] : OwnSeries.type(~slot)
              ring[next] = RecentSamples.Entry(
                series: samples[position].series, type: type, value: samples[position].value)
              next = next + 1 == ring.count ? 0 : next + 1
              count += 1
            }
          }
        }
      }
    }
    self.next = next
    return count
  }
}

extension RecentSamples.State {
  /// Notes that `count` entries were written.
  fileprivate mutating func note(_ count: Int, at time: Timestamp, _ capacity: Int) {
    guard count > 0 else { return }
    collections.append(RecentSamples.Collection(time: time, count: count))
    filled += count
    dropOverwritten(capacity)
  }

  /// Forgets the collections, or the parts of them, whose entries were overwritten.
  private mutating func dropOverwritten(_ capacity: Int) {
    while filled > capacity, first < collections.count {
      let dropped = min(filled - capacity, collections[first].count)
      collections[first].count -= dropped
      filled -= dropped
      if collections[first].count == 0 { first += 1 }
    }
    if first > 64, first * 2 > collections.count {
      collections.removeFirst(first)
      first = 0
    }
  }
}

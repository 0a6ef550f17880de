public import FleetModel
import Synchronization

/// The last collected samples in order of arrival.
///
/// A ring of numbers: a sample costs one copy of 16 bytes. Its labels are looked up only when it is read, in the slot
/// names of its collection, which are held as they were then and share their storage with the next collection's.
public final class RecentSamples: Sendable {
  fileprivate struct Entry: Sendable {
    var slot: Int32
    var value: Double
  }

  /// One collection's samples: the next `count` entries.
  fileprivate struct Collection: Sendable {
    var time: Timestamp
    var own: SlotNames
    var agent: SlotNames
    var count: Int
  }

  fileprivate struct State: Sendable {
    var ring: [Entry]
    /// Where the next entry goes.
    var next = 0
    var filled = 0
    /// Oldest first, from `first` on.
    var collections: [Collection] = []
    var first = 0
  }

  private let capacity: Int
  private let state: Mutex<State>

  init(capacity: Int) {
    self.capacity = max(capacity, 0)
    state = Mutex(State(ring: [Entry](repeating: Entry(slot: 0, value: 0), count: max(capacity, 0))))
  }

  /// The last `limit` samples that fit, oldest first. O(samples held).
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
        let names = entry.slot >= 0 ? collection.agent : collection.own
        let index = entry.slot >= 0 ? Int(entry.slot) : Int(~entry.slot)
        let labels = names.labels[index]
        if let metricName, labels.metricName != metricName { continue }
        if let agentID, labels["agent_id"] != agentID { continue }
        var further = labels.dictionary
        let name = further.removeValue(forKey: LabelSet.metricName) ?? ""
        found.append(
          RecentSample(
            agentID: further["agent_id"] ?? "", metricName: name, metricType: names.types[index], value: entry.value,
            timestamp: collection.time, labels: further))
      }
    }
    return found.reversed()
  }

  /// Notes a collection. Staleness markers are no samples.
  func append(_ batch: SampleBatch, own: SlotNames, agent: SlotNames, time: Timestamp) {
    guard capacity > 0 else { return }
    state.withLock { state in
      let start = max(0, batch.count - capacity)
      var count = 0
      batch.samples.withUnsafeBufferPointer { samples in
        batch.slots.withUnsafeBufferPointer { slots in
          state.ring.withUnsafeMutableBufferPointer { ring in
            var next = state.next
            for position in start..<samples.count where !StaleMarker.isStale(samples[position].value) {
              ring[next] = Entry(slot: slots[position], value: samples[position].value)
              next = next + 1 == ring.count ? 0 : next + 1
              count += 1
            }
            state.next = next
          }
        }
      }
      guard count > 0 else { return }
      state.collections.append(Collection(time: time, own: own, agent: agent, count: count))
      state.filled += count
      state.dropOverwritten(capacity)
    }
  }
}

extension RecentSamples.State {
  /// Forgets the collections, or the parts of them, whose entries were overwritten.
  fileprivate mutating func dropOverwritten(_ capacity: Int) {
    while filled > capacity, first < collections.count {
      let dropped = min(filled - capacity, collections[first].count)
      collections[first].count -= dropped
      filled -= dropped
      if collections[first].count == 0 {
        collections[first].own = SlotNames()
        collections[first].agent = SlotNames()
        first += 1
      }
    }
    if first > 64, first * 2 > collections.count {
      collections.removeFirst(first)
      first = 0
    }
  }
}

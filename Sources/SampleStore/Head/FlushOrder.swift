import FleetModel
import Glibc
import Synchronization

/// A series whose samples move to a block.
struct FlushEntry: Sendable {
  /// Ranks of its first two labels: settles most comparisons.
  var key: UInt64 = 0
  /// Where the numbers of its label pairs lie: they stay there as long as the series is not forgotten.
  var pairsAddress: UInt
  var pairCount: Int
  var number: UInt32
  var hasLate: Bool
  var hasHistograms: Bool
  /// Closed chunks that begin no later than this move; `Int64.min` if there are none.
  var through: Int64

  var pairs: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: UnsafePointer(bitPattern: pairsAddress), count: pairCount)
  }
}

/// Puts series in the order of their labels without copying the labels: label pairs are ranked by their texts, series
/// compared by the ranks of their pairs. Texts are read where they lie, without the head's lock: nothing moves them while no
/// series is forgotten.
struct FlushOrder: ~Copyable {
  /// A value of one label name.
  private struct Text {
    /// The first eight bytes, as a number that compares as they do.
    var prefix: UInt64
    var address: UInt
    var length: Int
    var number: UInt32

    static func precedes(_ left: Text, _ right: Text) -> Bool {
      if left.prefix != right.prefix { return left.prefix < right.prefix }
      if let a = UnsafeRawPointer(bitPattern: left.address), let b = UnsafeRawPointer(bitPattern: right.address) {
        let order = memcmp(a, b, min(left.length, right.length))
        if order != 0 { return order < 0 }
      }
      return left.length < right.length
    }
  }

  /// Pairs looked at under one hold of the lock.
  private static let pairsAtOnce = 4096

  private var ranks: NumberMap

  /// Ranks all pairs of a head that forgets no series meanwhile. O(n log n).
  init(_ store: HeadStore) {
    let (map, names) = store.state.withLock { state in
      (NumberMap(over: state.labels.pairs), state.labels.names.map(\.text))
    }
    ranks = map
    var next: UInt32 = 1
    for name in names.indices.sorted(by: { names[$0].lexicographicallyPrecedes(names[$1]) }) {
      var texts = Self.values(ofName: UInt32(truncatingIfNeeded: name), store)
      texts.sort(by: Text.precedes)
      for text in texts {
        ranks[text.number] = next
        next += 1
      }
    }
  }

  private static func values(ofName name: UInt32, _ store: HeadStore) -> [Text] {
    var texts: [Text] = []
    var next: UInt32? = 0
    while let first = next {
      next = store.state.withLock { state in
        state.labels.withPairs(ofName: name, from: first, limit: pairsAtOnce) { number in
          let value = UnsafeRawBufferPointer(state.labels.value(number))
          var prefix: UInt64 = 0
          for index in 0..<8 { prefix = prefix << 8 | (index < value.count ? UInt64(value[index]) : 0) }
          texts.append(
            Text(
              prefix: prefix, address: UInt(bitPattern: value.baseAddress), length: value.count, number: number))
        }
      }
    }
    return texts
  }

  /// Sorts, and leaves out all but one of series with the same labels.
  func sort(_ entries: inout [FlushEntry]) {
    for index in entries.indices {
      let pairs = entries[index].pairs
      let first = pairs.isEmpty ? 0 : ranks[pairs[0]]
      let second = pairs.count > 1 ? ranks[pairs[1]] : 0
      entries[index].key = UInt64(first) << 32 | UInt64(second)
    }
    entries.sort { order($0, $1) < 0 }
    var kept = 0
    for index in entries.indices {
      if kept > 0, order(entries[kept - 1], entries[index]) == 0 { continue }
      entries[kept] = entries[index]
      kept += 1
    }
    entries.removeLast(entries.count - kept)
  }

  private func order(_ left: FlushEntry, _ right: FlushEntry) -> Int {
    if left.key != right.key { return left.key < right.key ? -1 : 1 }
    let (a, b) = (left.pairs, right.pairs)
    var index = 2
    while index < a.count, index < b.count {
      let (x, y) = (ranks[a[index]], ranks[b[index]])
      if x != y { return x < y ? -1 : 1 }
      index += 1
    }
    return a.count - b.count
  }
}

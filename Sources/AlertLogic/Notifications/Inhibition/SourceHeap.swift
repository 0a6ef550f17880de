/// Alerts that may inhibit, the one that ends last on top. What an alert's end was before stays until it comes up or there are too
/// many such; whether an entry still counts is for its user to say.
struct SourceHeap: Sendable {
  struct Source: Sendable, Hashable {
    /// Milliseconds; the greatest number while no end is known.
    var endsAt: Int64
    var fingerprint: UInt64
    var number: Int32

    /// Ends later; of two that end together the lesser fingerprint, so that the answer does not hang on the order of arrival.
    fileprivate func outranks(_ other: Source) -> Bool {
      endsAt != other.endsAt ? endsAt > other.endsAt : fingerprint < other.fingerprint
    }
  }

  private var sources: [Source] = []

  var top: Source? { sources.first }
  var count: Int { sources.count }

  /// O(log n).
  mutating func push(_ source: Source) {
    sources.append(source)
    var index = sources.count - 1
    while index > 0, sources[index].outranks(sources[(index - 1) / 2]) {
      sources.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// Removes what no longer counts from the top, and all of it where more than `limit` have gathered. O(log n) amortised.
  mutating func clean(limit: Int, counts: (Source) -> Bool) {
    while let top = sources.first, !counts(top) {
      let last = sources.removeLast()
      guard !sources.isEmpty else { return }
      sources[0] = last
      sink(0)
    }
    guard sources.count > limit else { return }
    // One entry for each alert is enough: an end that came back may stand here twice.
    sources = Array(Set(sources.filter(counts)))
    for index in stride(from: sources.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var greatest = index
      for child in 2 * index + 1..<2 * index + 3 where child < sources.count {
        if sources[child].outranks(sources[greatest]) { greatest = child }
      }
      if greatest == index { return }
      sources.swapAt(index, greatest)
      index = greatest
    }
  }
}

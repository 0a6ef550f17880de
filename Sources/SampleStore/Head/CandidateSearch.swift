import FleetModel
import Synchronization

/// Finds the series that match, in steps that each hold the lock for a bounded time, so that appends go on meanwhile.
///
/// 1. each matcher names its labels: looked up, or found by trying the pattern on the values of that name;
/// 2. the inclusive matcher with the fewest series gives the candidates, in rising order of their numbers;
/// 3. matchers of one label thin them out by galloping through its postings;
/// 4. what is left is tested against the labels of each series, together with the time range (``HeadState``).
///
/// A series that is made meanwhile may be missed; one that goes is noticed.
struct CandidateSearch: ~Copyable {
  /// Values tried, or numbers copied, under one hold of the lock: tens of microseconds.
  private static let valuesAtOnce = 512
  private static let numbersAtOnce = 65_536

  private let store: HeadStore
  private var included: [[UInt32]] = []
  private var excluded: [[UInt32]] = []

  init(_ store: HeadStore) { self.store = store }

  /// The candidates; those that `remaining` does not refuse are the answer.
  consuming func run(_ matchers: [CompiledMatcher]) throws -> (numbers: [UInt32], remaining: RemainingTests) {
    for matcher in matchers {
      try Task.checkCancellation()
      let pairs = try pairs(of: matcher)
      if matcher.isInclusive {
        guard !pairs.isEmpty else { return ([], RemainingTests()) }
        included.append(pairs)
      } else if !pairs.isEmpty {
        excluded.append(pairs)
      }
    }
    var numbers = try candidates()
    var remaining = RemainingTests()
    for pairs in included {
      if pairs.count == 1 {
        thin(&numbers, by: pairs[0], keepingMembers: true)
      } else {
        remaining.included.append(PairSet(pairs))
      }
    }
    for pairs in excluded {
      if pairs.count == 1 {
        thin(&numbers, by: pairs[0], keepingMembers: false)
      } else {
        remaining.excluded.append(PairSet(pairs))
      }
    }
    return (numbers, remaining)
  }

  /// The live pairs that the matcher names, in rising order.
  private func pairs(of matcher: CompiledMatcher) throws -> [UInt32] {
    if case .values(let values) = matcher.labels {
      let encoded = values.map { LabelSet([Label(String(decoding: matcher.name, as: UTF8.self), $0)]).encoded }
      return store.state.withLock { state in
        Array(Set(encoded.compactMap { bytes in bytes.withUnsafeBytes { state.labels.find($0) } })).sorted()
      }
    }
    var found: [UInt32] = []
    var next: UInt32? = 0
    while let first = next {
      try Task.checkCancellation()
      next = store.state.withLock { state in
        state.labels.match(matcher, from: first, limit: Self.valuesAtOnce, into: &found)
      }
    }
    return found
  }

  /// The members of the smallest inclusive set, which is then done with; all series if there is none.
  private mutating func candidates() throws -> [UInt32] {
    var numbers: [UInt32] = []
    guard !included.isEmpty else {
      var next: Int? = 0
      while let first = next {
        try Task.checkCancellation()
        next = store.state.withLock { $0.collectLive(from: first, limit: Self.numbersAtOnce / 8, into: &numbers) }
      }
      return numbers
    }
    let sizes = included.map { size(of: $0) }
    guard let smallest = sizes.indices.min(by: { sizes[$0] < sizes[$1] }) else { return [] }
    let pairs = included.remove(at: smallest)
    numbers.reserveCapacity(sizes[smallest])
    for pair in pairs {
      var next: UInt32? = 0
      while let first = next {
        try Task.checkCancellation()
        next = store.state.withLock { state in
          state.labels.collect(pair, from: first, limit: Self.numbersAtOnce, into: &numbers)
        }
      }
    }
    // Labels of one name have no series in common: nothing is there twice.
    if pairs.count > 1 { numbers.sort() }
    return numbers
  }

  private func size(of pairs: [UInt32]) -> Int {
    var size = 0
    var start = 0
    while start < pairs.count {
      let part = pairs[start..<min(pairs.count, start + Self.valuesAtOnce * 8)]
      start = part.endIndex
      size += store.state.withLock { state in part.reduce(0) { $0 + state.labels.count(of: $1) } }
    }
    return size
  }

  private func thin(_ numbers: inout [UInt32], by pair: UInt32, keepingMembers: Bool) {
    if numbers.count <= Self.numbersAtOnce {
      store.state.withLock { $0.labels.filter(&numbers, by: pair, keepingMembers: keepingMembers) }
      return
    }
    var kept: [UInt32] = []
    var start = 0
    while start < numbers.count {
      var part = Array(numbers[start..<min(numbers.count, start + Self.numbersAtOnce)])
      start += part.count
      store.state.withLock { $0.labels.filter(&part, by: pair, keepingMembers: keepingMembers) }
      kept += part
    }
    numbers = kept
  }
}

/// Conditions on the labels of a series that the index did not settle.
struct RemainingTests: Sendable {
  var included: [PairSet] = []
  var excluded: [PairSet] = []

  var isEmpty: Bool { included.isEmpty && excluded.isEmpty }

  func accept(_ pairs: UnsafeBufferPointer<UInt32>) -> Bool {
    included.allSatisfy { set in pairs.contains { set.contains($0) } }
      && excluded.allSatisfy { set in !pairs.contains { set.contains($0) } }
  }
}

extension LabelIndex {
  /// Appends to `found` the live pairs that the matcher names among up to `limit` pairs from number `first`.
  ///
  /// - Returns: the number to go on from, `nil` at the end.
  func match(
    _ matcher: CompiledMatcher, from first: UInt32, limit: Int, into found: inout [UInt32]
  ) -> UInt32? {
    guard let name = number(ofName: matcher.name) else { return nil }
    return withPairs(ofName: name, from: first, limit: limit) { number in
      switch matcher.labels {
      case .all: found.append(number)
      case .pattern(let pattern, let inverted):
        if pattern.matches(utf8: value(number)) != inverted { found.append(number) }
      case .values: preconditionFailure("BUG: values are looked up, not searched")
      }
    }
  }

  func withPairs(
    ofName name: UInt32, from first: UInt32, limit: Int, _ body: (UInt32) -> Void
  ) -> UInt32? {
    names[Int(name)].pairs.withUnsafeBufferPointer { numbers in
      var low = 0
      var length = numbers.count
      while length > 0 {
        let half = length / 2
        if numbers[low + half] < first {
          low += half + 1
          length -= half + 1
        } else {
          length = half
        }
      }
      let end = min(numbers.count, low + limit)
      for index in low..<end where pairs.pointer(numbers[index])?.pointee.isLive == true { body(numbers[index]) }
      return end < numbers.count ? numbers[end] : nil
    }
  }

  func isLive(_ pair: UInt32) -> Bool { livePair(pair) != nil }

  func count(of pair: UInt32) -> Int { livePair(pair).map { Int($0.pointee.postings.count) } ?? 0 }

  func collect(_ pair: UInt32, from first: UInt32, limit: Int, into numbers: inout [UInt32]) -> UInt32? {
    livePair(pair)?.pointee.postings.collect(from: first, limit: limit, into: &numbers)
  }

  func filter(_ numbers: inout [UInt32], by pair: UInt32, keepingMembers: Bool) {
    guard let pair = livePair(pair) else {
      if keepingMembers { numbers = [] }
      return
    }
    pair.pointee.postings.filter(&numbers, keepingMembers: keepingMembers)
  }

  private func livePair(_ number: UInt32) -> UnsafeMutablePointer<LabelPair>? {
    guard let pair = pairs.pointer(number), pair.pointee.isLive else { return nil }
    return pair
  }
}

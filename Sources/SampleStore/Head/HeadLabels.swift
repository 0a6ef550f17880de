import FleetModel
import Synchronization

/// Which labels the series with samples in a range have: in steps that each hold the lock for a bounded time.
extension HeadStore {
  /// Labels, or series, looked at under one hold of the lock.
  private static let pairsAtOnce = 64
  private static let seriesAtOnce = 512
  private static let textsAtOnce = 1024

  func texts(ofNames matchers: [LabelMatcher], _ from: Int64, _ through: Int64) async throws -> [String] {
    var names: Set<UInt32> = []
    if matchers.isEmpty {
      let count = state.withLock { UInt32(truncatingIfNeeded: $0.labels.names.count) }
      for name in 0..<count where try await !usedPairs(name, from, through, isOneEnough: true).isEmpty {
        names.insert(name)
      }
    } else {
      names = try await collectPairs(matchers, from, through, name: nil).names
    }
    return Self.sorted(state.withLock { state in names.map { state.labels.names[Int($0)].text } })
  }

  func texts(
    valuesOf name: String, _ matchers: [LabelMatcher], _ from: Int64, _ through: Int64
  ) async throws -> [String] {
    guard let number = state.withLock({ $0.labels.number(ofName: Array(name.utf8)) }) else {
      _ = try CompiledMatcher.compile(matchers)
      return []
    }
    let found: [UInt32]
    if matchers.isEmpty {
      found = try await usedPairs(number, from, through, isOneEnough: false)
    } else {
      let present = matchers + [LabelMatcher(name, .notEqual, "")]
      found = Array(try await collectPairs(present, from, through, name: number).pairs)
    }
    var texts: [[UInt8]] = []
    texts.reserveCapacity(found.count)
    var index = 0
    while index < found.count {
      let end = min(found.count, index + Self.textsAtOnce)
      state.withLock { state in
        // A label may have gone since it was found.
        for pair in found[index..<end] where state.labels.isLive(pair) { texts.append(Array(state.labels.value(pair))) }
      }
      index = end
    }
    return Self.sorted(texts)
  }

  private static func sorted(_ texts: [[UInt8]]) -> [String] {
    texts.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The labels called `name` that some series with a sample in the range has. Mostly the first series of a label decides.
  private func usedPairs(
    _ name: UInt32, _ from: Int64, _ through: Int64, isOneEnough: Bool
  ) async throws -> [UInt32] {
    var used: [UInt32] = []
    var next: UInt32? = 0
    var steps = 0
    while let first = next {
      var undecided: [UInt32] = []
      next = state.withLock { state in
        state.decidePairs(
          name, from: first, limit: isOneEnough ? 4 : Self.pairsAtOnce, from, through, &used, &undecided)
      }
      for pair in undecided {
        if isOneEnough, !used.isEmpty { break }
        if try await hasSample(pair, from, through) { used.append(pair) }
      }
      if isOneEnough, !used.isEmpty { break }
      steps += 1
      if steps % 16 == 0 { try await Self.pause() }
    }
    return used
  }

  /// Whether a series with this label has a sample in the range.
  private func hasSample(_ pair: UInt32, _ from: Int64, _ through: Int64) async throws -> Bool {
    var next: UInt32? = 0
    while let first = next {
      var isUsed = false
      next = state.withLock { state in
        var numbers: [UInt32] = []
        let rest = state.labels.collect(pair, from: first, limit: Self.seriesAtOnce, into: &numbers)
        isUsed = numbers.contains { state.hasSample($0, from, through) }
        return rest
      }
      if isUsed { return true }
      try await Self.pause()
    }
    return false
  }

  private func collectPairs(
    _ matchers: [LabelMatcher], _ from: Int64, _ through: Int64, name: UInt32?
  ) async throws -> (names: Set<UInt32>, pairs: Set<UInt32>) {
    let (numbers, tests) = try CandidateSearch(self).run(CompiledMatcher.compile(matchers))
    var names: Set<UInt32> = []
    var pairs: Set<UInt32> = []
    var index = 0
    var steps = 0
    while index < numbers.count {
      let start = index
      index = state.withLock { state in
        state.collectPairs(numbers, from: start, tests, from, through, name: name, names: &names, pairs: &pairs)
      }
      steps += 1
      if steps % 16 == 0 { try await Self.pause() }
    }
    return (names, pairs)
  }

  /// Of each row of the match, whether its series has a sample in the range.
  func rowsWithSamples(_ match: SeriesMatch, _ from: Int64, _ through: Int64) async throws -> [Bool] {
    var rows: [Bool] = []
    rows.reserveCapacity(match.count)
    while rows.count < match.count {
      let numbers = match.numbers[rows.count..<min(match.count, rows.count + Self.seriesAtOnce)]
      state.withLock { state in for number in numbers { rows.append(state.hasSample(number, from, through)) } }
      if rows.count % 8192 == 0 { try await Self.pause() }
    }
    return rows
  }
}

extension HeadState {
  /// Series of a label that are looked at before it is left undecided.
  private static let seriesToDecide = 8

  /// Adds to `used` those of up to `limit` labels from number `first` that some series with a sample in the range has, and to
  /// `undecided` those of which the first series do not tell.
  ///
  /// - Returns: the number to go on from, `nil` at the end.
  mutating func decidePairs(
    _ name: UInt32, from first: UInt32, limit: Int, _ from: Int64, _ through: Int64, _ used: inout [UInt32],
    _ undecided: inout [UInt32]
  ) -> UInt32? {
    var pairs: [UInt32] = []
    let next = labels.withPairs(ofName: name, from: first, limit: limit) { pairs.append($0) }
    var numbers: [UInt32] = []
    for pair in pairs {
      numbers.removeAll(keepingCapacity: true)
      let rest = labels.collect(pair, from: 0, limit: Self.seriesToDecide, into: &numbers)
      if numbers.contains(where: { hasSample($0, from, through) }) {
        used.append(pair)
      } else if rest != nil {
        undecided.append(pair)
      }
    }
    return next
  }

  /// Whether the series lives and has a sample in the range.
  mutating func hasSample(_ number: UInt32, _ from: Int64, _ through: Int64) -> Bool {
    guard let record = live(number)?.pointee else { return false }
    return hasSample(number, record, from, through)
  }
}

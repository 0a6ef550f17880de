import FleetModel
import Synchronization

/// Which series match, and copies of their chunks: in steps that each hold the lock for a bounded time.
extension HeadStore {
  /// Series looked at between two looks at whether the task is cancelled.
  private static let seriesAtOnce = 4096
  /// Series tested under one hold of the lock: tens of microseconds.
  private static let testedAtOnce = 512

  static func pause() async throws {
    try Task.checkCancellation()
    await Task.yield()
  }

  /// The series that match. One that is made meanwhile may be missed.
  func match(_ matchers: [CompiledMatcher]) async throws -> SeriesMatch {
    let issued = state.withLock { $0.series.issued }
    var (numbers, tests) = try CandidateSearch(self).run(matchers)
    numbers.removeAll { $0 >= issued }
    if !tests.isEmpty {
      var accepted: [UInt32] = []
      var index = 0
      while index < numbers.count {
        let end = min(numbers.count, index + Self.testedAtOnce)
        state.withLock { state in
          for number in numbers[index..<end] {
            guard let record = state.live(number)?.pointee else { continue }
            if tests.accept(state.pairNumbers(of: record)) { accepted.append(number) }
          }
        }
        index = end
        if index % Self.seriesAtOnce == 0 { try await Self.pause() }
      }
      numbers = accepted
    }
    return SeriesMatch(try await labelled(numbers), issued: issued)
  }

  /// Adds the series that were made since.
  ///
  /// - Returns: `false` if they are so many that finding all anew costs less.
  func update(_ match: inout SeriesMatch, _ matchers: [CompiledMatcher]) async throws -> Bool {
    let issued = state.withLock { $0.series.issued }
    guard issued > match.issued else { return true }
    guard issued - match.issued <= 128 + 4 * match.count else { return false }
    var numbers: [UInt32] = []
    var next = match.issued
    while next < issued {
      let end = min(issued, next + Self.testedAtOnce)
      state.withLock { state in
        for index in next..<end {
          let number = UInt32(truncatingIfNeeded: index)
          if let record = state.live(number)?.pointee, state.isMatch(record, matchers) { numbers.append(number) }
        }
      }
      next = end
    }
    if !numbers.isEmpty { match.add(try await labelled(numbers)) }
    match.issued = issued
    return true
  }

  /// The series with their labels, sorted; those that are gone are left out.
  private func labelled(_ numbers: [UInt32]) async throws -> [(labels: LabelSet, number: UInt32)] {
    let known = matches.labels(of: numbers)
    var found: [(labels: LabelSet, number: UInt32)] = []
    var fresh: [(labels: LabelSet, number: UInt32)] = []
    found.reserveCapacity(numbers.count)
    var index = 0
    while index < numbers.count {
      let end = min(numbers.count, index + Self.testedAtOnce)
      state.withLock { state in
        for place in index..<end {
          if let labels = known[place] {
            found.append((labels, numbers[place]))
          } else if let record = state.live(numbers[place])?.pointee {
            let labels = LabelSet(canonicalEncoding: state.encodedLabels(of: record))
            found.append((labels, numbers[place]))
            fresh.append((labels, numbers[place]))
          }
        }
      }
      index = end
      if index % Self.seriesAtOnce == 0 { try await Self.pause() }
    }
    if !fresh.isEmpty { matches.remember(fresh, series: state.withLock { $0.liveSeries }) }
    // Series mostly come in the order of their labels, instance by instance.
    if !zip(found, found.dropFirst()).allSatisfy({ LabelSet.precedes($0.labels, $1.labels) }) {
      found.sort { LabelSet.precedes($0.labels, $1.labels) }
    }
    return found
  }

  /// The chunks of each row that may have samples in `from ... through`.
  ///
  /// - Parameter isLatest: no more than the last sample of each row is wanted.
  func copyChunks(
    _ match: SeriesMatch, _ from: Int64, _ through: Int64, isLatest: Bool
  ) async throws -> ChunkCopies {
    let copies = ChunkCopies(rows: match.count, isLatest: isLatest)
    var row = 0
    while row < match.count {
      let pause = row + Self.seriesAtOnce
      while row < min(match.count, pause) {
        let start = row
        row = state.withLock { $0.copy(match.numbers, from: start, from, through, into: copies) }
      }
      if row < match.count { try await Self.pause() }
    }
    return copies
  }
}

extension HeadState {
  /// Whether every matcher lets a series pass. O(matchers × labels).
  func isMatch(_ record: SeriesRecord, _ matchers: [CompiledMatcher]) -> Bool {
    for matcher in matchers {
      var value: UnsafeBufferPointer<UInt8>?
      if let name = labels.number(ofName: matcher.name) {
        for pair in pairNumbers(of: record) where labels.pairs.pointer(pair)?.pointee.name == name {
          value = labels.value(pair)
        }
      }
      guard matcher.accepts(value) else { return false }
    }
    return true
  }
}

import FleetModel
import Synchronization

/// Remembers which series matched: rules and dashboards ask the same again and again, and finding, sorting and spelling out
/// thousands of series takes longer than reading their samples.
///
/// A series' labels never change and its number is never given again, so what was found stays true; series that were made since
/// are looked at when the question comes again. The list of blocks is part of the question.
final class SeriesMatches: Sendable {
  struct Question: Hashable {
    var matchers: [LabelMatcher]
    /// Numbers of the blocks' files.
    var blocks: [UInt64] = []
  }

  private struct Entry {
    var match: SeriesMatch
    var lastUse: UInt64
  }

  private struct State {
    var entries: [Question: Entry] = [:]
    /// Of all entries.
    var rows = 0
    var uses: UInt64 = 0
    /// Labels of series of the head, so that several answers share them.
    var labels: [UInt32: LabelSet] = [:]
  }

  /// So many rows are remembered however few series there are: some hundred kilobytes.
  private static let leastRows = 16_384

  private let state = Mutex(State())

  func match(_ question: Question) -> SeriesMatch? {
    state.withLock { state in
      guard let index = state.entries.index(forKey: question) else { return nil }
      state.uses += 1
      state.entries.values[index].lastUse = state.uses
      return state.entries.values[index].match
    }
  }

  /// - Parameter series: of the head. A few times as many rows are kept, those that were used last.
  func remember(_ match: SeriesMatch, for question: Question, series: Int) {
    let limit = Self.leastRows + 4 * series
    let weight = Self.weight(match, question)
    guard weight <= limit / 2 else { return forget(question) }
    state.withLock { state in
      state.uses += 1
      let entry = Entry(match: match, lastUse: state.uses)
      if let old = state.entries.updateValue(entry, forKey: question) { state.rows -= Self.weight(old.match, question) }
      state.rows += weight
      guard state.rows > limit else { return }
      for (question, entry) in state.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
        if state.rows <= limit * 3 / 4 { break }
        state.entries[question] = nil
        state.rows -= Self.weight(entry.match, question)
      }
    }
  }

  func forget(_ question: Question) {
    state.withLock { state in
      if let old = state.entries.removeValue(forKey: question) { state.rows -= Self.weight(old.match, question) }
    }
  }

  /// In rows, each some 16 bytes. An entry without rows takes memory too, and so does the question's text.
  private static func weight(_ match: SeriesMatch, _ question: Question) -> Int {
    let text = question.matchers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    return match.count * (1 + question.blocks.count / 4) + 16 + (text + question.blocks.count * 8) / 16
  }

  // MARK: Labels

  /// The labels of those series of the head that are known, in their order.
  func labels(of numbers: [UInt32]) -> [LabelSet?] {
    state.withLock { state in numbers.map { state.labels[$0] } }
  }

  func remember(_ labels: [(labels: LabelSet, number: UInt32)], series: Int) {
    state.withLock { state in
      if state.labels.count + labels.count > Self.leastRows + series { state.labels = [:] }
      guard labels.count <= Self.leastRows + series else { return }
      for one in labels { state.labels[one.number] = one.labels }
    }
  }
}

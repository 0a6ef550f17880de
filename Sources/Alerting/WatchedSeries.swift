import AlertLogic
import FleetModel

/// One series that at least one rule watches.
struct WatchedSeries: Sendable {
  struct Member: Sendable {
    let rule: Int
    let terms: SeriesTerms
    var machine: SeriesMachine
    /// The deadline that stands for it in the heap; `nil` if none does.
    var scheduled: Timestamp?
  }

  let token: UInt32
  let labels: LabelSet
  /// The generation for which its rules were looked up.
  var generation: UInt64
  var lastArrival: Timestamp
  var isStale = false
  var members: [Member] = []
  /// The absence pairs it belongs to.
  var pairs: [UInt32] = []

  var isQuiet: Bool { members.allSatisfy { $0.machine.lifecycle.phase == .inactive } }
}

/// One metric of one agent under one absence rule.
struct AbsencePair: Sendable {
  struct Key: Hashable, Sendable {
    var rule: Int
    var agent: String
    var metric: String
  }

  let key: Key
  let terms: AbsenceTerms
  var machine: AbsenceMachine
  var scheduled: Timestamp?
}

/// What an active alert belongs to.
enum AlertOwner: Hashable, Sendable {
  case series(token: UInt32, rule: Int)
  case absence(pair: UInt32)
  case health(agent: String)
  case expression(ExpressionOwner)
}

/// Numbered series: found by number and by labels, scanned in order, without gaps for long.
///
/// A number is never used again while the engine lives (unless 2³² were given out), so an old one that somebody still holds
/// can be told from a new one.
struct SeriesTable: Sendable {
  private(set) var series: ContiguousArray<WatchedSeries> = []
  private var positions: [UInt32: Int] = [:]
  private var tokens: [LabelSet: UInt32] = [:]
  private var next: UInt32 = 0

  var count: Int { series.count }

  @inline(__always)
  func position(of token: UInt32) -> Int? { positions[token] }

  func position(of labels: LabelSet) -> Int? { tokens[labels].flatMap { positions[$0] } }

  subscript(position: Int) -> WatchedSeries {
    _read { yield series[position] }
    _modify { yield &series[position] }
  }

  /// - Returns: the position of the new series.
  mutating func insert(_ labels: LabelSet, generation: UInt64, at now: Timestamp) -> Int {
    while positions[next] != nil { next &+= 1 }
    let token = next
    next &+= 1
    series.append(WatchedSeries(token: token, labels: labels, generation: generation, lastArrival: now))
    positions[token] = series.count - 1
    tokens[labels] = token
    return series.count - 1
  }

  /// Takes out the series; the last one moves to its position.
  mutating func remove(at position: Int) {
    let gone = series[position]
    positions[gone.token] = nil
    tokens[gone.labels] = nil
    let last = series.removeLast()
    if position < series.count {
      series[position] = last
      positions[last.token] = position
    }
  }
}

import FleetModel

/// Tokens that a span states of work whose own spans are in another trace, because the context was lost on the way.
///
/// Within a trace the innermost span counts (``TraceTree/usagePositions``). A span that sums up (of an agent, a workflow or a tool) with
/// nothing below it may have lost what was below it: where another trace of its conversation has spans with tokens that ran
/// within its time, those count in its place. As within a trace, what it states beyond theirs is not counted.
struct RepeatedUsage: Sendable {
  /// One span's tokens, as a ledger enters them.
  struct Usage: Sendable {
    var agent: String
    var model: String
    var conversation: String
    var tokens: TokenUsage
    var cost: Double?
  }

  private struct Place: Sendable {
    var start: Int64
    var end: Int64
    var trace: TraceID
    var isSum: Bool

    var length: Int64 { end - start }

    static func isBefore(_ left: Place, _ right: Place) -> Bool {
      (left.start, left.end, left.trace) < (right.start, right.end, right.trace)
    }
  }

  private struct Sum: Sendable {
    var conversation: NameID
    var place: Place
    var usage: Usage
  }

  /// Nanoseconds by which the clocks of two processes may differ.
  static let skew: Int64 = 100_000_000
  /// Spans that are kept; those that come later are not recognised.
  static let limit = 500_000
  /// How many spans are looked at for one that sums up.
  private static let scanLimit = 1_000

  private var places: [NameID: [Place]] = [:]
  private var sums: [Sum] = []
  private var count = 0

  /// Whether spans of this kind state the sum of what is below them.
  static func sumsUp(_ operation: String) -> Bool {
    switch operation {
    case "invoke_agent", "create_agent", "invoke_workflow", "execute_tool": true
    default: false
    }
  }

  /// - Returns: whether the span is kept here for ``counted()`` to decide upon; else it counts.
  mutating func keeps(_ span: CorrectedSpan, of trace: TraceID, isSum: Bool, conversation: NameID, _ usage: Usage)
    -> Bool
  {
    guard !conversation.isNone, count < Self.limit else { return false }
    count += 1
    let place = Place(start: span.start, end: span.end, trace: trace, isSum: isSum)
    places[conversation, default: []].append(place)
    if isSum { sums.append(Sum(conversation: conversation, place: place, usage: usage)) }
    return isSum
  }

  /// Those that were kept and count, as nothing elsewhere counts in their place.
  func counted() -> [Usage] {
    guard !sums.isEmpty else { return [] }
    var sorted: [NameID: [Place]] = [:]
    for conversation in Set(sums.map(\.conversation)) {
      sorted[conversation] = places[conversation]?.sorted(by: Place.isBefore)
    }
    return sums.filter { !Self.isRepeated($0.place, sorted[$0.conversation] ?? []) }.map(\.usage)
  }

  private static func isRepeated(_ sum: Place, _ places: [Place]) -> Bool {
    let earliest = sum.start - skew
    let latest = ClockSkew.shifted(sum.end, by: skew)
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].start < earliest { low = middle + 1 } else { high = middle }
    }
    return places[low...].prefix(scanLimit).contains { other in
      guard other.trace != sum.trace, other.start <= latest, other.end <= latest else { return false }
      // Of two sums the outer one is the repetition; of two alike one counts.
      return !other.isSum || other.length < sum.length || (other.length == sum.length && other.trace < sum.trace)
    }
  }
}

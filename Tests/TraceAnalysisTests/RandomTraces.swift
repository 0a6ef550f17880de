import FleetModel
import TestSupport
import TraceAnalysis

/// Traces of all shapes from a seed.
struct RandomTraces {
  let random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  func number(_ bound: Int) -> Int { Int(random.next() % UInt64(max(bound, 1))) }

  func chance(_ percent: Int) -> Bool { number(100) < percent }

  func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var rest = elements
    for index in rest.indices.reversed() { rest.swapAt(index, number(index + 1)) }
    return rest
  }

  /// What a trace may have in it.
  struct Shape {
    var spans = 12
    /// Times are below this many units.
    var times = 40
    /// Nanoseconds; where a unit is small against what clocks can tell, spans may overlap a little.
    var unit: Int64 = 1
    var kinds: [SpanKind] = SpanKind.allCases
    /// Percent of spans without an end, of wrong parents, of ids that come twice.
    var oddities = 0
    var clocks = 1
    /// Percent of children that lie within their parent.
    var nested = 60
  }

  func outline(_ shape: Shape) -> TraceOutline {
    var spans: [SpanOutline] = []
    for index in 0..<1 + number(shape.spans) {
      guard let id = SpanID(rawValue: random.next() | 1) else { continue }
      let parent = index == 0 || chance(shape.oddities / 4) ? nil : spans[number(spans.count)]
      var (start, end) = (Int64(number(shape.times)) * shape.unit, Int64(number(shape.times)) * shape.unit)
      (start, end) = (min(start, end), max(start, end))
      if let parent, chance(shape.nested) {
        start = min(max(start, parent.start), parent.end)
        end = min(max(end, start), parent.end)
      }
      if shape.unit > 1, chance(20) { end += Int64(number(2 * Int(shape.unit))) }
      let states: [SpanState] = chance(shape.oddities) ? [.active, .lost] : [.completed, .ok, .error]
      let state = states[number(states.count)]
      var span = SpanOutline(
        spanID: id, parent: parent?.spanID.rawValue ?? 0, start: start, end: state.hasEnded ? end : start,
        agent: NameID(rawValue: Int32(number(4))), operation: NameID(rawValue: Int32(4 + number(3))),
        kind: shape.kinds[number(shape.kinds.count)], state: state)
      span.instance = NameID(rawValue: Int32(7 + number(shape.clocks)))
      if chance(30) { span.inputTokens = Int64(number(100)) }
      spans.append(span)
    }
    for _ in 0..<spans.count where chance(shape.oddities / 2) {
      let index = number(spans.count)
      switch number(4) {
      case 0: spans[index].parent = random.next() | 1
      case 1: spans[index].parent = spans[number(spans.count)].spanID.rawValue
      case 2: spans[index].parent = spans[index].spanID.rawValue
      default:
        var copy = spans[index]
        copy.end += Int64(number(5))
        spans.append(copy)
      }
    }
    return TraceOutline(traceID: DrawnTrace.traceID, spans: shuffled(spans))
  }

  /// Shapes that take turns.
  static func shape(_ seed: UInt64) -> Shape {
    var shape = Shape()
    switch seed % 5 {
    case 0: shape.kinds = [.internal]
    case 1:
      shape.oddities = 20
      shape.clocks = 3
    case 2:
      shape.unit = 1_000_000
      shape.times = 400
    case 3:
      shape.times = 8
      shape.spans = 20
    default: shape.nested = 95
    }
    return shape
  }
}

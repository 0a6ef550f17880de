import FleetModel

/// Shapes that a trace can have; times in nanoseconds, spans over five agents.
enum TraceForm: String, CaseIterable {
  /// Each span calls the next one.
  case chain = "a chain"
  /// The root calls all others, one after the other.
  case sequence = "a sequence"
  /// The root calls all others at random times.
  case fan = "a fan"
  /// Each span but the root is the child of a random one before it, within it.
  case random = "random"
  /// As `random`, in no order of time, each agent's clock off by up to a second.
  case skewed = "random, clocks off"

  static let names: NameTable = {
    var names = NameTable()
    for number in 0..<5 { _ = names.number(of: "agent-\(number)") }
    for number in 0..<20 { _ = names.number(of: "operation-\(number)") }
    return names
  }()

  /// SplitMix64.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  func outline(spans count: Int, seed: UInt64 = 1) -> TraceOutline {
    var numbers = Numbers(state: seed)
    let day: Int64 = 1_795_392_000_000_000_000
    let whole = Int64(count) * 2_000
    var spans: [SpanOutline] = []
    spans.reserveCapacity(count)
    for index in 0..<count {
      let time = Int64(index)
      var (parent, start, end) = (0, Int64(0), whole)
      switch self {
      case .chain: (parent, start, end) = (index - 1, time, whole - time)
      case .sequence: (start, end) = index == 0 ? (0, whole) : (time * 1_000, time * 1_000 + 990)
      case .fan where index > 0:
        start = Int64.random(in: 0..<whole, using: &numbers)
        end = Int64.random(in: start...whole, using: &numbers)
      case .random where index > 0, .skewed where index > 0:
        parent = Int.random(in: 0..<index, using: &numbers)
        let (from, to) = (spans[parent].start - day, spans[parent].end - day)
        start = Int64.random(in: from...max(from, to), using: &numbers)
        end = Int64.random(in: start...max(start, to), using: &numbers)
      case .fan, .random, .skewed: break
      }
      let agent = Int32(truncatingIfNeeded: numbers.next() % 5)
      var span = SpanOutline(
        spanID: SpanID(using: &numbers), parent: index == 0 ? 0 : spans[parent].spanID.rawValue, start: day + start,
        end: day + end, agent: NameID(rawValue: agent),
        operation: NameID(rawValue: 5 + Int32(truncatingIfNeeded: numbers.next() % 20)),
        kind: index.isMultiple(of: 2) ? .client : .server, state: .completed)
      if index.isMultiple(of: 3) { span.inputTokens = 100 }
      spans.append(span)
    }
    if self == .skewed {
      let errors = (0..<5).map { _ in Int64.random(in: -1_000_000_000...1_000_000_000, using: &numbers) }
      for index in spans.indices {
        let error = errors[Int(spans[index].agent.rawValue)]
        (spans[index].start, spans[index].end) = (spans[index].start + error, spans[index].end + error)
      }
      spans.shuffle(using: &numbers)
    }
    return TraceOutline(
      traceID: TraceID(high: seed, low: 1) ?? TraceID(using: &numbers), spans: spans)
  }
}

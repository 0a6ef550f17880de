/// A regular expression as steps of a machine that is in many places at once. O(text × steps) time, O(steps) memory.
struct PatternProgram: Sendable {
  enum Step: Sendable {
    case scalar(Int)
    case split(Int, Int)
    case jump(Int)
    case assertion(PatternNode.Assertion)
    case match
  }

  private(set) var steps: [Step] = []
  private var sets: [ScalarSet] = []

  init(_ tree: PatternNode) throws(PatternError) {
    try add(tree)
    steps.append(.match)
  }

  private mutating func emit(_ step: Step) throws(PatternError) {
    guard steps.count < LabelPattern.maximumSize else {
      throw PatternError(
        problem: "the expression is too large (more than \(LabelPattern.maximumSize) steps)", offset: 0)
    }
    steps.append(step)
  }

  private mutating func add(_ node: PatternNode) throws(PatternError) {
    switch node {
    case .empty: break
    case .group(let inner, _), .reluctant(let inner): try add(inner)
    case .scalars(let set):
      if sets.last != set { sets.append(set) }
      try emit(.scalar(sets.count - 1))
    case .assertion(let assertion): try emit(.assertion(assertion))
    case .sequence(let nodes): for node in nodes { try add(node) }
    case .either(let nodes):
      var exits: [Int] = []
      for node in nodes.dropLast() {
        let split = steps.count
        try emit(.match)
        try add(node)
        exits.append(steps.count)
        try emit(.match)
        steps[split] = .split(split + 1, steps.count)
      }
      if let last = nodes.last { try add(last) }
      for exit in exits { steps[exit] = .jump(steps.count) }
    case .repeated(let inner, let least, let most):
      // An inner that writes no step makes the copies cost nothing; one is as good as many.
      let before = steps.count
      for index in 0..<least {
        try add(inner)
        if index == 0, steps.count == before { break }
      }
      guard let most else {
        let split = steps.count
        try emit(.match)
        try add(inner)
        try emit(.jump(split))
        steps[split] = .split(split + 1, steps.count)
        return
      }
      var splits: [Int] = []
      for _ in 0..<max(0, most - least) {
        splits.append(steps.count)
        try emit(.match)
        try add(inner)
      }
      for split in splits { steps[split] = .split(split + 1, steps.count) }
    }
  }

  /// Whether the whole text matches.
  func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let count = steps.count
    // Two lists of places, the mark of when a place was last listed, and the stack of places still to follow.
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count * 5 + 2) { memory in
      guard let base = memory.baseAddress else { return false }
      memory.initialize(repeating: 0)
      var run = Run(
        current: base, following: base + count, marks: base + 2 * count, stack: base + 3 * count, text: text)
      return steps.withUnsafeBufferPointer { steps in
        sets.withUnsafeBufferPointer { sets in run.matches(steps, sets) }
      }
    }
  }

  private struct Run {
    var current: UnsafeMutablePointer<UInt32>
    var following: UnsafeMutablePointer<UInt32>
    let marks: UnsafeMutablePointer<UInt32>
    /// Room for two entries a step: each split pushes two and is followed once for each position.
    let stack: UnsafeMutablePointer<UInt32>
    let text: UnsafeBufferPointer<UInt8>
    var mark: UInt32 = 0

    mutating func matches(_ steps: UnsafeBufferPointer<Step>, _ sets: UnsafeBufferPointer<ScalarSet>) -> Bool {
      var position = 0
      var count = 0
      var matched = false
      follow(0, at: 0, steps, current, &count, &matched)
      while position < text.count {
        guard count > 0 else { return false }
        let (scalar, width) = scalar(at: position)
        position += width
        var nextCount = 0
        matched = false
        mark &+= 1
        for index in 0..<count {
          let place = Int(current[index])
          if case .scalar(let set) = steps[place], sets[set].contains(scalar) {
            follow(place + 1, at: position, steps, following, &nextCount, &matched)
          }
        }
        swap(&current, &following)
        count = nextCount
      }
      return matched
    }

    /// Lists all places that are reached from `start` without reading.
    mutating func follow(
      _ start: Int, at position: Int, _ steps: UnsafeBufferPointer<Step>, _ list: UnsafeMutablePointer<UInt32>,
      _ count: inout Int, _ matched: inout Bool
    ) {
      var depth = 1
      stack[0] = UInt32(truncatingIfNeeded: start)
      while depth > 0 {
        depth -= 1
        let place = Int(stack[depth])
        guard marks[place] != mark &+ 1 else { continue }
        marks[place] = mark &+ 1
        switch steps[place] {
        case .scalar:
          list[count] = UInt32(truncatingIfNeeded: place)
          count += 1
        case .match: matched = true
        case .jump(let target):
          stack[depth] = UInt32(truncatingIfNeeded: target)
          depth += 1
        case .split(let first, let second):
          stack[depth] = UInt32(truncatingIfNeeded: second)
          stack[depth + 1] = UInt32(truncatingIfNeeded: first)
          depth += 2
        case .assertion(let assertion):
          guard holds(assertion, at: position) else { continue }
          stack[depth] = UInt32(truncatingIfNeeded: place + 1)
          depth += 1
        }
      }
    }

    private func holds(_ assertion: PatternNode.Assertion, at position: Int) -> Bool {
      switch assertion {
      case .textStart: position == 0
      case .textEnd: position == text.count
      case .lineStart: position == 0 || text[position - 1] == 0x0a
      case .lineEnd: position == text.count || text[position] == 0x0a
      case .wordBoundary: isWord(position - 1) != isWord(position)
      case .notWordBoundary: isWord(position - 1) == isWord(position)
      }
    }

    private func isWord(_ index: Int) -> Bool {
      guard index >= 0, index < text.count else { return false }
      switch text[index] {
      case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: return true
      default: return false
      }
    }

    /// The scalar at `position` and its bytes; a byte that begins none stands for U+FFFD.
    private func scalar(at position: Int) -> (UInt32, Int) {
      let first = text[position]
      if first < 0x80 { return (UInt32(first), 1) }
      let width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
      guard first >= 0xc2, first < 0xf5, position + width <= text.count else { return (0xfffd, 1) }
      var value = UInt32(first) & (0xff >> UInt32(width + 1))
      for offset in 1..<width {
        let byte = text[position + offset]
        guard byte & 0xc0 == 0x80 else { return (0xfffd, 1) }
        value = value << 6 | UInt32(byte & 0x3f)
      }
      return (value, width)
    }
  }
}

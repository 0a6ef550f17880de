/// A regular expression over label values that also tells what its groups matched: for `label_replace` and relabelling.
/// Syntax and anchoring as ``LabelPattern``. Of several ways to match it takes the one that Go's `regexp` takes.
public struct CapturingPattern: Sendable {
  /// By number of the group, from 1; `nil` for those without a name.
  public let groupNames: [String?]
  private(set) var steps: [Step] = []
  private(set) var sets: [ScalarSet] = []

  enum Step: Sendable {
    case scalar(Int)
    /// Tries the first way before the second.
    case split(Int, Int)
    case jump(Int)
    case assertion(PatternNode.Assertion)
    case save(Int)
    case match
  }

  /// - Throws: ``PatternError`` naming the place in the expression.
  public init(_ expression: String) throws(PatternError) {
    try self.init(PatternParser(expression, capturesGroups: true))
  }

  init(_ reader: PatternParser) throws(PatternError) {
    var parser = reader
    let tree = try parser.parse()
    groupNames = parser.groupNames
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
    case .scalars(let set):
      if sets.last != set { sets.append(set) }
      try emit(.scalar(sets.count - 1))
    case .assertion(let assertion): try emit(.assertion(assertion))
    case .sequence(let nodes): for node in nodes { try add(node) }
    case .group(let inner, let number):
      try emit(.save(number * 2))
      try add(inner)
      try emit(.save(number * 2 + 1))
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
    case .repeated(let inner, let least, let most): try addRepeat(inner, least, most, isReluctant: false)
    case .reluctant(.repeated(let inner, let least, let most)): try addRepeat(inner, least, most, isReluctant: true)
    case .reluctant(let inner): try add(inner)
    }
  }

  private mutating func addRepeat(
    _ inner: PatternNode, _ least: Int, _ most: Int?, isReluctant: Bool
  ) throws(PatternError) {
    if most == nil, inner.mayBeEmpty { return try addEndless(inner, least, isReluctant: isReluctant) }
    let before = steps.count
    for index in 0..<least {
      try add(inner)
      if index == 0, steps.count == before { break }
    }
    var splits: [Int] = []
    for _ in 0..<(most.map { max(0, $0 - least) } ?? 1) {
      splits.append(steps.count)
      try emit(.match)
      try add(inner)
    }
    if most == nil { try emit(.jump(splits[0])) }
    for split in splits {
      steps[split] = isReluctant ? .split(steps.count, split + 1) : .split(split + 1, steps.count)
    }
  }

  /// `x*` of what may be empty is `(x+)?`, as in Go: a round that takes nothing ends it.
  private mutating func addEndless(_ inner: PatternNode, _ least: Int, isReluctant: Bool) throws(PatternError) {
    var entry: Int?
    if least == 0 {
      entry = steps.count
      try emit(.match)
    }
    for _ in 0..<max(0, least - 1) {
      let before = steps.count
      try add(inner)
      if steps.count == before { break }
    }
    let round = steps.count
    try add(inner)
    let end = steps.count
    try emit(.match)
    steps[end] = isReluctant ? .split(end + 1, round) : .split(round, end + 1)
    if let entry { steps[entry] = isReluctant ? .split(end + 1, entry + 1) : .split(entry + 1, end + 1) }
  }

  /// What the groups matched, group 0 being the whole text; an empty text for a group that took no part. `nil` if `text`
  /// does not match. O(text × expression): no place is visited twice in the same state.
  public func captures(in text: String) -> [String]? {
    let scalars = Array(text.unicodeScalars)
    var places = [Int](repeating: -1, count: (groupNames.count + 1) * 2)
    var visited = [Bool](repeating: false, count: steps.count * (scalars.count + 1))
    /// Either a place to go on from, or (with a slot) what to restore when all after it has failed.
    var stack: [(step: Int, position: Int, slot: Int)] = [(0, 0, -1)]
    while let entry = stack.popLast() {
      if entry.slot >= 0 {
        places[entry.slot] = entry.position
        continue
      }
      var step = entry.step
      var position = entry.position
      walk: while !visited[step * (scalars.count + 1) + position] {
        visited[step * (scalars.count + 1) + position] = true
        switch steps[step] {
        case .scalar(let set):
          guard position < scalars.count, sets[set].contains(scalars[position].value) else { break walk }
          position += 1
          step += 1
        case .split(let first, let second):
          stack.append((second, position, -1))
          step = first
        case .jump(let target): step = target
        case .assertion(let assertion):
          guard Self.holds(assertion, at: position, in: scalars) else { break walk }
          step += 1
        case .save(let slot):
          stack.append((0, places[slot], slot))
          places[slot] = position
          step += 1
        case .match:
          guard position == scalars.count else { break walk }
          places[0] = 0
          places[1] = position
          return (0...groupNames.count).map { group in
            let range = places[group * 2]..<max(places[group * 2], places[group * 2 + 1])
            return range.lowerBound < 0 ? "" : String(String.UnicodeScalarView(scalars[range]))
          }
        }
      }
    }
    return nil
  }

  static func holds(
    _ assertion: PatternNode.Assertion, at position: Int, in text: [Unicode.Scalar]
  ) -> Bool {
    func isWord(_ index: Int) -> Bool {
      index >= 0 && index < text.count && ScalarSet.wordCharacters.contains(text[index].value)
    }
    switch assertion {
    case .textStart: return position == 0
    case .textEnd: return position == text.count
    case .lineStart: return position == 0 || text[position - 1] == "\n"
    case .lineEnd: return position == text.count || text[position] == "\n"
    case .wordBoundary: return isWord(position - 1) != isWord(position)
    case .notWordBoundary: return isWord(position - 1) == isWord(position)
    }
  }

  /// `template` with `$1`, `${1}`, `$name`, `${name}` replaced by what the groups matched and `$$` by `$`, as Go's
  /// `Regexp.Expand`: the longest name counts, an unknown one is empty.
  public func expand(_ template: String, _ captures: [String]) -> String {
    var result = ""
    var rest = Substring(template).unicodeScalars
    while let scalar = rest.popFirst() {
      guard scalar == "$" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      if rest.first == "$" {
        rest.removeFirst()
        result += "$"
        continue
      }
      var body = rest
      let isBraced = body.first == "{"
      if isBraced { body.removeFirst() }
      let name = body.prefix { ScalarSet.wordCharacters.contains($0.value) }
      body = body.dropFirst(name.count)
      guard !name.isEmpty, !isBraced || body.popFirst() == "}" else {
        result += "$"
        continue
      }
      rest = body
      result += value(of: String(name), captures)
    }
    return result
  }

  private func value(of name: String, _ captures: [String]) -> String {
    if let number = Int(name) { return captures.indices.contains(number) ? captures[number] : "" }
    for (index, groupName) in groupNames.enumerated() where groupName == name {
      if !captures[index + 1].isEmpty { return captures[index + 1] }
    }
    return ""
  }
}

/// A regular expression looked for anywhere in a text: Go's `regexp` as it is, where `.` does not match a line feed and
/// nothing is anchored. What it does not support is what ``LabelPattern`` does not.
///
/// All ways to match go forward side by side, in the order in which Go prefers them (R. Pike's machine,
/// <https://swtch.com/~rsc/regexp/regexp2.html>).
public struct SearchPattern: Sendable {
  private let pattern: CapturingPattern

  /// Steps of all ways together that a search takes at most.
  public static let maximumWork = 2_000_000

  /// - Throws: ``PatternError`` naming the place in the expression.
  public init(_ expression: String) throws(PatternError) {
    pattern = try CapturingPattern(PatternParser(expression, capturesGroups: true, dotMatchesLineFeed: false))
  }

  /// Whether it matches anywhere in `text`.
  ///
  /// - Throws: ``PatternError`` where that takes more than ``maximumWork`` steps.
  public func matches(_ text: String) throws(PatternError) -> Bool {
    var work = 0
    return try firstMatch(in: Array(text.unicodeScalars), from: 0, &work) != nil
  }

  /// `text` with every match replaced, as Go's `ReplaceAllString`: `$1` and `${name}` in the replacement are what the
  /// groups matched.
  ///
  /// - Parameter limit: bytes of the result.
  /// - Throws: ``PatternError`` where that takes more than ``maximumWork`` steps or the result is too long.
  public func replacing(
    in text: String, with replacement: String, limit: Int = 1 << 20
  ) throws(PatternError) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = ""
    var copied = 0
    var start = 0
    var work = 0
    while start <= scalars.count, let places = try firstMatch(in: scalars, from: start, &work) {
      let (begin, end) = (places[0], places[1])
      result += Self.text(scalars, copied, begin)
      // An empty match right behind another match is none.
      if end > copied || begin == 0 {
        let groups = stride(from: 0, to: places.count, by: 2).map { Self.text(scalars, places[$0], places[$0 + 1]) }
        result += pattern.expand(replacement, groups)
      }
      if result.utf8.count > limit {
        throw PatternError(problem: "the result is longer than \(limit) bytes", offset: 0)
      }
      copied = end
      start = end > start ? end : start + 1
    }
    return result + Self.text(scalars, copied, scalars.count)
  }

  private static func text(_ scalars: [Unicode.Scalar], _ begin: Int, _ end: Int) -> String {
    guard begin >= 0, begin < end else { return "" }
    return String(String.UnicodeScalarView(scalars[begin..<end]))
  }

  private typealias Way = (step: Int, places: [Int])

  /// Where the first match and its groups begin and end, in pairs; -1 for groups that took no part.
  private func firstMatch(
    in text: [Unicode.Scalar], from start: Int, _ work: inout Int
  ) throws(PatternError) -> [Int]? {
    let empty = [Int](repeating: -1, count: (pattern.groupNames.count + 1) * 2)
    var match: [Int]?
    var ways: [Way] = []
    work += pattern.steps.count
    var seenAt = [Int](repeating: -1, count: pattern.steps.count)
    for position in start...max(start, text.count) {
      if match == nil {
        var places = empty
        places[0] = position
        follow((0, places), at: position, in: text, &ways, &seenAt)
      } else if ways.isEmpty {
        break
      }
      work += ways.count + 1
      if work > Self.maximumWork {
        throw PatternError(problem: "matching takes more than \(Self.maximumWork) steps", offset: 0)
      }
      var next: [Way] = []
      for way in ways {
        if case .match = pattern.steps[way.step] {
          var places = way.places
          places[1] = position
          match = places
          // What follows was less preferred.
          break
        }
        guard case .scalar(let set) = pattern.steps[way.step], position < text.count,
          pattern.sets[set].contains(text[position].value)
        else { continue }
        follow((way.step + 1, way.places), at: position + 1, in: text, &next, &seenAt)
      }
      ways = next
    }
    return match
  }

  /// Adds the places that `way` gets to without taking a scalar, the preferred first.
  private func follow(
    _ way: Way, at position: Int, in text: [Unicode.Scalar], _ ways: inout [Way], _ seenAt: inout [Int]
  ) {
    var stack = [way]
    while var way = stack.popLast() {
      while seenAt[way.step] != position {
        seenAt[way.step] = position
        switch pattern.steps[way.step] {
        case .jump(let target): way.step = target
        case .split(let first, let second):
          stack.append((second, way.places))
          way.step = first
        case .save(let slot):
          way.places[slot] = position
          way.step += 1
        case .assertion(let assertion):
          guard CapturingPattern.holds(assertion, at: position, in: text) else { continue }
          way.step += 1
        case .scalar, .match: ways.append(way)
        }
      }
    }
  }
}

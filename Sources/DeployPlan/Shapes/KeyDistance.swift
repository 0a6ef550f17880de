/// Finds the key that a misspelt one was meant to be.
enum KeyDistance {
  /// The nearest of `known`, if it is near enough to be what was meant: `env` is `environment`, `timeout` is
  /// `collection_timeout`. The first in order among equals.
  static func nearest(to key: String, among known: [String]) -> String? {
    guard key.utf8.count <= 64 else { return nil }
    let spelled = normalized(key)
    if let same = known.first(where: { normalized($0) == spelled }) { return same }
    // Among equally near ones that of the same letters: "=>" was meant to be ">=", not "==".
    let ranked = known.map { key in
      let letters = normalized(key)
      return (key: key, distance: distance(spelled, letters), strange: letters.sorted() == spelled.sorted() ? 0 : 1)
    }
    let best = ranked.min { ($0.distance, $0.strange, $0.key) < ($1.distance, $1.strange, $1.key) }
    guard let best else { return nil }
    if best.distance <= 1 { return best.key }
    // A word of several keys (`replicas`) could be any of them; an unlucky guess would mislead.
    let holding = known.filter { $0.split(separator: "_").contains { $0 == key } }
    if !holding.isEmpty { return holding.count == 1 ? holding.first : nil }
    let beginning = key.utf8.count >= 3 ? known.filter { $0.hasPrefix(key) } : []
    if beginning.count == 1 { return beginning.first }
    return best.distance <= max(spelled.count, best.key.utf8.count) / 3 ? best.key : nil
  }

  /// Lower case without `_`, `-` and blanks: `agentId`, `agent-id` and `agent_id` are the same word.
  private static func normalized(_ key: String) -> [UInt8] {
    key.utf8.filter { $0 != 95 && $0 != 45 && $0 != 32 }.map { (65...90).contains($0) ? $0 + 32 : $0 }
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment, the restricted form of F.
  /// J. Damerau's distance, CACM 7(3), 1964). O(left × right).
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for (row, leftByte) in left.enumerated() {
      var current = [Int](repeating: row + 1, count: right.count + 1)
      for (column, rightByte) in right.enumerated() {
        var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (leftByte == rightByte ? 0 : 1))
        if row > 0, column > 0, leftByte == right[column - 1], left[row - 1] == rightByte {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current[column + 1] = best
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}

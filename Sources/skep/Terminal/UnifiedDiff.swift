/// The difference of two texts as `diff -u` writes it.
enum UnifiedDiff {
  private static let context = 3

  private enum Line {
    case same(Substring)
    case removed(Substring)
    case added(Substring)
  }

  /// - Parameters:
  ///   - old: `nil` for a file that is not there.
  ///   - new: `nil` for a file that is to go.
  /// - Returns: the empty text where both are the same.
  static func text(_ old: String?, _ new: String?, path: String) -> String {
    let lines = lines(old ?? "", new ?? "")
    let changed = lines.indices.filter { if case .same = lines[$0] { false } else { true } }
    guard !changed.isEmpty else { return "" }
    var text = "--- \(old == nil ? "/dev/null" : "a/\(path)")\n+++ \(new == nil ? "/dev/null" : "b/\(path)")\n"
    // Line numbers before each line of the script.
    var numbers: [(old: Int, new: Int)] = []
    var number = (old: 1, new: 1)
    for line in lines {
      numbers.append(number)
      switch line {
      case .same: number = (number.old + 1, number.new + 1)
      case .removed: number.old += 1
      case .added: number.new += 1
      }
    }
    var next = 0
    while next < changed.count {
      var last = next
      while last + 1 < changed.count, changed[last + 1] - changed[last] <= 2 * context { last += 1 }
      let range = max(0, changed[next] - context)..<min(lines.count, changed[last] + context + 1)
      append(lines[range], at: numbers[range.lowerBound], to: &text)
      next = last + 1
    }
    return text
  }

  private static func append(_ lines: ArraySlice<Line>, at start: (old: Int, new: Int), to text: inout String) {
    var counts = (old: 0, new: 0)
    var body = ""
    for line in lines {
      switch line {
      case .same(let content):
        counts = (counts.old + 1, counts.new + 1)
        body += " \(content)\n"
      case .removed(let content):
        counts.old += 1
        body += "-\(content)\n"
      case .added(let content):
        counts.new += 1
        body += "+\(content)\n"
      }
    }
    // An empty range is named by the line before it.
    let old = counts.old == 0 ? start.old - 1 : start.old
    let new = counts.new == 0 ? start.new - 1 : start.new
    text += "@@ -\(old),\(counts.old) +\(new),\(counts.new) @@\n" + body
  }

  private static func lines(_ old: String, _ new: String) -> [Line] {
    let before = split(old)
    let after = split(new)
    let difference = after.difference(from: before)
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var script: [Line] = []
    var left = 0
    var right = 0
    while left < before.count || right < after.count {
      if removed.contains(left) {
        script.append(.removed(before[left]))
        left += 1
      } else if added.contains(right) {
        script.append(.added(after[right]))
        right += 1
      } else {
        script.append(.same(before[left]))
        left += 1
        right += 1
      }
    }
    return script
  }

  private static func split(_ text: String) -> [Substring] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}

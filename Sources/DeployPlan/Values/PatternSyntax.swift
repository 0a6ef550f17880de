/// A check of regular expressions as RE2 takes them (<https://github.com/google/re2/wiki/Syntax>).
///
/// Brackets, groups, repetitions and escapes are checked, and what RE2 lacks (look-around, back-references) is named.
/// It is a scan, not a compiler: linear, without recursion.
enum PatternSyntax {
  static func flaw(in pattern: String) -> Flaw? {
    if pattern.utf8.count > 4096 { return Flaw("is longer than 4096 characters") }
    var scan = Scan(scalars: Array(pattern.unicodeScalars))
    return scan.run()
  }

  private struct Scan {
    let scalars: [Unicode.Scalar]
    var index = 0
    var openGroups = 0
    /// Whether something stands before that may be repeated.
    var repeatable = false

    private func scalar(at index: Int) -> Unicode.Scalar? { scalars.indices.contains(index) ? scalars[index] : nil }

    mutating func run() -> Flaw? {
      while let scalar = scalar(at: index) {
        if let flaw = step(scalar) { return flaw }
      }
      return openGroups > 0 ? Flaw("lacks a \")\"") : nil
    }

    private mutating func step(_ scalar: Unicode.Scalar) -> Flaw? {
      switch scalar {
      case "\\": return escape()
      case "[": return bracket()
      case "(": return openGroup()
      case ")":
        if openGroups == 0 { return Flaw("has a \")\" without its \"(\"", mend: "write \\) for the character itself") }
        openGroups -= 1
        repeatable = true
      case "*", "+", "?":
        if !repeatable {
          return Flaw("has a \"\(scalar)\" with nothing to repeat", mend: "write .\(scalar) or \\\(scalar)")
        }
        index += 1
        if self.scalar(at: index) == "?" { index += 1 }
        repeatable = false
        return nil
      case "{": return braces()
      case "|": repeatable = false
      default: repeatable = true
      }
      index += 1
      return nil
    }

    private mutating func escape() -> Flaw? {
      guard let next = scalar(at: index + 1) else { return Flaw("ends in a lone \"\\\"", mend: "write \\\\") }
      if ("1"..."9").contains(next) { return Flaw("has a back-reference, which RE2 lacks") }
      if next == "Q" {
        index += 2
        while let scalar = scalar(at: index), !(scalar == "\\" && self.scalar(at: index + 1) == "E") { index += 1 }
        index += 2
        repeatable = true
        return nil
      }
      let letters = "aftnrvxpPdDsSwWAbBzQEC0"
      let isLetter = ("a"..."z").contains(next) || ("A"..."Z").contains(next)
      if isLetter, !letters.unicodeScalars.contains(next) {
        return Flaw("has the unknown escape \"\\\(next)\"", mend: "write \(next), or \\\\ for a backslash")
      }
      index += 2
      repeatable = true
      return nil
    }

    private mutating func bracket() -> Flaw? {
      var position = index + 1
      if scalar(at: position) == "^" { position += 1 }
      if scalar(at: position) == "]" { position += 1 }
      while let scalar = scalar(at: position), scalar != "]" {
        if scalar == "[", self.scalar(at: position + 1) == ":" {
          guard let close = scalars[(position + 2)...].firstIndex(of: "]") else { break }
          position = close + 1
          continue
        }
        if scalar == "\\" {
          position += 2
          continue
        }
        if self.scalar(at: position + 1) == "-", let last = self.scalar(at: position + 2), last != "]", last != "\\",
          last < scalar
        {
          return Flaw("has the range \(scalar)-\(last), which runs backwards")
        }
        position += 1
      }
      guard scalar(at: position) == "]" else {
        return Flaw("lacks a \"]\"", mend: "write \\[ for the character itself")
      }
      index = position + 1
      repeatable = true
      return nil
    }

    private mutating func openGroup() -> Flaw? {
      openGroups += 1
      if openGroups > 500 { return Flaw("nests more than 500 groups") }
      repeatable = false
      index += 1
      guard scalar(at: index) == "?" else { return nil }
      index += 1
      let next = scalar(at: index)
      let after = scalar(at: index + 1)
      if next == "=" || next == "!" || next == "<" && (after == "=" || after == "!") {
        return Flaw("has a look-around, which RE2 lacks")
      }
      while let scalar = scalar(at: index), scalar != ":", scalar != ")", scalar != ">" { index += 1 }
      guard let end = scalar(at: index) else { return Flaw("lacks a \")\"") }
      if end != ")" { index += 1 }
      return nil
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else in braces is text.
    private mutating func braces() -> Flaw? {
      var position = index + 1
      var numbers: [Int] = []
      var digits = ""
      var commas = 0
      while let scalar = scalar(at: position), scalar != "}" {
        if ("0"..."9").contains(scalar) {
          digits.unicodeScalars.append(scalar)
        } else if scalar == ",", commas == 0 {
          commas = 1
          numbers.append(Int(digits) ?? (digits.isEmpty ? -1 : Int.max))
          digits = ""
        } else {
          numbers = [-1]
          break
        }
        position += 1
      }
      let isClosed = scalar(at: position) == "}"
      if !digits.isEmpty { numbers.append(Int(digits) ?? Int.max) }
      guard isClosed, let first = numbers.first, first >= 0 else {
        index += 1
        repeatable = true
        return nil
      }
      if !repeatable { return Flaw("has a repetition with nothing to repeat") }
      let most = numbers.max() ?? 0
      if most > 1000 { return Flaw("repeats more than 1000 times, which RE2 refuses") }
      if numbers.count == 2, numbers[1] < first {
        return Flaw("repeats from \(first) to \(numbers[1]), which runs backwards")
      }
      index = position + 1
      repeatable = false
      return nil
    }
  }
}

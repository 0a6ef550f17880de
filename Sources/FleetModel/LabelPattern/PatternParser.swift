/// Reads RE2's syntax (<https://github.com/google/re2/wiki/Syntax>).
struct PatternParser {
  private struct Flags {
    var ignoresCase = false
    var multiline = false
    var dotMatchesLineFeed: Bool
    /// `(?U)` swaps which operator is lazy: of no meaning for whole matches.
    var ungreedy = false
  }

  /// Groups may nest this deep, as in Go.
  private static let maximumDepth = 1000
  private static let maximumRepeat = 1000

  private let text: [Unicode.Scalar]
  private var position = 0
  private var flags: Flags
  private var depth = 0
  /// Between `\Q` and `\E`.
  private var isQuoted = false

  private let capturesGroups: Bool
  /// By number of the group, from 1; `nil` for those without a name.
  private(set) var groupNames: [String?] = []

  /// - Parameter dotMatchesLineFeed: Prometheus compiles `^(?s:…)$` for labels.
  init(_ expression: String, capturesGroups: Bool = false, dotMatchesLineFeed: Bool = true) {
    text = Array(expression.unicodeScalars)
    flags = Flags(dotMatchesLineFeed: dotMatchesLineFeed)
    self.capturesGroups = capturesGroups
  }

  mutating func parse() throws(PatternError) -> PatternNode {
    let node = try alternatives()
    if position < text.count { throw error("unexpected )") }
    return node
  }

  private func error(_ problem: String, at offset: Int? = nil) -> PatternError {
    PatternError(problem: problem, offset: offset ?? position)
  }

  private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  private mutating func alternatives() throws(PatternError) -> PatternNode {
    var nodes = [try sequence()]
    while take("|") { nodes.append(try sequence()) }
    return nodes.count == 1 ? nodes[0] : .either(nodes)
  }

  private mutating func sequence() throws(PatternError) -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = next, isQuoted || (scalar != "|" && scalar != ")") {
      let start = position
      if isQuoted {
        position += 1
        let node = literal(scalar)
        isQuoted = !takeQuoteEnd()
        nodes.append(isQuoted ? node : try repeats(of: node, from: start))
        continue
      }
      let atom = try atom()
      let node = try repeats(of: atom, from: start)
      switch node {
      case .empty: break
      case .sequence(let inner): nodes += inner
      default: nodes.append(node)
      }
    }
    if nodes.isEmpty { return .empty }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private mutating func takeQuoteEnd() -> Bool {
    guard next == "\\", position + 1 < text.count, text[position + 1] == "E" else { return false }
    position += 2
    return true
  }

  private mutating func repeats(of atom: PatternNode, from start: Int) throws(PatternError) -> PatternNode {
    var node = atom
    var operators = 0
    while let scalar = next {
      let bounds: (Int, Int?)
      let operatorStart = position
      switch scalar {
      case "*": bounds = (0, nil)
      case "+": bounds = (1, nil)
      case "?": bounds = (0, 1)
      case "{":
        guard let counted = try count() else { return node }
        bounds = counted
        position -= 1
      default: return node
      }
      position += 1
      let isReluctant = take("?") != flags.ungreedy
      operators += 1
      if operators > 1 { throw error("a repeat of a repeat; put the first into a group", at: operatorStart) }
      node = .repeated(node, bounds.0, bounds.1)
      if isReluctant, capturesGroups { node = .reluctant(node) }
    }
    return node
  }

  /// Reads `{n}`, `{n,}`, `{n,m}`; anything else beginning with `{` is literal text, as in RE2.
  private mutating func count() throws(PatternError) -> (Int, Int?)? {
    let start = position
    position += 1
    guard let least = number() else {
      position = start
      return nil
    }
    var most: Int? = least
    if take(",") { most = next == "}" ? nil : number() ?? -1 }
    guard most != -1, take("}") else {
      position = start
      return nil
    }
    if least > Self.maximumRepeat || (most ?? 0) > Self.maximumRepeat {
      throw error("a repeat of more than \(Self.maximumRepeat) times", at: start)
    }
    if let most, most < least { throw error("a repeat with its bounds reversed", at: start) }
    return (least, most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = next, ("0"..."9").contains(scalar) {
      value = min((value ?? 0) * 10 + Int(scalar.value - 48), 100_000)
      position += 1
    }
    return value
  }

  private mutating func atom() throws(PatternError) -> PatternNode {
    let start = position
    guard let scalar = next else { return .empty }
    position += 1
    switch scalar {
    case "(": return try group(from: start)
    case "[": return .scalars(try characterClass(from: start))
    case ".": return .scalars(flags.dotMatchesLineFeed ? .everything : ScalarSet.lineFeed.inverted)
    case "^": return .assertion(flags.multiline ? .lineStart : .textStart)
    case "$": return .assertion(flags.multiline ? .lineEnd : .textEnd)
    case "\\": return try escape(from: start)
    case "*", "+", "?": throw error("nothing to repeat", at: start)
    case "{":
      position = start
      if try count() != nil { throw error("nothing to repeat", at: start) }
      position = start + 1
      return literal(scalar)
    default: return literal(scalar)
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> PatternNode {
    .scalars(ScalarSet(scalar, ignoringCase: flags.ignoresCase))
  }

  private mutating func group(from start: Int) throws(PatternError) -> PatternNode {
    let outer = flags
    var isCapturing = true
    var name: String?
    if take("?") {
      if take("P") {
        guard take("<") else { throw error("(?P without a name", at: start) }
        name = try groupName(from: start)
      } else if take("<") {
        if next == "=" || next == "!" { throw error("look-behind is not supported", at: start) }
        name = try groupName(from: start)
      } else if next == "=" || next == "!" {
        throw error("look-ahead is not supported", at: start)
      } else if try readFlags(from: start) {
        return .empty
      } else {
        isCapturing = false
      }
    }
    if isCapturing { groupNames.append(name) }
    let number = groupNames.count
    depth += 1
    if depth > Self.maximumDepth { throw error("groups nested deeper than \(Self.maximumDepth)", at: start) }
    let inner = try alternatives()
    depth -= 1
    guard take(")") else { throw error("missing )", at: start) }
    flags = outer
    return capturesGroups && isCapturing ? .group(inner, number) : inner
  }

  private mutating func groupName(from start: Int) throws(PatternError) -> String {
    let nameStart = position
    while let scalar = next, ScalarSet.wordCharacters.contains(scalar.value) { position += 1 }
    guard position > nameStart, take(">") else { throw error("a group's name that is not a word", at: start) }
    return String(String.UnicodeScalarView(text[nameStart..<position - 1]))
  }

  /// Reads `flags)` (returns true: they hold to the end of the enclosing group) or `flags:`.
  private mutating func readFlags(from start: Int) throws(PatternError) -> Bool {
    var on = true
    while let scalar = next {
      position += 1
      switch scalar {
      case "i": flags.ignoresCase = on
      case "m": flags.multiline = on
      case "s": flags.dotMatchesLineFeed = on
      case "U": flags.ungreedy = on
      case "-":
        guard on else { throw error("two minus signs in flags", at: start) }
        on = false
      case ":": return false
      case ")": return true
      default: throw error("(?\(scalar) is not supported", at: start)
      }
    }
    throw error("missing )", at: start)
  }
}

extension PatternParser {
  private mutating func escape(from start: Int) throws(PatternError) -> PatternNode {
    switch next {
    case nil: throw error("a backslash at the end", at: start)
    case "A":
      position += 1
      return .assertion(.textStart)
    case "z":
      position += 1
      return .assertion(.textEnd)
    case "b":
      position += 1
      return .assertion(.wordBoundary)
    case "B":
      position += 1
      return .assertion(.notWordBoundary)
    case "Q":
      position += 1
      isQuoted = !takeQuoteEnd()
      return .empty
    case .some(let scalar):
      if let set = perlClass(scalar) {
        position += 1
        return .scalars(set)
      }
      return literal(try escapedScalar(from: start))
    }
  }

  private func perlClass(_ scalar: Unicode.Scalar) -> ScalarSet? {
    switch scalar {
    case "d": .digits
    case "D": ScalarSet.digits.inverted
    case "s": .spaces
    case "S": ScalarSet.spaces.inverted
    case "w": .wordCharacters
    case "W": ScalarSet.wordCharacters.inverted
    default: nil
    }
  }

  /// The scalar that an escape after the backslash stands for.
  private mutating func escapedScalar(from start: Int) throws(PatternError) -> Unicode.Scalar {
    guard let scalar = next else { throw error("a backslash at the end", at: start) }
    position += 1
    switch scalar {
    case "a": return "\u{7}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{b}"
    case "x": return try hexadecimal(from: start)
    case "0"..."7":
      // \1 to \7 alone would be a back reference; octal starts with 0 or has more digits.
      var value = scalar.value - 48
      var digits = 1
      while digits < 3, let digit = next, ("0"..."7").contains(digit) {
        value = value * 8 + digit.value - 48
        position += 1
        digits += 1
      }
      guard scalar == "0" || digits > 1, let result = Unicode.Scalar(value) else {
        throw error("back references are not supported", at: start)
      }
      return result
    case "8", "9": throw error("back references are not supported", at: start)
    case "p", "P": throw error("Unicode classes (\\\(scalar)) are not supported", at: start)
    case "C": throw error("\\C is not supported", at: start)
    default:
      guard scalar.value < 0x80, !ScalarSet.wordCharacters.contains(scalar.value) else {
        throw error("\\\(scalar) is not an escape", at: start)
      }
      return scalar
    }
  }

  private mutating func hexadecimal(from start: Int) throws(PatternError) -> Unicode.Scalar {
    var digits = ""
    if take("{") {
      while let scalar = next, scalar != "}", digits.count < 8 {
        digits.unicodeScalars.append(scalar)
        position += 1
      }
      guard take("}") else { throw error("\\x{ without }", at: start) }
    } else {
      while digits.utf8.count < 2, let scalar = next {
        digits.unicodeScalars.append(scalar)
        position += 1
      }
      guard digits.utf8.count == 2 else { throw error("\\x needs two hexadecimal digits", at: start) }
    }
    guard digits.utf8.allSatisfy({ UInt8(ascii: "+") != $0 && UInt8(ascii: "-") != $0 }),
      let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
    else { throw error("\\x\(digits) is not a character", at: start) }
    return scalar
  }

  private mutating func characterClass(from start: Int) throws(PatternError) -> ScalarSet {
    let inverted = take("^")
    var set = ScalarSet([])
    var isFirst = true
    while true {
      guard let scalar = next else { throw error("missing ]", at: start) }
      if scalar == "]", !isFirst {
        position += 1
        break
      }
      isFirst = false
      if scalar == "[", position + 1 < text.count, text[position + 1] == ":" {
        if let posix = try posixClass() {
          set = set.union(posix)
          continue
        }
      }
      if scalar == "\\", position + 1 < text.count, let perl = perlClass(text[position + 1]) {
        position += 2
        set = set.union(perl)
        continue
      }
      let low = try classMember(start)
      var high = low
      if next == "-", position + 1 < text.count, text[position + 1] != "]" {
        position += 1
        high = try classMember(start)
        guard high >= low else { throw error("a range \(low)-\(high) with its bounds reversed", at: start) }
      }
      set = set.union(ScalarSet([low.value...high.value]))
    }
    set.ignoresCase = flags.ignoresCase
    return inverted ? set.inverted : set
  }

  private mutating func classMember(_ start: Int) throws(PatternError) -> Unicode.Scalar {
    guard let scalar = next else { throw error("missing ]", at: start) }
    position += 1
    return scalar == "\\" ? try escapedScalar(from: position - 1) : scalar
  }

  private mutating func posixClass() throws(PatternError) -> ScalarSet? {
    let start = position
    var index = position + 2
    var name = ""
    while index + 1 < text.count, text[index] != ":", text[index] != "]" {
      name.unicodeScalars.append(text[index])
      index += 1
    }
    guard index + 1 < text.count, text[index] == ":", text[index + 1] == "]" else { return nil }
    position = index + 2
    let isInverted = name.hasPrefix("^")
    guard let set = ScalarSet.posix(isInverted ? String(name.dropFirst()) : name) else {
      throw error("the class [:\(name):] is not known", at: start)
    }
    return isInverted ? set.inverted : set
  }
}

import FleetModel
import Testing

@Suite struct LabelPatternTests {
  @Test(arguments: [
    ("", ["": true, "a": false]),
    ("foo", ["foo": true, "fo": false, "foobar": false, "xfoo": false]),
    ("foo|bar|", ["foo": true, "bar": true, "": true, "fo": false]),
    ("foo|foobar", ["foo": true, "foobar": true, "foob": false]),
    ("(foo|bar)baz", ["foobaz": true, "barbaz": true, "baz": false]),
    ("agent-(a|b)?", ["agent-": true, "agent-a": true, "agent-c": false]),
    (".*", ["": true, "x\ny": true]),
    (".+", ["": false, "\n": true, "ü": true]),
    ("foo.*", ["foo": true, "foo\nx": true, "fo": false]),
    ("foo.+", ["foo": false, "foox": true]),
    (".*foo", ["foo": true, "xfoo": true, "foox": false]),
    (".+foo", ["foo": false, "xfoo": true]),
    (".*foo.*", ["foo": true, "xfoox": true, "fo": false, "xxfo": false]),
    ("a.c", ["abc": true, "aüc": true, "a\u{1F600}c": true, "ac": false, "abbc": false]),
    ("[a-c]+[^0-9]?", ["abc": true, "abcx": true, "abc0": false, "": false]),
    ("[]a]", ["]": true, "a": true, "b": false]),
    ("[a-]", ["a": true, "-": true, "b": false]),
    ("[[:alpha:]_]+", ["abc_": true, "a1": false]),
    ("[[:^digit:]]", ["a": true, "1": false]),
    ("[\\w.-]+", ["a.b-c_1": true, "a b": false]),
    ("\\d{2,3}", ["1": false, "12": true, "123": true, "1234": false]),
    ("\\d{2,}", ["1": false, "123456": true]),
    ("\\d{3}", ["123": true, "12": false]),
    ("a{0}", ["": true, "a": false]),
    ("a{,2}", ["a{,2}": true, "aa": false]),
    ("\\D\\S\\W", ["ab-": true, "1b-": false, "a -": false]),
    ("(?i)Foo", ["foo": true, "FOO": true, "fo0": false]),
    ("(?i)[a-c]x", ["AX": true, "dx": false]),
    ("(?i)[^a]", ["A": false, "b": true]),
    ("(?i)ä", ["Ä": true, "a": false]),
    ("(?i:a)b", ["Ab": true, "AB": false]),
    ("((?i)a)b", ["Ab": true, "AB": false]),
    ("(?-s).", ["a": true, "\n": false]),
    ("(?-s:.)x", ["ax": true, "\nx": false]),
    ("^foo$", ["foo": true, "foo\n": false]),
    ("\\Afoo\\z", ["foo": true]),
    ("foo^bar", ["foobar": false]),
    ("(?m)a$\nb", ["a\nb": true, "ab": false]),
    ("\\bfoo\\b.*", ["foo bar": true, "foobar": false]),
    ("foo\\Bbar", ["foobar": true]),
    ("a*?b+?", ["aab": true, "abb": true, "a": false]),
    ("(?P<n>a)(?<m>b)(?:c)", ["abc": true]),
    ("\\Qa.b\\E+", ["a.b": true, "a.bb": true, "axb": false]),
    ("a\\Q|)(\\E|b", ["a|)(": true, "b": true]),
    ("a\\Q\\Eb\\Q[", ["ab[": true]),
    ("\\x41\\x{1F600}\\101", ["A\u{1F600}A": true]),
    ("\\t\\n\\r\\f\\v\\a", ["\t\n\r\u{c}\u{b}\u{7}": true]),
    ("a\\.b\\/", ["a.b/": true, "axb/": false]),
    ("(|a)*", ["": true, "aaa": true, "b": false]),
    ("(a*)*", ["aaaa": true, "b": false]),
    ("5..", ["500": true, "50": false]),
    ("x{", ["x{": true]),
  ])
  func matches(_ expression: String, _ cases: [String: Bool]) throws {
    let pattern = try LabelPattern(expression)
    for (text, expected) in cases {
      #expect(pattern.matches(text) == expected, "\(expression) on \(text.debugDescription)")
    }
  }

  @Test(arguments: [
    ("(", "missing )"), (")", "unexpected )"), ("[a", "missing ]"), ("a**", "repeat of a repeat"),
    ("*a", "nothing to repeat"),
    ("a{2,1}", "bounds reversed"), ("a{1001}", "more than 1000"), ("\\", "backslash at the end"),
    ("\\1", "back references"),
    ("(?=a)", "look-ahead"), ("(?!a)", "look-ahead"), ("(?<=a)b", "look-behind"), ("\\pL", "Unicode classes"),
    ("\\C", "\\C is not supported"), ("(?x)a", "not supported"), ("[b-a]", "bounds reversed"),
    ("[[:foo:]]", "not known"),
    ("\\y", "not an escape"), ("((a{100}){100}){100}", "too large"), ("(?P<>a)", "name"),
    ("\\x{110000}", "not a character"),
  ])
  func refuses(_ expression: String, _ problem: String) {
    let error = #expect(throws: PatternError.self) { try LabelPattern(expression) }
    #expect(error?.problem.contains(problem) == true, "\(expression): \(error?.description ?? "")")
  }

  @Test func fewTextsAreNamed() throws {
    #expect(try LabelPattern("foo|bar").exactValues == ["foo", "bar"])
    #expect(try LabelPattern("a[12]|b").exactValues == ["a1", "a2", "b"])
    #expect(try LabelPattern("a.*").exactValues == nil)
    #expect(try LabelPattern("(?i)a").exactValues == nil)
    #expect(try LabelPattern(".*").matchesEverything)
  }

  /// Takes for ever in an engine that backtracks.
  @Test(arguments: ["(a*)*b", "(a|aa)+b", "(a|a)*b", "(.*a){12}b", "(x+x+)+y", "((a?){50}a{50})*b"])
  func pathologicalPatternsEnd(_ expression: String) throws {
    let pattern = try LabelPattern(expression)
    #expect(!pattern.matches(String(repeating: "a", count: 5_000)))
  }

  @Test func badBytesAreSafe() throws {
    let pattern = try LabelPattern("a.[^b]*c")
    var random = SplitMix(state: 3)
    for _ in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      bytes.withUnsafeBufferPointer { _ = pattern.matches(utf8: $0) }
    }
  }

  /// Random expressions over two letters against a matcher that tries everything.
  @Test(arguments: 0..<300)
  func agreesWithExhaustiveSearch(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed) &+ 99)
    let tree = Tree.random(depth: 3, using: &random)
    let pattern = try LabelPattern(tree.text)
    for length in 0...4 {
      for bits in 0..<(1 << length) {
        let text = (0..<length).map { bits >> $0 & 1 == 0 ? Character("a") : "b" }
        #expect(
          pattern.matches(String(text)) == tree.ends(text[...]).contains(length), "\(tree.text) on \(String(text))")
      }
    }
  }

  indirect enum Tree {
    case letter(Character)
    case any
    case both(Tree, Tree)
    case either(Tree, Tree)
    case star(Tree)
    case option(Tree)

    static func random(depth: Int, using random: inout SplitMix) -> Tree {
      switch Int.random(in: depth == 0 ? 0...2 : 0...7, using: &random) {
      case 0: .letter("a")
      case 1: .letter("b")
      case 2: .any
      case 3, 4: .both(.random(depth: depth - 1, using: &random), .random(depth: depth - 1, using: &random))
      case 5: .either(.random(depth: depth - 1, using: &random), .random(depth: depth - 1, using: &random))
      case 6: .star(.random(depth: depth - 1, using: &random))
      default: .option(.random(depth: depth - 1, using: &random))
      }
    }

    var text: String {
      switch self {
      case .letter(let letter): String(letter)
      case .any: "."
      case .both(let left, let right): left.text + right.text
      case .either(let left, let right): "(?:\(left.text)|\(right.text))"
      case .star(let inner): "(?:\(inner.text))*"
      case .option(let inner): "(?:\(inner.text))?"
      }
    }

    /// Where a match that begins at the slice's begin may end.
    func ends(_ text: ArraySlice<Character>) -> Set<Int> {
      switch self {
      case .letter(let letter): text.first == letter ? [text.startIndex + 1] : []
      case .any: text.isEmpty ? [] : [text.startIndex + 1]
      case .both(let left, let right): Set(left.ends(text).flatMap { right.ends(text[$0...]) })
      case .either(let left, let right): left.ends(text).union(right.ends(text))
      case .option(let inner): inner.ends(text).union([text.startIndex])
      case .star(let inner):
        {
          var found: Set<Int> = [text.startIndex]
          var rest = [text.startIndex]
          while let start = rest.popLast() {
            for end in inner.ends(text[start...]) where found.insert(end).inserted { rest.append(end) }
          }
          return found
        }()
      }
    }
  }
}

import Foundation
import GoTemplate
import Testing

/// Templates come from outside: whatever they say, they end, and within their bounds.
@Suite("templates that mean harm")
struct HostileTemplateTests {
  static let limits = TemplateSet.Limits(size: 10_000, steps: 20_000)

  /// The text, or what is wrong.
  @discardableResult
  static func run(_ text: String, limits: TemplateSet.Limits = Self.limits) -> Result<String, TemplateError> {
    var set = TemplateSet(functions: CaseWorld.functions, limits: limits)
    do {
      try set.add(text, name: "case")
    } catch {
      return .failure(error)
    }
    do {
      return .success(try set.execute("case", with: CaseWorld.data))
    } catch {
      switch error {
      case .failed(let error): return .failure(error)
      case .stopped(let reason): return .failure(TemplateError(line: 1, problem: "\(reason)", message: "\(reason)"))
      }
    }
  }

  static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  static let bounded: [(name: String, text: String, problem: String)] = [
    (
      "a template that calls itself", #"{{define "t"}}{{template "t" .}}{{end}}{{template "t" .}}"#,
      "maximum template depth"
    ),
    (
      "two templates that call each other",
      #"{{define "a"}}{{if true}}{{template "b" .}}{{end}}{{end}}{{define "b"}}{{template "a" .}}{{end}}{{template "a"}}"#,
      "maximum template depth"
    ),
    ("a long range", "{{range 1000000000}}{{end}}", "more than 20000 steps"),
    ("long texts made often", "{{range 3000}}{{$x := printf \"%1000s\" \"a\"}}{{end}}", "more than 20000 steps"),
    ("ranges in ranges", "{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}", "more than 20000 steps"),
    ("much text", "{{range 2000}}0123456789{{end}}", "longer than 10000 bytes"),
    (
      "a string that doubles", #"{{$x := "ab"}}{{range 60}}{{$x = print $x $x}}{{end}}{{len $x}}"#,
      "longer than 10000 bytes"
    ),
    (
      "a map that doubles", "{{$x := 1}}{{range 60}}{{$x = pack $x $x}}{{end}}{{len (print $x)}}",
      "longer than 10000 bytes"
    ),
    ("a map in a map in a map", "{{$x := 1}}{{range 1000}}{{$x = pack $x}}{{end}}", "values within each other"),
    ("wide padding", #"{{printf "%999999d" 1}}"#, "longer than 10000 bytes"),
    ("many digits", #"{{printf "%.999999f" 1.5}}"#, "longer than 10000 bytes"),
    (
      "escapes that grow", #"{{$x := "<<<<<<<<"}}{{range 9}}{{$x = print $x $x}}{{end}}{{html $x}}"#,
      "longer than 10000 bytes"
    ),
    ("deep parentheses", "{{" + repeated("(", 100_000) + "1" + repeated(")", 100_000) + "}}", "max expression depth"),
    ("deep branches", repeated("{{if true}}", 50_000) + repeated("{{end}}", 50_000), "max expression depth"),
    ("deep blocks", repeated(#"{{block "b" .}}"#, 50_000) + repeated("{{end}}", 50_000), "max expression depth"),
    ("open branches", repeated("{{range .}}", 50_000), "max expression depth"),
  ]

  @Test(arguments: bounded)
  func staysWithinItsBounds(name: String, text: String, problem: String) {
    guard case .failure(let error) = Self.run(text) else {
      Issue.record("\(name) was let through")
      return
    }
    #expect(error.problem.contains(problem), "\(name): \(error.problem)")
  }

  @Test func longChainsAreNotDeep() {
    let arms = (0..<5000).map { "{{else if eq 1 \($0 + 2)}}\($0)" }.joined()
    #expect(Self.run("{{if false}}" + arms + "{{else}}last{{end}}") == .success("last"))
    let pipeline = "{{1" + Self.repeated(" | print", 2000) + "}}"
    #expect(Self.run(pipeline) == .success("1"))
    let fields = Self.repeated(".x", 5000)
    guard case .failure(let error) = Self.run("{{.Any\(fields)}}") else {
      Issue.record("a chain of missing fields gave a text")
      return
    }
    #expect(error.problem.contains("can't evaluate field"))
  }

  /// As deep as it may be, on the small stack of a thread that is not the main one.
  @Test func theDeepestFitsASmallStack() async {
    let depth = 60
    let nested =
      Self.repeated("{{if true}}", depth) + "{{" + Self.repeated("(", 3) + "1" + Self.repeated(")", 3) + "}}"
      + Self.repeated("{{end}}", depth)
    let recursive =
      #"{{define "t"}}{{with $x := (print (print (print .)))}}{{template "t" $x}}{{end}}{{end}}{{template "t" 1}}"#
    let results = await withCheckedContinuation {
      (continuation: CheckedContinuation<[Result<String, TemplateError>], Never>) in
      let thread = Thread {
        continuation.resume(returning: [Self.run(nested), Self.run(recursive)])
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
    #expect(results[0] == .success("1"))
    guard case .failure(let error) = results[1] else {
      Issue.record("endless recursion gave a text")
      return
    }
    #expect(error.problem.contains("maximum template depth"))
  }

  @Test func tooLongATemplateIsRefused() {
    guard case .failure(let error) = Self.run(Self.repeated("x", TemplateSet.maximumLength + 1)) else {
      Issue.record("it was read")
      return
    }
    #expect(error.problem.contains("at most"))
  }

  /// Pieces of templates put together at random parse or not, run or fail, and always end.
  @Test(arguments: 0..<20)
  func randomTemplatesEnd(seed: Int) {
    var generator = SplitMix(state: UInt64(seed) &+ 1)
    let pieces = [
      "{{", "}}", "{{-", "-}}", " ", "\n", "if ", "else", "end", "range ", "with ", "define \"t\"", "template \"t\" .",
      "block \"b\" .", "break", "continue", "$x", ":=", "=", ",", "|", "(", ")", ".", ".Name", ".Labels", ".Alert",
      ".Twice", "$", "$.Any.x", "1", "-2.5", "0x1p3", "'a'", "\"s\"", "`r`", "nil", "true", "print", "printf",
      "\"%v %d %q\"",
      "index", "slice", "len", "and", "or", "not", "eq", "lt", "html", "js", "urlquery", "call", "pack", "fail",
      "shout",
      "é", "😀", "\u{0}", "/*", "*/", "{{end}}", "{{else}}", "{{range .Ints}}", "{{if .True}}", "{{.}}", "{{.Name}}",
      "{{$x := 1}}", "{{$x}}", "text", "\\", "\"", "`", "%", "1000000000",
    ]
    for _ in 0..<500 {
      let text = (0..<Int.random(in: 1...25, using: &generator)).map { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      }.joined(separator: Bool.random(using: &generator) ? " " : "")
      switch Self.run(text) {
      case .success(let output): #expect(output.utf8.count <= Self.limits.size)
      case .failure(let error):
        #expect(error.line >= 1 && error.line <= text.split(separator: "\n", omittingEmptySubsequences: false).count)
        #expect(error.message.hasPrefix("template: "))
      }
    }
  }

  /// Cases of Go cut short or with a byte changed.
  @Test func damagedCasesEnd() throws {
    var generator = SplitMix(state: 99)
    for one in try LanguageCase.all(in: "language.json") {
      var bytes = Array(one.template.utf8)
      guard !bytes.isEmpty else { continue }
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      if Bool.random(using: &generator) {
        bytes.removeSubrange(place...)
      } else {
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      Self.run(String(decoding: bytes, as: UTF8.self))
    }
  }
}

/// Numbers from a seed (S. Vigna's SplitMix64).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}

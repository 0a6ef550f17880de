import Testing

@testable import PromQL

@Suite("reading queries")
struct ParserTests {
  struct Refused: Sendable, CustomTestStringConvertible {
    let query: String
    let error: String
    init(_ query: String, _ error: String) { (self.query, self.error) = (query, error) }
    var testDescription: String { query }
  }

  @Test(arguments: [
    Refused("", "unknown position: parse error: no expression found in input"),
    Refused("# only a remark\n", "1:1: parse error: no expression found in input"),
    Refused("1+", "1:3: parse error: unexpected end of input"),
    Refused(".", "1:1: parse error: unexpected character: '.'"),
    Refused("100..4", "1:5: parse error: unexpected number \".4\""),
    Refused("0deadbeef", "1:1: parse error: bad number or duration syntax: \"0de\""),
    Refused("*1", "1:1: parse error: unexpected <op:*>"),
    Refused("(1))", "1:4: parse error: unexpected right parenthesis ')'"),
    Refused("((1)", "1:5: parse error: unclosed left parenthesis"),
    Refused("1 and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"),
    Refused("1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
    Refused("1 !~ 1", "1:3: parse error: unexpected character after '!': '~'"),
    Refused("1 =~ 1", "1:3: parse error: unexpected character after '=': '~'"),
    Refused(
      "-\"string\"",
      "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"string\""),
    Refused(
      "-test[5m]",
      "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, "
        + "got \"range vector\""),
    Refused(
      "1 offset 1d",
      "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector "
        + "or a subquery"),
    Refused("foo offset 1s offset 2s", "1:1: parse error: offset may not be set multiple times"),
    Refused("a - on(b) ignoring(c) d", "1:11: parse error: unexpected <ignoring>"),
    Refused("foo == on(bar) 10", "1:1: parse error: vector matching only allowed between instant vectors"),
    Refused("foo + group_left(baz) bar", "1:7: parse error: unexpected <group_left>"),
    Refused("foo and on(bar) group_left(baz) bar", "1:1: parse error: no grouping allowed for \"and\" operation"),
    Refused(
      "a + on(instance) group_left(job,instance) b",
      "1:3: parse error: label \"instance\" must not occur in ON and GROUP clause at once"),
    Refused("foo + bool bar", "1:5: parse error: bool modifier can only be used on comparison operators"),
    Refused("{", "1:2: parse error: unexpected end of input inside braces"),
    Refused("some}", "1:5: parse error: unexpected character: '}'"),
    Refused("some{a=b}", "1:8: parse error: unexpected identifier \"b\" in label matching, expected string"),
    Refused("some{a:b=\"b\"}", "1:7: parse error: unexpected character inside braces: ':'"),
    Refused(
      "foo{gibberish}", "1:14: parse error: unexpected \"}\" in label matching, expected label matching operator"),
    Refused("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    Refused("{x=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    Refused("foo{__name__=\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""),
    Refused("foo{,}", "1:5: parse error: unexpected \",\" in label matching, expected identifier or \"}\""),
    Refused(
      "foo{a=\"b\" c}", "1:11: parse error: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""),
    Refused("foo{a=~\"(\"}", "1:5: parse error: regular expression: missing ) at character 1"),
    Refused("foo[5mm]", "1:5: parse error: bad number or duration syntax: \"5mm\""),
    Refused("foo[0m]", "1:5: parse error: duration must be greater than 0"),
    Refused("foo[5s1m]", "1:5: parse error: not a valid duration string: \"5s1m\""),
    Refused("foo[]", "1:5: parse error: unexpected \"]\" in subquery or range selector, expected number or duration"),
    Refused("foo[5m", "1:7: parse error: unclosed left bracket"),
    Refused("foo offset 1m[5m]", "1:14: parse error: no offset modifiers allowed before range"),
    Refused("foo @ 123 [5m]", "1:11: parse error: no @ modifiers allowed before range"),
    Refused("(foo + bar)[5m]", "1:12: parse error: ranges only allowed for vector selectors"),
    Refused("sum without(==)(x)", "1:13: parse error: unexpected <op:==> in grouping opts, expected label"),
    Refused("sum some by (test)", "1:5: parse error: unexpected identifier \"some\""),
    Refused("sum(rate(x[1m]) y)", "1:17: parse error: unexpected identifier \"y\" in aggregation"),
    Refused("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
    Refused(
      "topk(some)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
    Refused("floor(some,)", "1:11: parse error: trailing commas not allowed in function call args"),
    Refused(
      "topk(some, other)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"),
    Refused("count_values(5, other)", "1:14: parse error: expected type string in aggregation parameter, got scalar"),
    Refused("floor()", "1:1: parse error: expected 1 argument(s) in call to \"floor\", got 0"),
    Refused("floor(1)", "1:7: parse error: expected type instant vector in call to function \"floor\", got scalar"),
    Refused("hour(a, a, a)", "1:1: parse error: expected at most 1 argument(s) in call to \"hour\", got 3"),
    Refused("label_join(a)", "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 1"),
    Refused("rat(x[1m])", "1:1: parse error: unknown function with name \"rat\"; did you mean \"rate\"?"),
    Refused("no_such_function_at_all()", "1:1: parse error: unknown function with name \"no_such_function_at_all\""),
    Refused(
      "rate(some)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"),
    Refused("-=", "1:2: parse error: unexpected \"=\""),
    Refused("\"abc", "1:1: parse error: unterminated quoted string"),
    Refused("`abc", "1:1: parse error: unterminated raw string"),
    Refused("\"\\z\"", "1:1: parse error: unknown escape sequence U+007A 'z'"),
    Refused("foo[5m:1m][1m]", "1:11: parse error: ranges only allowed for vector selectors"),
    Refused("foo[5m][10m:6s]", "1:1: parse error: subquery is only allowed on instant vector, got matrix instead"),
    Refused("foo{} 1", "1:7: parse error: unexpected number \"1\""),
    Refused("foo @ other", "1:7: parse error: unexpected identifier \"other\" in @, expected timestamp"),
    Refused("foo @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"),
    Refused("foo @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"),
    Refused(
      "sum(\n  rate(x)\n)",
      "2:8: parse error: expected type range vector in call to function \"rate\", "
        + "got instant vector"),
    Refused("mad_over_time(x[5m])", "1:1: parse error: function \"mad_over_time\" is experimental and not enabled"),
    Refused("limitk(2, x)", "1:1: parse error: limitk() is experimental and not enabled"),
    Refused("1e999", "1:1: parse error: error parsing number: \"1e999\" is out of range"),
  ])
  func refused(_ expected: Refused) {
    do throws(ParseError) {
      let query = try ParsedQuery(expected.query)
      Issue.record("was read as \(query.expression)")
    } catch {
      #expect(error.description == expected.error)
    }
  }

  /// What is read, and its canonical form.
  @Test(arguments: [
    ("1", "1"), (" +1 ", "1"), ("-1", "-1"), ("0x1f", "31"), ("0755", "493"), ("1_000.5", "1000.5"), ("1e6", "1e+06"),
    ("inf", "+Inf"), ("-InF", "-Inf"), ("nan", "NaN"), (".5", "0.5"), ("5.", "5"), ("1h30m", "1h30m"),
    ("1 + 2 * 3", "1 + 2 * 3"), ("a+b*c^d^e", "a + b * c ^ d ^ e"), ("-2^2", "-2 ^ 2"), ("-a^2", "-a ^ 2"),
    ("a AND on() b", "a and on () b"), ("a unless b or c", "a unless b or c"),
    ("a / on(x,y) group_left(z) b", "a / on (x, y) group_left (z) b"),
    ("a > bool ignoring(x) group_right b", "a > bool ignoring (x) group_right () b"),
    ("a+ignoring()b", "a + b"), ("foo{a='b',c!=`d`,e=~\"f\",}", "foo{a=\"b\",c!=\"d\",e=~\"f\"}"),
    ("{__name__=\"foo\"}", "{__name__=\"foo\"}"), ("foo{b=\"1\",a=\"2\"}", "foo{a=\"2\",b=\"1\"}"),
    ("{\"foo\"}", "foo"),
    ("{\"foo.bar\",a=\"b\"}", "{\"foo.bar\",a=\"b\"}"),
    ("{\"foo\",\"my label\"=\"b\"}", "foo{\"my label\"=\"b\"}"), ("foo:bar:baz", "foo:bar:baz"),
    ("foo[5m]", "foo[5m]"), ("foo[300]", "foo[5m]"), ("foo offset -5m", "foo offset -5m"),
    ("foo offset 90", "foo offset 1m30s"),
    ("foo[1h] offset 1d @ 1.5", "foo[1h] @ 1.500 offset 1d"), ("foo @ start()", "foo @ start()"),
    ("foo @ -1 offset 1s", "foo @ -1.000 offset 1s"), ("foo[1h:]", "foo[1h:]"),
    ("(foo+bar)[1h:5m] @ end() offset 1m", "(foo + bar)[1h:5m] @ end() offset 1m"),
    ("sum(x)by(a)", "sum by (a) (x)"), ("SUM BY (a,b,) (x)", "sum by (a, b) (x)"),
    ("sum without()(x)", "sum without () (x)"),
    ("topk(3,x)", "topk(3, x)"), ("count_values('v',x)", "count_values(\"v\", x)"),
    ("sum by (\"a.b\", c) (x)", "sum by (\"a.b\", c) (x)"), ("sum", "sum"), ("sum{a=\"b\"}", "sum{a=\"b\"}"),
    ("offset offset 5m", "offset offset 5m"), ("and and or", "and and or"), ("start + end", "start + end"),
    ("rate(foo[5m])", "rate(foo[5m])"), ("time()", "time()"), ("\"a\\nb\\\"\"", "\"a\\nb\\\"\""),
    ("`a\\n`", "\"a\\\\n\""),
    ("'\\xff'", "\"\\xff\""), ("--a", "--a"), ("a # remark\n + b", "a + b"), ("round(a,5)", "round(a, 5)"),
  ])
  func printed(_ text: String, _ canonical: String) throws {
    let query = try ParsedQuery(text)
    #expect(query.expression.description == canonical)
    #expect(try ParsedQuery(canonical).expression.description == canonical)
  }

  @Test func longQueriesAreBrokenIntoLines() throws {
    let query = try ParsedQuery(
      "sum by (agent_id, operation) (rate(agent_errors_total{status=\"error\"}[5m])) / on (agent_id, operation) "
        + "(topk(5, sum by (agent_id, operation) (rate(agent_requests_total{operation=~\"plan|reply|retrieve\"}[5m]))))"
    )
    #expect(
      query.expression.formatted == """
          sum by (agent_id, operation) (rate(agent_errors_total{status="error"}[5m]))
        / on (agent_id, operation)
          (
            topk(
              5,
              sum by (agent_id, operation) (rate(agent_requests_total{operation=~"plan|reply|retrieve"}[5m]))
            )
          )
        """)
    #expect(try ParsedQuery(query.expression.formatted).expression.description == query.expression.description)
  }

  @Test func precedenceAndAssociativity() throws {
    func grouped(_ expression: Expression) -> String {
      switch expression {
      case .binary(let node): "(\(grouped(node.left))\(node.operator.rawValue)\(grouped(node.right)))"
      case .unary(let node): "-\(grouped(node.expression))"
      default: expression.description
      }
    }
    for (text, expected) in [
      ("a+b-c", "((a+b)-c)"), ("a^b^c", "(a^(b^c))"), ("a*b^c", "(a*(b^c))"), ("-a^b*c", "(-(a^b)*c)"),
      ("a or b and c", "(aor(bandc))"), ("a == b + c", "(a==(b+c))"), ("a + b == c", "((a+b)==c)"),
      ("a unless b and c", "((aunlessb)andc)"), ("a % b atan2 c", "((a%b)atan2c)"), ("2^-a*b", "((2^-a)*b)"),
    ] {
      #expect(grouped(try ParsedQuery(text).expression) == expected)
    }
  }

  @Test func placesAreBytesOfTheText() throws {
    let query = try ParsedQuery("sum(é_ok) ".replacing("é_ok", with: "ok") + "+ on (a) rate(x[5m] offset 1m)")
    guard case .binary(let node) = query.expression, case .call(let call) = node.right else {
      Issue.record("another shape: \(query.expression)")
      return
    }
    #expect(node.left.range == SourceRange(0, 7))
    #expect(node.operatorRange == SourceRange(8, 9))
    #expect(call.range == SourceRange(17, 38))
    #expect(call.arguments[0].range == SourceRange(22, 37))
    #expect(query.expression.selectors.map(\.name) == ["ok", "x"])
  }

  @Test func nestingIsBounded() throws {
    let deep = String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
    #expect(throws: ParseError.self) { try ParsedQuery(deep) }
    #expect(throws: ParseError.self) { try ParsedQuery(String(repeating: "-", count: 5000) + "a") }
    #expect(throws: ParseError.self) { try ParsedQuery(Array(repeating: "a", count: 5000).joined(separator: "+")) }
    let good = String(repeating: "(", count: 150) + "1" + String(repeating: ")", count: 150)
    #expect(try ParsedQuery(good).expression.type == .scalar)
  }
}

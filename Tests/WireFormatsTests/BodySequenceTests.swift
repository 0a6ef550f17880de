import FleetModel
import TestSupport
import Testing

@testable import WireFormats

/// Sequences of bodies of one instance, in which series come, go, change places, types and spelling.
@Suite struct BodySequenceTests {
  @Test(arguments: ExpositionFormat.allCases, 0..<12)
  func followsTheModel(format: ExpositionFormat, seed: UInt64) {
    var fleet = RandomExposition(seed: seed &* 7919 &+ 1, format: format)
    var checker = AgreementChecker()
    for _ in 0..<60 {
      checker.check(fleet.render(), format, refuse: fleet.random(8) == 0)
      fleet.evolve()
    }
    #expect(checker.parsed == 60)
  }

  @Test func keepsSeriesWhenTheFormatChanges() {
    var checker = AgreementChecker()
    checker.check(Array("a{x=\"1\"} 1\nb 2\n".utf8), .prometheusText)
    checker.check(Array("a{x=\"1\"} 1\nb 2\n# EOF\n".utf8), .openMetrics)
    checker.check(Array(#"{"metrics":[{"name":"a","labels":{"x":"1"},"value":3}]}"#.utf8), .agentJSON)
    checker.check(Array("b 2\na{x=\"1\"} 1\n".utf8), .prometheusText)
  }

  /// Different texts of the same labels are one series.
  @Test func knowsASeriesInAnySpelling() {
    var checker = AgreementChecker()
    checker.check(Array("a{x=\"1\",y=\"2\"} 1\n".utf8), .prometheusText)
    checker.check(Array("a { y = \"2\" , x = \"1\" , } 2\n".utf8), .prometheusText)
    checker.check(Array("{\"a\",x=\"1\",y=\"2\",z=\"\"} 3\na{y=\"2\",x=\"1\"} 4\n".utf8), .prometheusText)
  }

  /// `le` is normalised under a histogram only, so the same text can be two series.
  @Test func aTypeThatChangesChangesTheLabels() {
    var checker = AgreementChecker()
    let series = "h_bucket{le=\"1\"} 4\n"
    for type in ["histogram", "gauge", "summary", "histogram", "untyped"] {
      checker.check(Array("# TYPE h \(type)\n\(series)".utf8), .prometheusText)
      checker.check(Array("# TYPE h \(type)\n\(series)# TYPE g gauge\n\(series)".utf8), .prometheusText)
      checker.check(Array(series.utf8), .prometheusText)
    }
  }

  @Test func typesFollowTheBody() {
    var checker = AgreementChecker()
    let total = LabelSet([Label("__name__", "a_total")])
    checker.check(Array("# TYPE a counter\na_total 1\n# EOF\n".utf8), .openMetrics)
    #expect(checker.type(of: total) == .counter)
    checker.check(Array("# TYPE a gauge\na_total 1\n# EOF\n".utf8), .openMetrics)
    #expect(checker.type(of: total) == .unknown)
    checker.check(Array("# TYPE a_total counter\na_total 1\n".utf8), .prometheusText)
    #expect(checker.type(of: total) == .counter)
  }

  /// What is recognised by its beginning must not swallow a longer name or a line that goes on.
  @Test(arguments: [
    ["a.5\n", "ab 5\n", "a.5\n", "a5 5\n"], ["# end", "# ending\na 1\n"], ["a 1", "a 12\n", "a 1"],
    ["a{} 1\n", "a{}1\n", "a{}{} 1\n"], ["a 1\n", "a {x=\"y\"} 1\n", "a  1\n", "a 1\n\n\n", "\n\na 1\n"],
    ["a NaN\nb 1 5\n", "a nan\nb 1 6\n", "a +Inf 7\nb -inf\n", "a 1e3\nb 0x1\n", "a 1 \nb 2\t\n"],
    ["a{b=\"x\ny\"} 1\n", "a{b=\"x\ny\"} 2\na{b=\"x\"} 3\n"], ["", "a 1\n", "", "\n"],
    ["a 1\na 2\nb 3\n", "a 1\nb 3\n", "b 3\na 1\na 1\n"],
  ])
  func doesNotConfuseLines(bodies: [String]) {
    var checker = AgreementChecker()
    for body in bodies + bodies { checker.check(Array(body.utf8), .prometheusText) }
  }

  @Test(arguments: [
    ["a 1\n# EOF\n", "a 1 \n# EOF\n", "a 2\n# EOF", "a 2\n# EOF\n\n", "a 3\n"],
    ["a 1\nb 2\n# EOF\n", "a 1 # {x=\"y\"} 1\nb 2\n# EOF\n", "a 1 5 # {x=\"y\"} 1 7\nb 2 1e3\n# EOF\n"],
    ["a 1\nb 2\n# EOF\n", "a 1  \nb 2\n# EOF\n", "a  1\nb 2\n# EOF\n", "a 1 12345678901234567890\nb 2\n# EOF\n"],
  ])
  func doesNotConfuseOpenMetrics(bodies: [String]) {
    var checker = AgreementChecker()
    for body in bodies + bodies { checker.check(Array(body.utf8), .openMetrics) }
  }
}

/// A made-up agent: some families of series, rendered in one of the formats with varying spelling.
struct RandomExposition {
  private let source: SeededRandom
  private let format: ExpositionFormat
  private var series: [(name: String, labels: [(String, String)], value: String)] = []
  private var next = 0

  init(seed: UInt64, format: ExpositionFormat) {
    source = SeededRandom(seed: seed)
    self.format = format
    for _ in 0..<8 { add() }
  }

  func random(_ bound: Int) -> Int { Int(source.next() % UInt64(bound)) }

  private mutating func add() {
    next += 1
    let values = ["1", "0.5", "a b", "line\nbreak", "quo\"te", "back\\slash", "ünï", ""]
    var labels: [(String, String)] = []
    for name in ["le", "quantile", "x", "yy", "zzz"] where random(3) == 0 {
      labels.append((name, values[random(values.count)]))
    }
    if random(2) == 0 { labels.append(("n", "\(next)")) }
    series.insert(("m\(random(5))", labels, "0"), at: random(series.count + 1))
  }

  /// Between two bodies: mostly values change, sometimes series.
  mutating func evolve() {
    for index in series.indices where random(3) > 0 { series[index].value = value() }
    if random(3) == 0 { add() }
    if random(4) == 0, !series.isEmpty { series.remove(at: random(series.count)) }
    if random(5) == 0, series.count > 1 { series.swapAt(random(series.count), random(series.count)) }
    if random(12) == 0 { series.reverse() }
    if random(15) == 0 { series.removeAll() }
    if random(6) == 0, let last = series.last { series.append(last) }
    if random(7) == 0, !series.isEmpty { series[random(series.count)].labels.reverse() }
  }

  private func value() -> String {
    switch random(7) {
    case 0: "\(random(1_000_000))"
    case 1: "\(Double(random(1_000_000)) / 1000)"
    case 2: "-\(random(100)).5e-\(random(30))"
    case 3: format == .agentJSON ? "\"NaN\"" : "NaN"
    case 4: format == .agentJSON ? "\"+Inf\"" : "+Inf"
    case 5: "\(Double(bitPattern: source.next() & 0x7fdf_ffff_ffff_ffff | 0x10_0000_0000_0000))"
    default: "\(source.next())"
    }
  }

  func render() -> [UInt8] {
    var text = ""
    if format == .agentJSON {
      let metrics = series.map { one in
        let labels = one.labels.map { "\(json($0.0)):\(json($0.1))" }.joined(separator: ",")
        return "{\"name\":\(json(one.name)),\"value\":\(one.value),\"labels\":{\(labels)}}"
      }
      return Array("{\"metrics\":[\(metrics.joined(separator: ", "))]}\n".utf8)
    }
    let types = ["counter", "gauge", "histogram", "summary"]
    var last = ""
    for one in series {
      if one.name != last, random(6) > 0 {
        last = one.name
        text +=
          "# HELP \(one.name) About \(one.name).\n# TYPE \(one.name) \(types[one.name.utf8.last.map { Int($0) & 3 } ?? 0])\n"
      }
      let loose = format == .prometheusText && random(20) == 0
      let labels = one.labels.map { "\($0.0)=\"\(escape($0.1))\"" }.joined(separator: loose ? " , " : ",")
      text += labels.isEmpty && random(2) == 0 ? one.name : "\(one.name){\(labels)}"
      text += loose ? "  \(one.value)" : " \(one.value)"
      if random(10) == 0 { text += " \(random(1_000_000))" }
      if format == .openMetrics, random(10) == 0 { text += " # {trace=\"t\"} 0.5" }
      text += "\n"
    }
    return Array((format == .openMetrics ? text + "# EOF\n" : text).utf8)
  }

  private func escape(_ value: String) -> String {
    String(value.flatMap { $0 == "\\" ? "\\\\" : $0 == "\"" ? "\\\"" : $0 == "\n" ? "\\n" : "\($0)" })
  }

  private func json(_ value: String) -> String { "\"\(escape(value))\"" }
}

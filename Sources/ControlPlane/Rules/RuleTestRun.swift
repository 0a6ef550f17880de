import Alerting
import DeployPlan
import FleetModel
import PromQL

/// One test of a rule test file while it runs.
///
/// The clock goes from the test's begin in steps of the evaluation interval. At each step: 1. the samples of the input series up
/// to there appear, 2. all groups are evaluated in order, 3. the alerts are compared that are to be looked at before the next
/// step. At the end, with all samples there, the expressions are compared.
struct RuleTestRun {
  private let test: RuleTestFile.Test
  private let file: RuleTestFile
  private let path: String
  private let places: SourcePlaces
  private let groups: [RuleGroup]
  private let engine: QueryEngine
  private let start: Timestamp
  private(set) var failures: [RuleTestReport.Failure] = []

  init(
    _ test: RuleTestFile.Test, of file: RuleTestFile, at index: Int, places: SourcePlaces, groups: [RuleGroup],
    parser: ParserOptions
  ) {
    self.test = test
    self.file = file
    self.places = places
    self.groups = groups
    path = "tests[\(index)]"
    start = test.start ?? Timestamp(milliseconds: 0)
    var options = EngineOptions()
    options.parser = parser
    options.defaultSubqueryStep = file.evaluationInterval.wholeMilliseconds
    engine = QueryEngine(options: options)
  }

  mutating func run() async {
    guard let store = load() else { return }
    guard await evaluate(store) else { return }
    fail(store.advance(to: Timestamp(milliseconds: .max)))
    for (index, expected) in test.expressionTests.enumerated() {
      await check(expected, "\(path).promql_expr_test[\(index)]", store)
    }
  }

  private mutating func fail(_ problems: [String]) {
    for problem in problems { failures.append(.init(subject: .test, line: places[path]?.line, problem: problem)) }
  }

  /// The input series; `nil` if one cannot be read.
  private mutating func load() -> RuleTestStore? {
    var series: [NotedSeries] = []
    for (index, input) in test.inputSeries.enumerated() {
      do throws(NotationError) {
        series.append(
          try NotedSeries(
            "\(input.series) \(input.values)", from: start, gap: test.interval ?? file.evaluationInterval
          ).stored)
      } catch {
        failures.append(
          .init(
            subject: .test, line: places["\(path).input_series[\(index)]"]?.line,
            problem: "input_series[\(index)]: \(error)"))
      }
    }
    return failures.isEmpty ? RuleTestStore(series) : nil
  }

  // MARK: Rules and their alerts

  /// - Returns: whether all rules could be evaluated at all times.
  private mutating func evaluate(_ store: RuleTestStore) async -> Bool {
    var options = RuleEvaluationOptions()
    options.engine = engine
    options.externalLabels = test.externalLabels
    options.externalURL = test.externalURL
    var evaluations: [RuleGroupEvaluation] = []
    do throws(RuleGroupError) {
      for group in groups { evaluations.append(try RuleGroupEvaluation(group, options: options)) }
    } catch {
      fail(["\(error)"])
      return false
    }
    let order = test.alertTests.indices.sorted {
      (test.alertTests[$0].evalTime, $0) < (test.alertTests[$1].evalTime, $1)
    }
    var waiting = order[...]
    let end = (test.alertTests.map(\.evalTime) + test.expressionTests.map(\.evalTime)).max() ?? .zero
    var clock = Duration.zero
    while clock <= end, !Task.isCancelled {
      let time = start + clock
      fail(store.advance(to: time))
      for index in evaluations.indices {
        _ = await evaluations[index].evaluate(at: time, source: store, record: store.record)
      }
      let broken = evaluations.flatMap(\.statuses).filter { $0.lastError != nil }
      for status in broken {
        failures.append(.init(subject: .rule(status.rule.name), time: clock, problem: status.lastError))
      }
      if !broken.isEmpty { return false }
      clock += file.evaluationInterval
      while let next = waiting.first, test.alertTests[next].evalTime < clock {
        check(next, evaluations)
        waiting.removeFirst()
      }
    }
    return true
  }

  private mutating func check(_ index: Int, _ evaluations: [RuleGroupEvaluation]) {
    let alertTest = test.alertTests[index]
    var got: [TestedAlert] = []
    for status in evaluations.flatMap(\.statuses) where status.rule.name == alertTest.alertName {
      got += status.alerts.filter { $0.state == .firing }.map {
        TestedAlert(labels: $0.labels, annotations: $0.annotations)
      }
    }
    let expected = alertTest.expected.map {
      TestedAlert(
        labels: LabelSet($0.labels.merging(["alertname": alertTest.alertName]) { $1 }), annotations: $0.annotations)
    }
    let left = expected.sorted()
    let right = got.sorted()
    guard left != right else { return }
    failures.append(
      .init(
        subject: .alert(alertTest.alertName), line: places["\(path).alert_rule_test[\(index)]"]?.line,
        time: alertTest.evalTime, expected: left.map(\.description), got: right.map(\.description)))
  }

  /// An alert as far as it is compared.
  private struct TestedAlert: Comparable {
    let labels: LabelSet
    let annotations: [String: String]

    static func < (left: TestedAlert, right: TestedAlert) -> Bool {
      if left.labels != right.labels { return LabelSet.precedes(left.labels, right.labels) }
      return LabelSet.precedes(LabelSet(left.annotations), LabelSet(right.annotations))
    }

    var description: String {
      "Labels:\(Self.text(labels.map { ($0.name, $0.value) }))\n"
        + "Annotations:\(Self.text(annotations.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))"
    }

    private static func text(_ pairs: [(String, String)]) -> String {
      "{" + pairs.map { "\($0)=\(GoText.quoted($1))" }.joined(separator: ", ") + "}"
    }
  }

  // MARK: Expressions

  private mutating func check(
    _ expressionTest: RuleTestFile.ExpressionTest, _ path: String, _ store: RuleTestStore
  ) async {
    func failure(_ problem: String? = nil) -> RuleTestReport.Failure {
      .init(
        subject: .expression(expressionTest.expression), line: places[path]?.line, time: expressionTest.evalTime,
        problem: problem)
    }
    var got: [InstantSample]
    do throws(QueryError) {
      let query = try engine.parse(expressionTest.expression)
      let outcome = try await engine.instant(query, at: start + expressionTest.evalTime, source: store)
      switch outcome.value {
      case .vector(let samples): got = samples
      case .scalar(let value, let time): got = [InstantSample(labels: LabelSet(), time: time, value: value)]
      case .string, .matrix: throw .execution("rule result is not a vector or scalar")
      }
    } catch {
      return failures.append(failure("\(error)"))
    }
    var expected: [InstantSample] = []
    do throws(NotationError) {
      for sample in expressionTest.expected { expected.append(try Self.sample(sample)) }
    } catch {
      return failures.append(failure("\(error)"))
    }
    got.sort { LabelSet.precedes($0.labels, $1.labels) }
    expected.sort { LabelSet.precedes($0.labels, $1.labels) }
    if got.count == expected.count, zip(expected, got).allSatisfy(isEqual) { return }
    var differing = failure()
    differing.expected = expected.map(Self.text(of:))
    differing.got = got.map(Self.text(of:))
    failures.append(differing)
  }

  private static func sample(_ sample: RuleTestFile.ExpectedSample) throws(NotationError) -> InstantSample {
    let labels = try LabelSet(notation: sample.labels)
    let time = Timestamp(milliseconds: 0)
    if sample.histogram.isEmpty { return InstantSample(labels: labels, time: time, value: sample.value) }
    let series = try NotedSeries("{} \(sample.histogram)", from: time, gap: .seconds(1))
    guard series.samples.count == 0, series.histograms.count == 1, let histogram = series.histograms.values.first else {
      throw NotationError("\(GoText.quoted(sample.histogram)) is no histogram")
    }
    return InstantSample(labels: labels, time: time, value: 0, histogram: histogram)
  }

  private func isEqual(_ expected: InstantSample, _ got: InstantSample) -> Bool {
    guard expected.labels == got.labels else { return false }
    if expected.histogram != nil || got.histogram != nil {
      return expected.histogram.map(\.notation) == got.histogram.map(\.notation)
    }
    let (left, right) = (expected.value, got.value)
    if left == right || left.isNaN && right.isNaN { return true }
    return file.comparesFuzzily && (left.nextDown == right || left.nextUp == right)
  }

  private static func text(of sample: InstantSample) -> String {
    let labels = sample.labels.map { "\($0.name)=\(GoText.quoted($0.value))" }.joined(separator: ", ")
    return "{\(labels)} \(sample.histogram?.notation ?? GoText.scientific(sample.value))"
  }
}

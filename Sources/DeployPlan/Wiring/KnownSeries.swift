import FleetModel

/// All series that a Prometheus has that collects from the fleet and evaluates the stack's rules.
struct KnownSeries: Sendable {
  private var byName: [String: [ServedSeries]]
  /// What the system file says to come from elsewhere (`external.metrics`), with labels that nobody knows.
  private let external: [Glob]

  init(_ system: FleetSystem, _ groups: [RuleGroup], _ expressions: ExpressionReader) {
    external = system.external.metrics
    let exposition = FleetExposition(system)
    let collected = exposition.series(system)
    var byName = Dictionary(grouping: collected, by: \.name)
    let measurements = Measurements(system, exposition)
    for rule in measurements.rules {
      let isCPU = rule.name == Measurements.cpuName
      let agents = Set((isCPU ? measurements.cpu : measurements.memory).map(\.agentID))
      let source = isCPU ? Measurements.cpuSource : Measurements.memorySource
      for var series in byName[source] ?? [] where series.agent.map(agents.contains) ?? false {
        series.name = rule.name
        for (label, value) in rule.labels { series.labels[label] = .among([value]) }
        byName[rule.name, default: []].append(series)
      }
    }
    let derived = Set(measurements.rules.map(\.name))
    self.byName = byName
    var waiting: [(rule: ExpressionRule, reading: ExpressionReader.Reading)] = groups.flatMap(\.rules).compactMap {
      guard !($0.kind == .recording && derived.contains($0.name)) else { return nil }
      guard case .success(let reading) = expressions.read($0.expression) else { return nil }
      return ($0, reading)
    }
    // What a rule records has the labels of what it reads, which other rules may record.
    while !waiting.isEmpty {
      let open = Set(waiting.filter { $0.rule.kind == .recording }.map(\.rule.name))
      let ready = waiting.filter { $0.reading.names.isDisjoint(with: open) }
      waiting.removeAll { $0.reading.names.isDisjoint(with: open) }
      if ready.isEmpty {
        // Rules that read each other.
        for (rule, _) in waiting { add(rule, .unknown) }
        return
      }
      for (rule, reading) in ready {
        let shapes = reading.selectors.map { selector -> LabelShape in
          guard selector.metricName != nil, case .found(let series) = resolve(selector.matchers) else {
            return .unknown
          }
          return LabelShape(series, selector.matchers)
        }
        add(rule, LabelTracing(reading.flow, shapes).result)
      }
    }
  }

  private mutating func add(_ rule: ExpressionRule, _ shape: LabelShape) {
    var labels = shape.labels
    for (label, value) in rule.labels { labels[label] = value.contains("{{") ? .any : .among([value]) }
    switch rule.kind {
    case .recording:
      byName[rule.name, default: []].append(
        ServedSeries(name: rule.name, agent: nil, labels: labels, isOpen: shape.isOpen))
    case .alerting:
      labels["alertname"] = .among([rule.name])
      byName["ALERTS_FOR_STATE", default: []].append(
        ServedSeries(name: "ALERTS_FOR_STATE", agent: nil, labels: labels, isOpen: shape.isOpen))
      labels["alertstate"] = .among(["firing", "pending"])
      byName["ALERTS", default: []].append(
        ServedSeries(name: "ALERTS", agent: nil, labels: labels, isOpen: shape.isOpen))
    }
  }

  /// Sorted.
  var names: [String] { byName.keys.sorted() }

  /// What a selector's conditions leave.
  enum Resolution: Sendable {
    case found([ServedSeries])
    /// No metric fits its name; with what it asks for.
    case noMetric(String)
    /// No series of those metrics has the label.
    case noLabel(LabelMatcher, known: [String])
    /// None has a value that fits.
    case noValue(LabelMatcher, known: [String])
    /// A regular expression that is none.
    case noPattern(LabelMatcher)
  }

  /// O(series of the named metrics × matchers)
  func resolve(_ matchers: [LabelMatcher]) -> Resolution {
    var tests: [(LabelMatcher, MatcherTest)] = []
    for matcher in matchers {
      guard let test = try? MatcherTest(matcher) else { return .noPattern(matcher) }
      tests.append((matcher, test))
    }
    let names = tests.filter { $0.0.name == LabelSet.metricName }
    var candidates: [ServedSeries]
    let foreign = ServedSeries(name: "", agent: nil, labels: [:], isOpen: true)
    if let exact = names.first(where: { $0.0.operation == .equal })?.0.value {
      candidates = byName[exact] ?? []
      if external.contains(where: { $0.matches(exact) }) { candidates.append(foreign) }
    } else {
      candidates = byName.filter { entry in names.allSatisfy { $0.1.accepts(value: entry.key) } }.flatMap(\.value)
      // Whether two patterns have a name in common is not worked out.
      if candidates.isEmpty, !external.isEmpty { candidates = [foreign] }
    }
    if candidates.isEmpty {
      return .noMetric(names.map { $0.0.operation == .equal ? $0.0.value : "\($0.0)" }.joined(separator: ", "))
    }
    for (matcher, test) in tests where matcher.name != LabelSet.metricName {
      let left = candidates.filter { $0.canFit(test, matcher.name) }
      if left.isEmpty {
        let known = candidates.contains { $0.labels[matcher.name] != nil }
        if !known { return .noLabel(matcher, known: Set(candidates.flatMap(\.labels.keys)).sorted()) }
        let values = candidates.flatMap { series -> Set<String> in
          if case .among(let values)? = series.labels[matcher.name] { values } else { [] }
        }
        return .noValue(matcher, known: Set(values).sorted())
      }
      candidates = left
    }
    return .found(candidates)
  }
}

extension ServedSeries {
  fileprivate func canFit(_ test: MatcherTest, _ label: String) -> Bool {
    switch labels[label] {
    case .any?: true
    case .among(let values)?: values.contains { test.accepts(value: $0) }
    // A label that a series lacks has the empty value.
    case nil: isOpen || test.accepts(value: "")
    }
  }
}

extension ExpressionReader.Selector {
  fileprivate var metricName: String? {
    matchers.first { $0.name == LabelSet.metricName && $0.operation == .equal }?.value
  }
}

extension ExpressionReader.Reading {
  /// The metrics that it names.
  fileprivate var names: Set<String> { Set(selectors.compactMap(\.metricName)) }
}

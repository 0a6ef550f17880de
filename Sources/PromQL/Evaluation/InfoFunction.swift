import FleetModel

/// What `info(v, {…})` asks for: which info metrics there are to be, and which of their labels.
struct InfoQuery {
  /// Labels by which a series finds its info series.
  static let identifying = ["instance", "job"]

  /// Of the metrics' names.
  let names: [LabelMatcher]
  /// By label; empty for all labels.
  let data: [String: [LabelMatcher]]
  /// When the info series are looked at, relative to the step: as the first selector of the argument is.
  let shift: TimeShift

  init(_ node: FunctionCall) {
    var names: [LabelMatcher] = []
    var data: [String: [LabelMatcher]] = [:]
    if node.arguments.count > 1, case .vector(let selector) = node.arguments[1].unwrapped {
      for matcher in selector.matchers {
        if matcher.name == LabelSet.metricName {
          names.append(matcher)
        } else {
          data[matcher.name, default: []].append(matcher)
        }
      }
    }
    self.names = names.isEmpty ? [LabelMatcher(LabelSet.metricName, .equal, "target_info")] : names
    self.data = data
    shift = node.arguments.first.flatMap { Self.shift(of: $0, within: TimeShift()) } ?? TimeShift()
  }

  var matchers: [LabelMatcher] { names + data.keys.sorted().flatMap { data[$0] ?? [] } }

  private static func shift(of expression: Expression, within outer: TimeShift) -> TimeShift? {
    func inner(_ shift: TimeShift) -> TimeShift {
      if shift.anchor != nil { return shift }
      return TimeShift(anchor: outer.anchor, offset: outer.offset + shift.offset)
    }
    switch expression {
    case .vector(let node): return inner(node.shift)
    case .matrix(let node): return inner(node.selector.shift)
    case .subquery(let node): return shift(of: node.expression, within: inner(node.shift))
    default:
      for child in expression.children {
        if let found = shift(of: child, within: outer) { return found }
      }
      return nil
    }
  }
}

extension LabelMatcher {
  /// Whether a label of this value (empty where there is none) is matched.
  func accepts(_ text: String) throws(QueryError) -> Bool {
    if operation == .equal { return text == value }
    if operation == .notEqual { return text != value }
    do {
      return try LabelPattern(value).matches(text) == (operation == .matches)
    } catch {
      throw .execution("\(error)")
    }
  }
}

extension Evaluator {
  /// Adds labels of info series to the series with the same `instance` and `job` (prometheus/prometheus `promql/info.go`).
  func info(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let base = try vector(node.arguments[0], grid)
    let query = InfoQuery(node)
    if grid.count == 0 { return base }
    let infos = try InfoSeries.found(query, grid, self)
    var isInfo: [Bool] = []
    for labels in base.labels {
      var matches = true
      for matcher in query.names { matches = try matcher.accepts(labels.metricName) && matches }
      isInfo.append(matches)
    }
    var acceptsNone = true
    for matcher in query.data.values.joined() { acceptsNone = try matcher.accepts("") && acceptsNone }
    var rows: [LabelSet: Int] = [:]
    var result = SeriesMatrix.empty(steps: grid.count)
    result.isDistinctWithoutName = false
    for row in 0..<base.count {
      try budget.checkpoint(grid.count)
      let labels = base.shownLabels(row)
      for step in 0..<grid.count {
        guard let sample = base.sample(row, step) else { continue }
        var enriched = labels
        if !isInfo[row] {
          try budget.checkpoint(infos.count)
          let added = try InfoSeries.labels(for: labels, infos, step, query)
          if added == nil, !acceptsNone { continue }
          for label in added ?? [:] { enriched = enriched.setting(label.key, to: label.value) }
        }
        if rows[enriched] == nil {
          // Labels are added to each series: they take memory beside the points.
          try budget.hold(grid.count + enriched.encoded.count / 16)
          rows[enriched] = result.addRow(enriched)
        }
        guard let target = rows[enriched] else { continue }
        guard Point.isAbsent(result.value(target, step)) else {
          throw .execution("vector cannot contain metrics with the same labelset")
        }
        try budget.hold(sample)
        result.set(sample, target, step)
      }
    }
    return result
  }
}

/// One info series and the time of its latest sample at each step.
struct InfoSeries {
  let labels: LabelSet
  /// `nil` where there is none.
  let times: [Int64?]

  static func found(_ query: InfoQuery, _ grid: StepGrid, _ evaluator: Evaluator) throws(QueryError) -> [InfoSeries] {
    let times = query.shift.times(of: grid, in: evaluator.outer)
    let lookback = evaluator.options.lookback
    let selected = evaluator.data.series(query.matchers, from: times.first - lookback + 1, through: times.last)
    let series = try evaluator.decoded(selected)
    return try series.map { (one: SelectedSeries) throws(QueryError) -> InfoSeries in
      // A time that may be missing takes as much as two points.
      try evaluator.budget.hold(grid.count * 2)
      try evaluator.budget.checkpoint(grid.count)
      if !one.histograms.isEmpty { throw .execution("info sample should be float") }
      let latest = (0..<grid.count).map { step -> Int64? in
        let time = times.isFixed ? times.first : times.first + Int64(step) * grid.step
        let next = one.samples.timestamps.withUnsafeBufferPointer { Evaluator.firstIndex(in: $0, after: time) }
        guard next > 0, one.samples.timestamps[next - 1] > time - lookback,
          !StaleMarker.isStale(one.samples.values[next - 1])
        else { return nil }
        return one.samples.timestamps[next - 1]
      }
      return InfoSeries(labels: one.labels, times: latest)
    }
  }

  /// The labels that info series add to a series at a step; `nil` if none of them belongs to it.
  static func labels(
    for base: LabelSet, _ infos: [InfoSeries], _ step: Int, _ query: InfoQuery
  ) throws(QueryError) -> [String: String]? {
    if InfoQuery.identifying.allSatisfy({ base[$0] == nil }) { return nil }
    // The latest of each metric.
    var chosen: [String: (info: InfoSeries, time: Int64)] = [:]
    for info in infos {
      guard let time = info.times[step], InfoQuery.identifying.allSatisfy({ base[$0] == info.labels[$0] }) else {
        continue
      }
      let name = info.labels.metricName
      guard let known = chosen[name] else {
        chosen[name] = (info, time)
        continue
      }
      if known.time == time {
        throw .execution(
          "found duplicate series for info metric: existing \(known.info.labels.flatDescription) @ \(known.time), "
            + "new \(info.labels.flatDescription) @ \(time)")
      }
      if known.time < time { chosen[name] = (info, time) }
    }
    if chosen.isEmpty { return nil }
    var added: [String: String] = [:]
    for name in chosen.keys.sorted() {
      for label in chosen[name]?.info.labels ?? LabelSet() where label.name != LabelSet.metricName {
        if !query.data.isEmpty, query.data[label.name] == nil { continue }
        if let known = added[label.name], known != label.value {
          throw .execution("conflicting label: \(label.name)")
        }
        if base[label.name] == nil { added[label.name] = label.value }
      }
    }
    return added
  }
}

import FleetModel

/// `anchored` and `smoothed` selectors: what a window begins and ends with is a sample outside of it, or lies between two
/// (https://github.com/prometheus/proposals, PROM-52).
extension Evaluator {
  /// The samples of one series in order; `nil` where it has ended.
  fileprivate struct Timeline {
    var times: [Int64] = []
    var samples: [MixedSample?] = []

    init(_ series: SelectedSeries) {
      var number = 0
      let numbers = series.samples
      func addNumber(_ timeline: inout Timeline) {
        let value = numbers.values[number]
        timeline.times.append(numbers.timestamps[number])
        timeline.samples.append(StaleMarker.isStale(value) ? nil : .number(value))
        number += 1
      }
      for (time, histogram) in zip(series.histograms.timestamps, series.histograms.values) {
        while number < numbers.count, numbers.timestamps[number] < time { addNumber(&self) }
        times.append(time)
        samples.append(histogram.isStale ? nil : .histogram(histogram))
      }
      while number < numbers.count { addNumber(&self) }
    }

    /// The first index whose time is after `time`.
    func index(after time: Int64) -> Int { times.withUnsafeBufferPointer { Evaluator.firstIndex(in: $0, after: time) } }
  }

  func isExtended(_ expression: Expression) -> Bool {
    switch expression.unwrapped {
    case .vector(let node): node.extending != nil
    case .call(let node):
      node.arguments.contains { argument in
        if case .matrix(let matrix) = argument.unwrapped { return matrix.selector.extending != nil }
        return false
      }
    default: false
    }
  }

  private func timelines(
    _ node: VectorSelector, from: Int64, through: Int64
  ) throws(QueryError) -> [(labels: LabelSet, timeline: Timeline)] {
    guard
      case .decoded(let series) = hinted(
        .decoded(try decoded(data.series(node.matchers, from: from, through: through))))
    else { return [] }
    return try series.map { (one: SelectedSeries) throws(QueryError) -> (labels: LabelSet, timeline: Timeline) in
      let count = one.samples.count + one.histograms.count
      // A time and a sample, whose histogram is shared with the series.
      try budget.hold(count * 2)
      try budget.checkpoint(count)
      return (one.labels, Timeline(one))
    }
  }

  /// `selector smoothed`: between two samples by a straight line.
  func extendedInstant(_ node: VectorSelector, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let times = node.shift.times(of: grid, in: outer)
    if grid.count == 0 { return .empty(steps: 0) }
    let lookback = options.lookback
    let series = try timelines(node, from: times.first - lookback + 1, through: times.last + lookback)
    try budget.hold(series.count * grid.count)
    var matrix = SeriesMatrix(
      labels: series.map(\.labels), steps: grid.count, dropsName: false, isDistinctWithoutName: node.metricName != nil)
    for (row, one) in series.enumerated() {
      try budget.checkpoint(grid.count)
      let remarks = WindowRemarks(metric: one.labels.metricName, range: node.range)
      for step in 0..<grid.count {
        let time = times.isFixed ? times.first : times.first + Int64(step) * grid.step
        let next = one.timeline.index(after: time)
        guard next > 0, one.timeline.times[next - 1] > time - lookback, let before = one.timeline.samples[next - 1]
        else {
          continue
        }
        let start = one.timeline.times[next - 1]
        guard start < time, next < one.timeline.times.count, one.timeline.times[next] <= time + lookback,
          let after = one.timeline.samples[next]
        else {
          matrix.set(before, row, step)
          continue
        }
        let share = Double(time - start) / Double(one.timeline.times[next] - start)
        let sample = before.between(after, share, .plain, remarks, &annotations)
        try budget.hold(sample)
        matrix.set(sample, row, step)
      }
    }
    return matrix
  }

  /// A function over an anchored or smoothed selector; `nil` if the call is none.
  func extendedWindows(_ call: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix? {
    guard let position = call.function.arguments.firstIndex(of: .matrix),
      case .matrix(let node) = call.arguments[position].unwrapped, let kind = node.selector.extending
    else { return nil }
    let name = call.function.name
    let allowed =
      kind == .anchored ? ["changes", "delta", "increase", "rate", "resets"] : ["delta", "increase", "rate"]
    guard allowed.contains(name) else {
      throw .execution(
        "\(kind.rawValue) modifier can only be used with: \(allowed.joined(separator: ", ")) - not with \(name)")
    }
    if grid.count == 0 { return .empty(steps: 0) }
    let times = node.selector.shift.times(of: grid, in: outer)
    let windows = WindowGrid(grid: grid, window: node.window, firstEnd: times.first, isFixed: times.isFixed)
    let lookback = options.lookback
    let series = try timelines(
      node.selector, from: times.first - node.window - lookback + 1,
      through: times.last + (kind == .smoothed ? lookback : 0))
    try budget.hold(series.count * grid.count)
    var matrix = SeriesMatrix(
      labels: series.map(\.labels), steps: grid.count, dropsName: true,
      isDistinctWithoutName: node.selector.metricName != nil)
    for (row, one) in series.enumerated() {
      let remarks = WindowRemarks(metric: one.labels.metricName, range: call.arguments[position].range)
      let function = ExtendedFunction(name: name, isSmoothed: kind == .smoothed, remarks: remarks)
      for step in 0..<grid.count {
        let end = windows.end(step)
        let start = end - node.window
        let from = one.timeline.index(after: start - lookback)
        let through = one.timeline.index(after: kind == .smoothed ? end + lookback : end)
        try budget.checkpoint(1 + max(0, through - from))
        var points: [ExtendedFunction.Point] = []
        for index in from..<max(from, through) {
          if let sample = one.timeline.samples[index] { points.append((one.timeline.times[index], sample)) }
        }
        let sample = function.value(points, from: start, through: end, &annotations)
        try budget.hold(sample)
        matrix.set(sample, row, step)
      }
    }
    return try matrix.droppingName()
  }
}

extension MixedSample {
  /// What a counter's fall between two samples means for a value between them.
  enum Edge {
    /// The samples are no counter's.
    case plain
    /// At a window's start: what was before the reset does not count.
    case start
    /// At its end: it goes on counting from there.
    case end
  }

  /// The value at `share` of the way to `next`; `nil`, with a remark, if the two do not fit together.
  func between(
    _ next: MixedSample, _ share: Double, _ edge: Edge, _ remarks: WindowRemarks, _ annotations: inout Annotations
  ) -> MixedSample? {
    switch (self, next) {
    case (.number(let a), .number(let b)):
      if edge == .start, b < a { return .number(b * share) }
      if edge == .end, b < a { return .number(a + b * share) }
      return .number(a + (b - a) * share)
    case (.histogram(let a), .histogram(let b)):
      let isReset = edge != .plain && b.isReset(after: a)
      if isReset, edge == .start { return .histogram(b.multiplied(by: share)) }
      do {
        let start = isReset ? a : a.multiplied(by: 1 - share)
        return .histogram(try start.adding(b.multiplied(by: share)).sum)
      } catch {
        annotations.mixedSchemas(remarks.metric, at: remarks.range)
        return nil
      }
    default:
      annotations.mixedFloatsAndHistograms(remarks.metric, at: remarks.range)
      return nil
    }
  }
}

/// A function over the samples around one window.
struct ExtendedFunction {
  typealias Point = (time: Int64, sample: MixedSample)

  let name: String
  let isSmoothed: Bool
  let remarks: WindowRemarks

  private var isCounter: Bool { name != "delta" }

  /// - Parameter points: from before the window's start to its end, or beyond it for `smoothed`.
  func value(
    _ points: [Point], from start: Int64, through end: Int64, _ annotations: inout Annotations
  ) -> MixedSample? {
    guard let newest = points.indices.last else { return nil }
    let first = max(0, (points.firstIndex { $0.time > start } ?? points.count) - 1)
    let last = isSmoothed ? points.firstIndex { $0.time >= end } ?? newest : newest
    guard points[last].time > start, first <= last else { return nil }
    let used = Array(points[first...last])
    switch name {
    case "changes":
      return .number(MixedFunction.transitions(used.map(\.sample)) { !$1.isIdentical(to: $0) })
    case "resets":
      return .number(
        MixedFunction.transitions(used.map(\.sample)) {
          $1.isReset(after: $0)
        } numbers: {
          $1 < $0
        })
    default: break
    }
    guard let left = edge(used, at: start, of: start, isStart: true, &annotations),
      let right = edge(used, at: end, of: start, isStart: false, &annotations)
    else { return nil }
    let inner = used.filter { $0.time > start && $0.time < end }.map(\.sample)
    let difference: MixedSample?
    switch (left, right) {
    case (.number(let a), .number(let b)): difference = numbers(a, inner, b, &annotations)
    case (.histogram(let a), .histogram(let b)):
      remark(used, &annotations)
      difference = histograms(
        a, inner, b, startsBetween: isSmoothed && used[0].time < start,
        endsBetween: isSmoothed && used[used.count - 1].time > end, &annotations)
    default:
      annotations.mixedFloatsAndHistograms(remarks.metric, at: remarks.range)
      return nil
    }
    let seconds = name == "rate" ? Double(end - start) / 1000 : 1
    switch difference {
    case .number(let value): return .number(value / seconds)
    case .histogram(var value):
      value = value.divided(by: seconds).compacted
      value.resetHint = .gauge
      return .histogram(value)
    case nil: return nil
    }
  }

  /// The value at the start or the end of the window that begins at `start`.
  private func edge(
    _ points: [Point], at time: Int64, of start: Int64, isStart: Bool, _ annotations: inout Annotations
  ) -> MixedSample? {
    let place = isStart ? 0 : points.count - 1
    let isBetween = isStart ? points[place].time < time : points[place].time > time
    guard isSmoothed, isBetween, points.count > 1 else { return points[place].sample }
    let a = points[isStart ? 0 : place - 1]
    let b = points[isStart ? 1 : place]
    let share = Double(time - a.time) / Double(b.time - a.time)
    // Where both ends lie between the same two samples, what was before a reset counts at neither.
    let countsOn = !isStart && (points.count > 2 || points[0].time >= start)
    let edge = !isCounter ? MixedSample.Edge.plain : countsOn ? .end : .start
    return a.sample.between(b.sample, share, edge, remarks, &annotations)
  }

  private func numbers(
    _ left: Double, _ inner: [MixedSample], _ right: Double, _ annotations: inout Annotations
  ) -> MixedSample? {
    var result = right - left
    var previous = left
    for sample in inner {
      guard case .number(let value) = sample else {
        annotations.mixedFloatsAndHistograms(remarks.metric, at: remarks.range)
        return nil
      }
      if isCounter, value < previous { result += previous }
      previous = value
    }
    if isCounter, right < previous { result += previous }
    return .number(result)
  }

  /// - Parameters startsBetween, endsBetween: the ends lie between two samples; a reset there has been taken into account.
  private func histograms(
    _ left: NativeHistogram, _ inner: [MixedSample], _ right: NativeHistogram, startsBetween: Bool, endsBetween: Bool,
    _ annotations: inout Annotations
  ) -> MixedSample? {
    do {
      var total = HistogramSum(right)
      try total.add(left, times: -1)
      var previous = left
      var isKnown = startsBetween
      for sample in inner {
        guard case .histogram(let next) = sample else {
          annotations.mixedFloatsAndHistograms(remarks.metric, at: remarks.range)
          return nil
        }
        if isCounter, !isKnown, next.isReset(after: previous) { try total.add(previous) }
        isKnown = false
        previous = next
      }
      if isCounter, !isKnown, !endsBetween, right.isReset(after: previous) { try total.add(previous) }
      return .histogram(total.value)
    } catch {
      annotations.mixedSchemas(remarks.metric, at: remarks.range)
      return nil
    }
  }

  private func remark(_ points: [Point], _ annotations: inout Annotations) {
    func isGauge(_ point: Point) -> Bool {
      if case .histogram(let histogram) = point.sample { return histogram.resetHint == .gauge }
      return false
    }
    if isCounter {
      if points.contains(where: isGauge) { annotations.noCounterHistogram(remarks.metric, at: remarks.range) }
    } else if let first = points.first, let last = points.last, !isGauge(first) || !isGauge(last) {
      annotations.noGaugeHistogram(remarks.metric, at: remarks.range)
    }
  }
}

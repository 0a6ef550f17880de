import FleetModel

extension Evaluator {
  func call(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> Value {
    if node.function.result == .scalar { return .scalar(try scalarCall(node, grid)) }
    return .vector(try vectorCall(node, grid))
  }

  private func scalarCall(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> [Double] {
    let name = node.function.name
    if let value = timeScalar(name, grid) { return value }
    if name == "scalar" { return try single(node, grid) }
    let pairs = zip(try scalar(node.arguments[0], grid), try scalar(node.arguments[1], grid))
    return pairs.map { name == "min_of" ? Self.smaller($0, $1) : Self.larger($0, $1) }
  }

  private func vectorCall(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let name = node.function.name
    if let change = ElementwiseFunctions.table[name] { return try elementwise(change, node, grid) }
    if let part = CalendarPart(rawValue: name) { return try calendar(part, node, grid) }
    switch name {
    case "clamp", "clamp_min", "clamp_max", "round": return try bounded(node, grid)
    case "absent", "absent_over_time": return try absent(node, grid)
    case "vector": return SeriesMatrix(unlabelled: try scalar(node.arguments[0], grid))
    case "timestamp": return try timestamp(node, grid)
    case "sort", "sort_desc": return try sort(node, grid)
    case "sort_by_label", "sort_by_label_desc": return try sortByLabel(node, grid)
    case "info": return try info(node, grid)
    case "label_replace": return try replaceLabel(node, grid)
    case "label_join": return try joinLabels(node, grid)
    case "histogram_quantile": return try histogramQuantile(node, grid)
    case "histogram_quantiles": return try histogramQuantiles(node, grid)
    case "histogram_fraction": return try histogramFraction(node, grid)
    case "histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar":
      return try histogramNumber(node, grid)
    default: return try windowCall(node, grid)
    }
  }

  private func elementwise(
    _ change: (Double) -> Double, _ node: FunctionCall, _ grid: StepGrid
  ) throws(QueryError) -> SeriesMatrix {
    try vector(node.arguments[0], grid).mapped(change).droppingName()
  }

  /// A function over a range vector.
  private func windowCall(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    if let matrix = try extendedWindows(node, grid) { return matrix }
    if data.hasHistograms, let matrix = try mixedWindows(node, grid) {
      return matrix.dropsName ? try matrix.droppingName() : matrix
    }
    guard let rows = try windowRows(node, grid) else { throw .execution("BUG: no function \(node.function.name)") }
    let matrix = try matrix(of: rows, grid)
    return matrix.dropsName ? try matrix.droppingName() : matrix
  }

  /// Functions of the time alone; `nil` if `name` is none.
  private func timeScalar(_ name: String, _ grid: StepGrid) -> [Double]? {
    switch name {
    case "time": (0..<grid.count).map { Double(grid.time($0)) / 1000 }
    case "pi": [Double](repeating: .pi, count: grid.count)
    case "start": [Double](repeating: Double(outer.start) / 1000, count: grid.count)
    case "end": [Double](repeating: Double(outer.last) / 1000, count: grid.count)
    case "range": [Double](repeating: Double(outer.last - outer.start) / 1000, count: grid.count)
    case "step": [Double](repeating: isRange ? Double(outer.step) / 1000 : 0, count: grid.count)
    default: nil
    }
  }

  /// `clamp` and its kin, and `round`.
  private func bounded(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let input = try vector(node.arguments[0], grid)
    func parameter(_ index: Int) throws(QueryError) -> [Double] { try scalar(node.arguments[index], grid) }
    switch node.function.name {
    case "clamp":
      let low = try parameter(1)
      let high = try parameter(2)
      return try input.mappedByStep { value, step in
        high[step] < low[step] ? Point.absent : Self.larger(low[step], Self.smaller(high[step], value))
      }.droppingName()
    case "clamp_min":
      let low = try parameter(1)
      return try input.mappedByStep { Self.larger(low[$1], $0) }.droppingName()
    case "clamp_max":
      let high = try parameter(1)
      return try input.mappedByStep { Self.smaller(high[$1], $0) }.droppingName()
    default:
      let units = node.arguments.count > 1 ? try parameter(1) : [Double](repeating: 1, count: grid.count)
      return try input.mappedByStep { value, step in
        // Dividing once by the inverse keeps whole numbers whole.
        let inverse = 1 / units[step]
        return (value * inverse + 0.5).rounded(.down) / inverse
      }.droppingName()
    }
  }

  /// As Go's `math.Max` and `math.Min`: what is not a number wins, but not over the end of all numbers.
  private static func larger(_ a: Double, _ b: Double) -> Double {
    if a == .infinity || b == .infinity { return .infinity }
    return a.isNaN || b.isNaN ? .nan : max(a, b)
  }

  private static func smaller(_ a: Double, _ b: Double) -> Double {
    if a == -.infinity || b == -.infinity { return -.infinity }
    return a.isNaN || b.isNaN ? .nan : min(a, b)
  }

  /// The value of the only series at each step, NaN where there is none or more than one; histograms do not count.
  private func single(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> [Double] {
    let input = try vector(node.arguments[0], grid).withoutHistograms
    var counts = [Int](repeating: 0, count: grid.count)
    var values = [Double](repeating: .nan, count: grid.count)
    for row in 0..<input.count {
      for step in 0..<grid.count where !Point.isAbsent(input.value(row, step)) {
        counts[step] += 1
        values[step] = counts[step] == 1 ? input.value(row, step) : .nan
      }
    }
    return values
  }

  private func timestamp(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    if case .vector(let selector) = node.arguments[0].unwrapped {
      return try sampleTimes(selector, grid).droppingName()
    }
    var matrix = try vector(node.arguments[0], grid)
    matrix.histograms = nil
    return try matrix.mappedByStep { _, step in Double(grid.time(step)) / 1000 }.droppingName()
  }

  private func sort(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let input = try vector(node.arguments[0], grid).withoutHistograms
    if isRange { annotations.sortInRangeQuery(at: node.range) }
    guard grid.count == 1 else { return input }
    let falls = node.function.name == "sort_desc"
    // What is not a number comes last either way; equals keep their order.
    let order = (0..<input.count).sorted { a, b in
      let x = input.values[a]
      let y = input.values[b]
      if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
      return x == y ? a < b : falls ? x > y : x < y
    }
    return input.picking(order)
  }

  private func sortByLabel(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let input = try vector(node.arguments[0], grid).withShownLabels
    if isRange { annotations.sortInRangeQuery(at: node.range) }
    guard grid.count == 1 else { return input }
    var names: [String] = []
    for argument in node.arguments.dropFirst() { names.append(try string(argument).text) }
    let falls = node.function.name == "sort_by_label_desc"
    let keys = input.labels.map { labels in names.map { labels[$0] ?? "" } }
    let order = (0..<input.count).sorted { a, b in
      for (x, y) in zip(keys[a], keys[b]) where x != y {
        return NaturalOrder.precedes(x, y) != falls
      }
      return LabelSet.precedes(input.labels[a], input.labels[b]) != falls
    }
    return input.picking(order)
  }

  /// One series with value 1 where `node`'s argument has none, with the labels that its matchers fix.
  private func absent(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let argument = node.arguments[0].unwrapped
    var present = [Bool](repeating: false, count: grid.count)
    var matchers: [LabelMatcher] = []
    if node.function.name == "absent" {
      let matrix = try vector(argument, grid)
      for row in 0..<matrix.count {
        for step in 0..<grid.count where !Point.isAbsent(matrix.value(row, step)) { present[step] = true }
      }
      if case .vector(let selector) = argument { matchers = selector.matchers }
    } else {
      let input = try rangeInput(argument, grid)
      var row = [Double](repeating: Point.absent, count: max(1, grid.count))
      for index in 0..<input.series.count {
        try worker.withSamples(of: input.series, index) { times, values in
          row.withUnsafeMutableBufferPointer { buffer in
            buffer.update(repeating: Point.absent)
            if let base = buffer.baseAddress {
              input.windows.sweep(PresentOverTime(), times, values, into: base, worker)
            }
          }
        }
        try worker.throwIfStopped()
        try worker.checkpoint(grid.count)
        for step in 0..<grid.count where !Point.isAbsent(row[step]) { present[step] = true }
      }
      if data.hasHistograms { markHistograms(of: input, in: &present) }
      if case .matrix(let selector) = argument { matchers = selector.selector.matchers }
    }
    var matrix = SeriesMatrix(unlabelled: present.map { $0 ? Point.absent : 1 })
    matrix.labels = [Self.fixedLabels(matchers)]
    return matrix
  }

  /// The labels that must have one value; a label with several matchers is left out.
  private static func fixedLabels(_ matchers: [LabelMatcher]) -> LabelSet {
    var values: [String: String] = [:]
    var seen: Set<String> = []
    for matcher in matchers where matcher.name != LabelSet.metricName {
      if matcher.operation == .equal, seen.insert(matcher.name).inserted {
        values[matcher.name] = matcher.value
      } else {
        values[matcher.name] = nil
      }
    }
    return LabelSet(values)
  }
}

import FleetModel

extension ScriptEvaluation {
  /// What is wrong with the answer; `nil` if it is as expected.
  func problem(_ engine: QueryEngine, _ store: ScriptStore) async -> String? {
    let outcome: QueryOutcome
    do throws(QueryError) {
      outcome = try await evaluate(engine, store)
    } catch {
      guard let failure else { return "failed: \(error)" }
      return failure.accepts(error.description) ? nil : "failed with \(GoText.quoted(error.description))"
    }
    if failure != nil { return "should have failed" }
    if let problem = annotationProblem(outcome.annotations) ?? valueProblem(outcome.value) { return problem }
    return await rerunProblem(engine, store)
  }

  private func evaluate(_ engine: QueryEngine, _ store: ScriptStore) async throws(QueryError) -> QueryOutcome {
    let parsed = try engine.parse(query)
    switch mode {
    case .instant(let time):
      return try await engine.instant(parsed, at: Timestamp(milliseconds: time), source: store)
    case .range(let from, let through, let step):
      return try await engine.range(
        parsed, from: Timestamp(milliseconds: from), through: Timestamp(milliseconds: through),
        step: .milliseconds(step), source: store)
    }
  }

  private func annotationProblem(_ annotations: Annotations) -> String? {
    for (kind, tests, isRefused) in [
      (Annotations.Kind.warning, warnings, refusesWarnings), (.info, infos, refusesInfos),
    ] {
      let texts = annotations.texts(kind, in: query)
      if isRefused, let text = texts.first { return "has \(GoText.quoted(text))" }
      if tests.isEmpty { continue }
      for test in tests where !texts.contains(where: test.accepts) { return "lacks a \(kind): has \(texts)" }
      for text in texts where !tests.contains(where: { $0.accepts(text) }) { return "has \(GoText.quoted(text))" }
    }
    return nil
  }

  func valueProblem(_ value: QueryValue) -> String? {
    switch value {
    case .scalar(let number, _):
      guard let scalar else { return "is the scalar \(number)" }
      return Self.isEqual(number, scalar) ? nil : "is \(number), not \(scalar)"
    case .string(let literal, _):
      return literal.text == string ? nil : "is the string \(GoText.quoted(literal.text))"
    case .vector(let samples): return scalar != nil || string != nil ? "is a vector" : vectorProblem(samples)
    case .matrix(let series): return matrixProblem(series)
    }
  }

  func vectorProblem(_ samples: [InstantSample]) -> String? {
    if isOrdered, samples.map(\.labels) != rows.map(\.labels) {
      return "is in the order \(samples.map(\.labels.description))"
    }
    var left = Dictionary(samples.map { ($0.labels, $0) }, uniquingKeysWith: { $1 })
    if left.count != samples.count { return "has the same labels twice" }
    for row in rows {
      guard let sample = left.removeValue(forKey: row.labels) else { return "lacks \(row.labels)" }
      if let expected = row.histograms[0] {
        if let problem = expected.problem(sample.histogram) { return "\(row.labels) \(problem)" }
        continue
      }
      guard let expected = row.values.first ?? nil else { return "expects nothing for \(row.labels)" }
      if let histogram = sample.histogram { return "\(row.labels) is \(histogram.text), not \(expected)" }
      if !Self.isEqual(sample.value, expected) { return "\(row.labels) is \(sample.value), not \(expected)" }
    }
    return left.first.map { "has \($0.key) = \($0.value.histogram?.text ?? "\($0.value.value)") too" }
  }

  private func matrixProblem(_ series: [ResultSeries]) -> String? {
    let start: Int64
    let step: Int64
    if let rangeVector {
      (start, step) = (rangeVector.from, rangeVector.step)
    } else if case .range(let from, _, let width) = mode {
      (start, step) = (from, width)
    } else {
      return "is a range vector"
    }
    var left = Dictionary(series.map { ($0.labels, $0) }, uniquingKeysWith: { $1 })
    if left.count != series.count { return "has the same labels twice" }
    if !zip(series, series.dropFirst()).allSatisfy({ LabelSet.precedes($0.labels, $1.labels) }) {
      return "is not sorted by labels"
    }
    for row in rows {
      guard let found = left.removeValue(forKey: row.labels) else { return "lacks \(row.labels)" }
      let problem =
        numberProblem(found.samples, row, from: start, step: step)
        ?? histogramProblem(found.histograms, row, from: start, step: step)
      if let problem { return "\(row.labels) \(problem)" }
    }
    return left.first.map { "has \($0.key) too" }
  }

  private func numberProblem(_ samples: SampleColumns, _ row: Row, from start: Int64, step: Int64) -> String? {
    var expected: [Int64: Double] = [:]
    for (index, value) in row.values.enumerated() {
      if let value { expected[start &+ Int64(index) &* step] = value }
    }
    for (time, value) in zip(samples.timestamps, samples.values) {
      guard let wanted = expected.removeValue(forKey: time) else { return "has \(value) at \(time)" }
      if !Self.isEqual(value, wanted) { return "is \(value) at \(time), not \(wanted)" }
    }
    return expected.keys.min().map { "lacks a value at \($0)" }
  }

  private func histogramProblem(
    _ histograms: HistogramColumns, _ row: Row, from start: Int64, step: Int64
  ) -> String? {
    var expected: [Int64: HistogramLiteral] = [:]
    for (index, literal) in row.histograms { expected[start &+ Int64(index) &* step] = literal }
    for (time, histogram) in zip(histograms.timestamps, histograms.values) {
      guard let wanted = expected.removeValue(forKey: time) else { return "has \(histogram.text) at \(time)" }
      if let problem = wanted.problem(histogram) { return "\(problem) at \(time)" }
    }
    return expected.keys.min().map { "lacks a histogram at \($0)" }
  }

  /// Equal, both not a number, or closer than a millionth.
  static func isEqual(_ value: Double?, _ expected: Double) -> Bool {
    guard let value else { return false }
    if StaleMarker.isStale(value) || StaleMarker.isStale(expected) { return value.bitPattern == expected.bitPattern }
    if value.isNaN || expected.isNaN { return value.isNaN && expected.isNaN }
    if value == expected { return true }
    if value == 0 || expected == 0 || value.isInfinite || expected.isInfinite { return false }
    return (value - expected).magnitude / (value.magnitude + expected.magnitude) < 1e-6
  }
}

extension HistogramLiteral {
  /// How `found` differs from what is written here: in layout at all, in counts by more than a millionth.
  func problem(_ found: NativeHistogram?) -> String? {
    guard let found = found?.compacted else { return "is no histogram" }
    let wanted = histogram.compacted
    func isEqual(_ a: [Double], _ b: [Double]) -> Bool {
      a.count == b.count && zip(a, b).allSatisfy { ScriptEvaluation.isEqual($0, $1) }
    }
    let isSame =
      found.schema == wanted.schema && found.positiveSpans == wanted.positiveSpans
      && found.negativeSpans == wanted.negativeSpans && found.customValues == wanted.customValues
      && isEqual(
        [found.count, found.sum, found.zeroCount, found.zeroThreshold],
        [wanted.count, wanted.sum, wanted.zeroCount, wanted.zeroThreshold])
      && isEqual(found.positiveBuckets, wanted.positiveBuckets)
      && isEqual(found.negativeBuckets, wanted.negativeBuckets)
    if !isSame { return "is \(found.text) in schema \(found.schema), not \(wanted.text) in schema \(wanted.schema)" }
    if namesHint, found.resetHint != wanted.resetHint {
      return "has the hint \(found.resetHint), not \(wanted.resetHint)"
    }
    return nil
  }
}

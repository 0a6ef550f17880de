import FleetModel

extension ScriptEvaluation {
  /// What is wrong with the answer; `nil` if it is as expected.
  func problem(_ engine: QueryEngine, _ store: ScriptStore) async -> String? {
    if expectsHistograms { return "native histograms are not supported" }
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
    var left = Dictionary(samples.map { ($0.labels, $0.value) }, uniquingKeysWith: { $1 })
    if left.count != samples.count { return "has the same labels twice" }
    for row in rows {
      guard let value = left.removeValue(forKey: row.labels) else { return "lacks \(row.labels)" }
      guard let expected = row.values.first ?? nil else { return "expects no number for \(row.labels)" }
      if !Self.isEqual(value, expected) { return "\(row.labels) is \(value), not \(expected)" }
    }
    return left.first.map { "has \($0.key) = \($0.value) too" }
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
    var left = Dictionary(series.map { ($0.labels, $0.samples) }, uniquingKeysWith: { $1 })
    if left.count != series.count { return "has the same labels twice" }
    if !zip(series, series.dropFirst()).allSatisfy({ LabelSet.precedes($0.labels, $1.labels) }) {
      return "is not sorted by labels"
    }
    for row in rows {
      guard let samples = left.removeValue(forKey: row.labels) else { return "lacks \(row.labels)" }
      var expected: [Int64: Double] = [:]
      for (index, value) in row.values.enumerated() {
        if let value { expected[start &+ Int64(index) &* step] = value }
      }
      for (time, value) in zip(samples.timestamps, samples.values) {
        guard let wanted = expected.removeValue(forKey: time) else { return "\(row.labels) has \(value) at \(time)" }
        if !Self.isEqual(value, wanted) { return "\(row.labels) is \(value) at \(time), not \(wanted)" }
      }
      if let missing = expected.keys.min() { return "\(row.labels) lacks a value at \(missing)" }
    }
    return left.first.map { "has \($0.key) too" }
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

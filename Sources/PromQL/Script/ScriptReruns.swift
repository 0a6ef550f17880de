import FleetModel

/// An evaluation of a script is also evaluated in other ways that must give the same: as a step of a range query, and at other
/// times with its own time put behind an `@`.
extension ScriptEvaluation {
  func rerunProblem(_ engine: QueryEngine, _ store: ScriptStore) async -> String? {
    guard case .instant(let time) = mode, !isOrdered, string == nil, rangeVector == nil,
      let parsed = try? engine.parse(query), !parsed.hasTimeDurations,
      !Self.calls(parsed.expression, Self.boundFunctions)
    else { return nil }
    if let problem = await asRange(parsed, time, engine, store) { return "as a range query: \(problem)" }
    if Self.calls(parsed.expression, Self.clockFunctions) { return nil }
    let anchored = parsed.expression.anchored(at: time)
    guard let again = try? engine.parse(anchored.description) else { return "\(anchored) does not read back" }
    for other in time == 0 ? [-1000, 0, 1000] : [-10 * time, 0, time / 5, time, 10 * time] {
      if let problem = await at(other, again, engine, store) { return "as \(anchored) at \(other): \(problem)" }
    }
    return nil
  }

  private static let boundFunctions: Set = ["start", "end", "range", "step"]
  private static let clockFunctions: Set = [
    "time", "timestamp", "predict_linear", "minute", "hour", "day_of_month", "day_of_week", "day_of_year",
    "days_in_month", "month", "year",
  ]

  /// Whether one of the functions is called, or (for those that name the query's range) stands behind an `@`.
  private static func calls(_ expression: Expression, _ names: Set<String>) -> Bool {
    var found = false
    expression.visit { part in
      switch part {
      case .call(let node): if names.contains(node.function.name) { found = true }
      case .vector(let node):
        if case .bound(let bound) = node.shift.anchor { found = found || names.contains(bound.rawValue) }
      case .subquery(let node):
        if case .bound(let bound) = node.shift.anchor { found = found || names.contains(bound.rawValue) }
      default: break
      }
    }
    return found
  }

  private func asRange(
    _ parsed: ParsedQuery, _ time: Int64, _ engine: QueryEngine, _ store: ScriptStore
  ) async -> String? {
    do throws(QueryError) {
      let outcome = try await engine.range(
        parsed, from: Timestamp(milliseconds: time - 60_000), through: Timestamp(milliseconds: time + 60_000),
        step: .seconds(60), source: store)
      guard case .matrix(let series) = outcome.value else { return "no matrix" }
      let moment = Timestamp(milliseconds: time)
      var samples: [InstantSample] = []
      for one in series {
        if let index = one.samples.timestamps.firstIndex(of: time) {
          samples.append(InstantSample(labels: one.labels, time: moment, value: one.samples.values[index]))
        } else if let index = one.histograms.timestamps.firstIndex(of: time) {
          samples.append(
            InstantSample(labels: one.labels, time: moment, value: .nan, histogram: one.histograms.values[index]))
        }
      }
      guard let scalar else { return vectorProblem(samples) }
      return Self.isEqual(samples.first?.value, scalar) ? nil : "is no \(scalar)"
    } catch {
      return "\(error)"
    }
  }

  private func at(
    _ time: Int64, _ parsed: ParsedQuery, _ engine: QueryEngine, _ store: ScriptStore
  ) async -> String? {
    do throws(QueryError) {
      return valueProblem(
        try await engine.instant(parsed, at: Timestamp(milliseconds: time), source: store).value)
    } catch {
      return "\(error)"
    }
  }
}

extension Expression {
  /// This expression with `@ time` at every selector and subquery that has no time of its own and is not within one that has.
  func anchored(at time: Int64) -> Expression {
    switch self {
    case .number, .string: return self
    case .vector(var node):
      if node.shift.anchor == nil { node.shift.anchor = .time(milliseconds: time) }
      return .vector(node)
    case .matrix(var node):
      if node.selector.shift.anchor == nil { node.selector.shift.anchor = .time(milliseconds: time) }
      return .matrix(node)
    case .subquery(var node):
      // What is within is evaluated at the subquery's own steps.
      if node.shift.anchor == nil { node.shift.anchor = .time(milliseconds: time) }
      return .subquery(node)
    case .parentheses(var node):
      node.expression = node.expression.anchored(at: time)
      return .parentheses(node)
    case .unary(var node):
      node.expression = node.expression.anchored(at: time)
      return .unary(node)
    case .binary(var node):
      node.left = node.left.anchored(at: time)
      node.right = node.right.anchored(at: time)
      return .binary(node)
    case .aggregation(var node):
      node.parameter = node.parameter?.anchored(at: time)
      node.expression = node.expression.anchored(at: time)
      return .aggregation(node)
    case .call(var node):
      node.arguments = node.arguments.map { $0.anchored(at: time) }
      return .call(node)
    }
  }
}

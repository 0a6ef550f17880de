import FleetModel
import TraceAnalysis

extension FleetAPI.TraceWindow {
  init(_ range: Range<Int64>) {
    self.init(
      start: RFC3339.format(nanoseconds: range.lowerBound), end: RFC3339.format(nanoseconds: range.upperBound),
      seconds: Double(range.count) / 1e9)
  }
}

extension FleetAPI.LatencyQuantiles {
  /// Of nanoseconds.
  fileprivate init(mean: Double?, p50: Int64?, p95: Int64?, p99: Int64?) {
    let milliseconds = { (value: Int64?) in value.map { Double($0) / 1e6 } }
    self.init(
      mean: mean.map { $0 / 1e6 }, p50: milliseconds(p50), p95: milliseconds(p95), p99: milliseconds(p99))
  }

  init(_ latency: DurationDistribution) {
    self.init(
      mean: latency.mean, p50: latency.quantile(0.5), p95: latency.quantile(0.95), p99: latency.quantile(0.99))
  }
}

extension FleetAPI.FleetCriticalPath {
  init(_ findings: FleetCriticalPath.Findings, range: Range<Int64>, limit: Int) {
    let operation = { (name: OperationName?) in
      name.map { Operation(agentID: $0.agent, operation: $0.operation) }
    }
    self.init(
      window: FleetAPI.TraceWindow(range), requests: findings.requests, spans: findings.spans,
      unfinishedRequests: findings.unfinished, fragments: findings.fragments,
      sampledRequests: findings.sampledRequests,
      latency: FleetAPI.LatencyQuantiles(
        mean: findings.mean, p50: findings.p50, p95: findings.p95, p99: findings.p99),
      p50Determinant: operation(findings.medianOperation), p95Determinant: operation(findings.tailOperation),
      operations: findings.rows.prefix(limit).map(Row.init))
  }
}

extension FleetAPI.FleetCriticalPath.Row {
  fileprivate init(_ row: FleetCriticalPath.Row) {
    self.init(
      agentID: row.key.agent, operation: row.key.operation, requests: row.requests,
      milliseconds: Double(row.time) / 1e6, share: row.share, p50Share: row.medianShare, p95Share: row.tailShare,
      p95Excess: row.tailExcess / 1e6,
      whatIf: row.whatIf.map {
        FleetAPI.FleetCriticalPath.WhatIf(
          fasterPercent: ($0.faster * 100).rounded(), p50Gain: Double($0.p50Gain) / 1e6,
          p95Gain: Double($0.p95Gain) / 1e6)
      })
  }
}

extension FleetAPI.CallGraph {
  init(_ graph: CallGraph, range: Range<Int64>) {
    let seconds = Double(range.count) / 1e9
    self.init(
      window: FleetAPI.TraceWindow(range), traces: graph.traces, spans: graph.spans,
      agents: graph.nodes.map {
        Node(
          agentID: $0.agent, spans: $0.spans, errors: $0.errors, calls: $0.calls,
          latency: FleetAPI.LatencyQuantiles($0.latency))
      },
      edges: graph.edges.map {
        Edge(
          caller: $0.caller, callee: $0.callee, calls: $0.calls, callsPerSecond: Double($0.calls) / seconds,
          errors: $0.errors, errorShare: $0.calls > 0 ? Double($0.errors) / Double($0.calls) : 0,
          latency: FleetAPI.LatencyQuantiles($0.latency))
      })
  }
}

extension FleetAPI.TraceComparison {
  init(
    _ comparison: TrafficComparison, before: (range: Range<Int64>, profile: TrafficProfile),
    after: (range: Range<Int64>, profile: TrafficProfile)
  ) {
    let side = { (range: Range<Int64>, profile: TrafficProfile) in
      Side(window: FleetAPI.TraceWindow(range), traces: profile.traces, spans: profile.spans)
    }
    self.init(
      before: side(before.range, before.profile), after: side(after.range, after.profile),
      operations: comparison.rows.map { row in
        Row(
          agentID: row.key.agent, operation: row.key.operation, before: Figures(row.before), after: Figures(row.after),
          rate: Verdict(row.rate), errors: Verdict(row.errors), latency: Verdict(row.latency), changed: row.isChanged)
      })
  }
}

extension FleetAPI.TraceComparison.Verdict {
  fileprivate init(_ verdict: TrafficComparison.Verdict) {
    self.init(probability: verdict.probability, changed: verdict.isChange)
  }
}

extension FleetAPI.TraceComparison.Figures {
  fileprivate init(_ figures: TrafficComparison.Figures) {
    self.init(
      spans: figures.count, errors: figures.errors, spansPerSecond: figures.rate, errorShare: figures.errorShare,
      latency: FleetAPI.LatencyQuantiles(mean: figures.mean, p50: figures.p50, p95: figures.p95, p99: figures.p99))
  }
}

extension FleetAPI.TraceAudit {
  init(_ findings: AuditFindings, range: Range<Int64>, atLeast confidence: AuditFindings.Confidence) {
    self.init(
      window: FleetAPI.TraceWindow(range), traces: findings.traces, spans: findings.spans,
      examinedShare: findings.examinedShare, edges: findings.edges(atLeast: confidence).map(Edge.init))
  }
}

extension FleetAPI.TraceAudit.Edge {
  fileprivate init(_ edge: AuditFindings.Edge) {
    self.init(
      caller: edge.caller, callee: edge.callee, linkedCalls: edge.linked, lostCalls: edge.lost,
      evidence: Dictionary(
        edge.lostByEvidence.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { first, _ in first }),
      confidence: edge.confidence.rawValue, chance: edge.chance,
      examples: edge.examples.map { example in
        FleetAPI.TraceAudit.Example(
          evidence: example.evidence.rawValue, confidence: example.confidence.rawValue,
          startTime: RFC3339.format(nanoseconds: example.start),
          caller: example.caller.map { FleetAPI.TraceAudit.SpanName($0, example.callerOperation ?? "") },
          callee: FleetAPI.TraceAudit.SpanName(example.callee, example.calleeOperation))
      })
  }
}

extension FleetAPI.TraceAudit.SpanName {
  fileprivate init(_ key: SpanKey, _ operation: String) {
    self.init(traceID: "\(key.traceID)", spanID: "\(key.spanID)", operation: operation)
  }
}

extension FleetAPI.TokenUsage {
  init(_ ledger: TokenLedger, range: Range<Int64>, limit: Int) {
    self.init(
      window: FleetAPI.TraceWindow(range), traces: ledger.traces, currency: ledger.prices.currency,
      total: Entry(ledger.total), agents: ledger.byAgent.map(Entry.init), models: ledger.byModel.map(Entry.init),
      conversations: ledger.byConversation.prefix(limit).map(Entry.init))
  }
}

extension FleetAPI.TokenUsage.Entry {
  fileprivate init(_ entry: TokenLedger.Entry) {
    self.init(
      name: entry.name, calls: entry.calls, inputTokens: entry.tokens.input, cachedTokens: entry.tokens.cached,
      outputTokens: entry.tokens.output, cost: entry.cost, unpricedCalls: entry.unpricedCalls)
  }
}

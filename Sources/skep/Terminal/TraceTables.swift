import ControlPlane

/// What the commands about traces print for people.
enum TraceTables {
  static func text(of list: FleetAPI.TraceList) -> String {
    var table = Table(
      ("STARTED", .left), ("TRACE", .left), ("STATUS", .left), ("DURATION", .right), ("SPANS", .right),
      ("AGENTS", .right), ("ROOT", .left))
    for trace in list.traces {
      let color: Terminal.Color? =
        switch trace.status {
        case "error", "lost": .red
        case "active": .cyan
        default: nil
        }
      table.add(
        .init(trace.startTime), .init(trace.traceID), .init(trace.status, color),
        .init(Wording.milliseconds(trace.durationMilliseconds)), .init(Wording.count(trace.spanCount)),
        .init(Wording.count(trace.agents.count)), .init("\(trace.rootAgentID) \(trace.rootOperation)"))
    }
    return table.isEmpty ? "no traces" : table.text
  }

  static func text(of path: FleetAPI.FleetCriticalPath) -> String {
    guard path.requests > 0 else { return "no finished requests in the window" }
    var lines = [
      "\(Wording.count(path.requests)) requests, p50 \(Wording.milliseconds(path.latency.p50)), "
        + "p95 \(Wording.milliseconds(path.latency.p95)), p99 \(Wording.milliseconds(path.latency.p99))"
        + (path.unfinishedRequests > 0 ? ", \(Wording.count(path.unfinishedRequests)) unfinished" : "")
    ]
    if path.fragments > 0 {
      lines.append(
        "\(Wording.count(path.fragments)) of them begin with an operation that others usually call: parts of requests whose "
          + "context was lost, see `skep trace audit`")
    }
    if let name = path.p50Determinant { lines.append("p50 is determined by \(Terminal.safe(name.text))") }
    if let name = path.p95Determinant { lines.append("p95 is determined by \(Terminal.safe(name.text))") }
    if path.sampledRequests < path.requests {
      lines.append(
        "p50, p95 and gains of operations are those of \(Wording.count(path.sampledRequests)) requests drawn")
    }
    let faster = path.operations.first?.whatIf.map { "\(Int($0.fasterPercent))%" } ?? []
    var table = Table(
      columns: [
        ("AGENT", .left), ("OPERATION", .left), ("REQUESTS", .right), ("SHARE", .right), ("OF P50", .right),
        ("OF P95", .right), ("EXCESS", .right),
      ] + faster.map { ("P50 -\($0)", .right) } + faster.map { ("P95 -\($0)", .right) })
    for row in path.operations {
      let gains = { (gain: (FleetAPI.FleetCriticalPath.WhatIf) -> Double) in
        faster.indices.map {
          Table.Cell(row.whatIf.indices.contains($0) ? Wording.milliseconds(gain(row.whatIf[$0])) : "-")
        }
      }
      table.add(
        [
          .init(row.agentID), .init(row.operation), .init(Wording.count(row.requests)), share(row.share),
          share(row.p50Share), share(row.p95Share), .init(Wording.milliseconds(row.p95Excess)),
        ] + gains(\.p50Gain) + gains(\.p95Gain))
    }
    return (lines + ["", table.text]).joined(separator: "\n")
  }

  static func text(of graph: FleetAPI.CallGraph) -> String {
    var table = Table(
      ("CALLER", .left), ("CALLEE", .left), ("CALLS", .right), ("PER SECOND", .right), ("ERRORS", .right),
      ("P50", .right), ("P95", .right), ("P99", .right))
    for edge in graph.edges {
      table.add(
        .init(edge.caller ?? "(outside)"), .init(edge.callee), .init(Wording.count(edge.calls)),
        .init(Wording.decimal(edge.callsPerSecond)), share(edge.errorShare, edge.errors > 0 ? .red : nil),
        .init(Wording.milliseconds(edge.latency.p50)), .init(Wording.milliseconds(edge.latency.p95)),
        .init(Wording.milliseconds(edge.latency.p99)))
    }
    return table.isEmpty ? "no traces" : table.text
  }

  /// - Parameter all: with operations that did not change.
  static func text(of comparison: FleetAPI.TraceComparison, all: Bool) -> String {
    let sides = [("before", comparison.before), ("after", comparison.after)].map { name, side in
      "\(name)  \(side.window.start) to \(side.window.end): \(Wording.count(side.traces)) traces, "
        + "\(Wording.count(side.spans)) spans"
    }
    if comparison.before.traces == 0 {
      return (sides + ["", "no traces before; nothing to compare with"]).joined(separator: "\n")
    }
    var table = Table(
      ("AGENT", .left), ("OPERATION", .left), ("RATE", .right), ("ERRORS", .right), ("P50", .right), ("P95", .right),
      ("CHANGED", .left))
    for row in comparison.operations where all || row.changed {
      let changed = [("rate", row.rate), ("errors", row.errors), ("latency", row.latency)]
        .filter(\.1.changed).map(\.0).joined(separator: ", ")
      let pair = { (before: String, after: String, verdict: FleetAPI.TraceComparison.Verdict) in
        Table.Cell("\(before) → \(after)", verdict.changed ? .yellow : nil)
      }
      table.add(
        .init(row.agentID), .init(row.operation),
        pair(
          "\(Wording.decimal(row.before.spansPerSecond))/s", "\(Wording.decimal(row.after.spansPerSecond))/s", row.rate),
        pair(Wording.percent(row.before.errorShare * 100), Wording.percent(row.after.errorShare * 100), row.errors),
        pair(
          Wording.milliseconds(row.before.latency.p50), Wording.milliseconds(row.after.latency.p50), row.latency),
        pair(
          Wording.milliseconds(row.before.latency.p95), Wording.milliseconds(row.after.latency.p95), row.latency),
        .init(changed.isEmpty ? "-" : changed))
    }
    return (sides + ["", table.isEmpty ? "nothing changed beyond noise" : table.text]).joined(separator: "\n")
  }

  static func text(of usage: FleetAPI.TokenUsage) -> String {
    guard usage.total.calls > 0 else { return "no spans with tokens in the window" }
    var table = Table(
      ("", .left), ("NAME", .left), ("CALLS", .right), ("INPUT", .right), ("CACHED", .right), ("OUTPUT", .right),
      ("COST \(usage.currency)", .right))
    let kinds = [
      ("total", [usage.total]), ("agent", usage.agents), ("model", usage.models), ("conversation", usage.conversations),
    ]
    for (kind, entries) in kinds {
      for entry in entries {
        let tokens = [entry.inputTokens, entry.cachedTokens, entry.outputTokens].map {
          Table.Cell(Wording.count(UInt64(max(0, $0))))
        }
        let cost = entry.cost.map { Wording.amount($0) + (entry.unpricedCalls > 0 ? "+" : "") } ?? "-"
        table.add([.init(kind), .init(entry.name), .init(Wording.count(entry.calls))] + tokens + [.init(cost)])
      }
    }
    var text = table.text
    if usage.total.unpricedCalls > 0 {
      text +=
        "\n\n\(Wording.count(usage.total.unpricedCalls)) calls went to models without a price; see `prices` in the system file"
    }
    return text
  }

  private static func share(_ share: Double, _ color: Terminal.Color? = nil) -> Table.Cell {
    .init(Wording.percent(share * 100), color)
  }
}

extension FleetAPI.FleetCriticalPath.Operation {
  fileprivate var text: String { "\(agentID), \(operation)" }
}

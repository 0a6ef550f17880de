import FleetModel

extension TraceAudit {
  /// What was found in all traces added so far. Takes `n log n` for the spans that were kept, times the moves of the estimate of
  /// chance; of these both are bounded (``AuditMatching/visitLimit``).
  public func findings() -> AuditFindings { findings(check: {}) }

  /// - Parameter check: is called now and then; throws to give up.
  public func findings(check: () throws -> Void) rethrows -> AuditFindings {
    try check()
    var edges: [UInt64: AuditFindings.Edge] = [:]
    addMissingParents(&edges)
    let matching = AuditMatching(self)
    let matches = try matching.matches(check: check)
    let byIdentifier: Set<AuditFindings.Evidence> = [.toolCall, .task, .conversation]
    let identified = Set(matches.lazy.filter { byIdentifier.contains($0.evidence) }.map(\.fragment))
    let chosen = matching.roots.indices.filter { !identified.contains($0) }
    let chances = try matching.chances(of: chosen, check: check)
    var explained: Set<Int> = []
    let rootCounts = matching.roots.reduce(into: [NameID: Int]()) { $0[$1.agent, default: 0] += 1 }
    for (edge, group) in Dictionary(grouping: matches, by: { Self.pair($0.site.agent, $0.callee) }) {
      let chance = chances[edge] ?? 1
      for match in group {
        guard let confidence = confidence(match, group, matching, rootCounts, chance: chance) else { continue }
        explained.insert(match.fragment)
        add(match, matching, confidence, chance: byIdentifier.contains(match.evidence) ? nil : chance, to: &edges)
      }
    }
    addUnusualRoots(matching.roots.indices.filter { !explained.contains($0) }.map { matching.roots[$0] }, &edges)
    let found = edges.values.map(finish)
    return AuditFindings(
      traces: traces, spans: spans, examinedShare: examinedShare,
      edges: found.sorted { ($1.lost, $0.callee, $0.caller ?? "") < ($0.lost, $1.callee, $1.caller ?? "") })
  }

  private var examinedShare: Double { highestSlice == .max ? 1 : Double(highestSlice) / Double(UInt64.max) }

  /// `nil` where chance explains it.
  private func confidence(
    _ match: AuditMatching.Match, _ group: [AuditMatching.Match], _ matching: AuditMatching,
    _ rootCounts: [NameID: Int], chance: Double
  ) -> AuditFindings.Confidence? {
    switch match.evidence {
    case .toolCall, .task: return .high
    case .conversation:
      if links.callees.contains(Self.pair(match.site.operation, match.callee)) { return .high }
      // Two agents that somebody else asks in one conversation share its id as well.
      let isKnown = links.calls[Self.pair(match.site.agent, match.callee)] != nil
      return isKnown || matching.names(match.site, match.callee) ? .medium : .low
    case .knownCallSite, .operationName: return chance <= 1e-6 ? .high : chance <= 1e-3 ? .medium : nil
    case .time:
      // Nothing but time speaks for it, so it has to be how most roots of that agent come about.
      let all = rootCounts[match.callee] ?? 0
      return chance <= 1e-6 && group.count >= 5 && group.count * 2 >= all ? .medium : nil
    case .missingParent, .unusualRoot: return nil
    }
  }

  private func add(
    _ match: AuditMatching.Match, _ matching: AuditMatching, _ confidence: AuditFindings.Confidence, chance: Double?,
    to edges: inout [UInt64: AuditFindings.Edge]
  ) {
    let root = matching.roots[match.fragment]
    let example = AuditFindings.Example(
      evidence: match.evidence, confidence: confidence, caller: match.site.key,
      callerOperation: index.pairs[match.site.operation].operation, callee: root.key,
      calleeOperation: index.pairs[root.operation].operation, start: root.start)
    add(1, example, caller: match.site.agent, callee: root.agent, to: &edges)
    let key = Self.pair(match.site.agent, root.agent)
    let known = edges[key]?.chance ?? 1
    if let chance { edges[key]?.chance = min(known, chance) }
  }

  private func add(
    _ count: Int, _ example: AuditFindings.Example, caller: NameID, callee: NameID,
    to edges: inout [UInt64: AuditFindings.Edge]
  ) {
    let key = Self.pair(caller, callee)
    var edge =
      edges[key]
      ?? AuditFindings.Edge(
        caller: agents[caller], callee: agents[callee] ?? "", linked: links.calls[key] ?? 0, losses: [:], chance: nil,
        examples: [])
    let ground = AuditFindings.Ground(evidence: example.evidence, confidence: example.confidence)
    edge.losses[ground, default: 0] += count
    edge.examples.append(example)
    edges[key] = edge
  }

  private func addMissingParents(_ edges: inout [UInt64: AuditFindings.Edge]) {
    for (kind, dangling) in danglingBy {
      let operation = kind.operation
      let caller = usualCaller(of: operation) ?? .none
      // Without a root the caller may be one that exports nothing, such as a browser or a gateway.
      let confidence: AuditFindings.Confidence = kind.isRooted ? .high : .low
      for (number, fragment) in dangling.examples.enumerated() {
        let example = AuditFindings.Example(
          evidence: .missingParent, confidence: confidence, caller: nil, callerOperation: nil, callee: fragment.key,
          calleeOperation: index.pairs[operation].operation, start: fragment.start)
        // The first example stands for those that are not shown, too.
        let count = number == 0 ? dangling.count - dangling.examples.count + 1 : 1
        add(count, example, caller: caller, callee: dangling.agent, to: &edges)
      }
    }
  }

  /// Roots of operations that are children nearly always.
  private func addUnusualRoots(_ roots: [AuditFragment], _ edges: inout [UInt64: AuditFindings.Edge]) {
    for root in roots {
      let called = links.called[root.operation] ?? 0
      let asRoot = links.roots[root.operation] ?? 0
      guard called >= 20, asRoot * 20 <= called, let caller = usualCaller(of: root.operation) else { continue }
      let example = AuditFindings.Example(
        evidence: .unusualRoot, confidence: .low, caller: nil, callerOperation: nil, callee: root.key,
        calleeOperation: index.pairs[root.operation].operation, start: root.start)
      add(1, example, caller: caller, callee: root.agent, to: &edges)
    }
  }

  /// The agent that makes nine of ten calls of an operation.
  private func usualCaller(of operation: Int) -> NameID? {
    guard let called = links.called[operation], called > 0 else { return nil }
    return agents.keys.first { (links.callers[Self.pair(operation, $0)] ?? 0) * 10 >= called * 9 }
  }

  /// Examples in order and not too many; counts of what was found in a part of the time, for all of it.
  private func finish(_ edge: AuditFindings.Edge) -> AuditFindings.Edge {
    var edge = edge
    // The surest first, then the earliest: those are shown, in order of time.
    let best = edge.examples.sorted {
      ($1.confidence, $0.start, $0.callee.spanID) < ($0.confidence, $1.start, $1.callee.spanID)
    }
    edge.examples = best.prefix(options.exampleLimit).sorted {
      ($0.start, $0.callee.spanID) < ($1.start, $1.callee.spanID)
    }
    let share = examinedShare
    if share < 1 {
      for (ground, count) in edge.losses where ground.evidence != .missingParent {
        edge.losses[ground] = Int((Double(count) / share).rounded())
      }
    }
    return edge
  }
}

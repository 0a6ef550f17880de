import FleetModel

/// Matches roots with the spans of other traces that may have called them.
struct AuditMatching {
  struct Match {
    /// The position of the root.
    var fragment: Int
    /// The root's agent.
    var callee: NameID
    var site: AuditSite
    var evidence: AuditFindings.Evidence
  }

  /// How many sites under way at one moment are looked at.
  static let siteLimit = 256
  /// Roots that take part in the estimate of chance.
  static let chanceLimit = 5_000
  /// How often the roots are moved along the time line.
  static let moves = 32
  /// Pairs of root and site that are looked at in one pass.
  static let visitLimit = 8_000_000

  private let links: TraceAudit.Links
  private let options: TraceAudit.Options
  /// Operations whose name has an agent's as a word of its own, with that agent.
  private let named: Set<UInt64>
  private let timeline: SiteTimeline
  let roots: [AuditFragment]

  init(_ audit: TraceAudit) {
    links = audit.links
    options = audit.options
    named = Self.named(audit.index.pairs, agents: audit.agents)
    // A producer's message may be taken up after its span has ended.
    timeline = SiteTimeline(
      audit.sites.map { site in
        var site = site
        if site.kind == .producer { site.end = max(site.end, site.end &+ audit.options.pickup) }
        return site
      })
    roots = audit.roots.sorted { ($0.start, $0.key.spanID) < ($1.start, $1.key.spanID) }
  }

  /// In order of time; no outgoing span answers for two roots. Where there are very many roots, fewer sites are looked at for
  /// each.
  ///
  /// - Parameter check: is called for each root; throws to give up.
  func matches(check: () throws -> Void) rethrows -> [Match] {
    var taken: Set<SpanKey> = []
    var found: [Match] = []
    var visits = 0
    let limit = max(8, min(Self.siteLimit, Self.visitLimit / max(1, roots.count)))
    for (position, root) in roots.enumerated() {
      try check()
      let match = best(
        for: root, movedBy: 0, skew: options.skew, taken: taken, limit: limit, ids: true, visits: &visits)
      guard let (site, evidence) = match else { continue }
      if site.isOutgoing { taken.insert(site.key) }
      found.append(Match(fragment: position, callee: root.agent, site: site, evidence: evidence))
    }
    return found
  }

  /// How likely chance alone lets as many roots of each edge find a site as do: by how many would if they lay elsewhere in time.
  ///
  /// Asked twice, with clocks that agree and with clocks that may be off: on one machine the first tells more.
  ///
  /// - Parameters:
  ///   - chosen: roots by position: those that no id explains. Drawn by lot where there are many, or each takes long.
  ///   - check: is called for each root; throws to give up.
  func chances(of chosen: [Int], check: () throws -> Void) rethrows -> [UInt64: Double] {
    let exact = try chances(of: chosen, skew: 0, check: check)
    let loose = try chances(of: chosen, skew: options.skew, check: check)
    return exact.merging(loose, uniquingKeysWith: min).mapValues { min(1, 2 * $0) }
  }

  private func chances(of chosen: [Int], skew: Int64, check: () throws -> Void) rethrows -> [UInt64: Double] {
    guard let earliest = timeline.sites.first?.start, !chosen.isEmpty else { return [:] }
    let tested =
      chosen.sorted { StableHash.mix(roots[$0].key.spanID.rawValue) < StableHash.mix(roots[$1].key.spanID.rawValue) }
      .prefix(Self.chanceLimit)
    var counts: [UInt64: (found: Int, elsewhere: Int)] = [:]
    let latest = timeline.sites.reduce(earliest) { max($0, $1.start) }
    let length = max(1, latest - earliest)
    var visits = 0
    // A root counts with all its moves or not at all, so that stopping early favours neither.
    for position in tested where visits < Self.visitLimit {
      try check()
      let root = roots[position]
      if let edge = edge(of: root, movedBy: 0, skew: skew, visits: &visits) { counts[edge, default: (0, 0)].found += 1 }
      for move in 0..<Self.moves {
        // Each move has its own offset, without a pattern that periodic work could share; the ends of time meet.
        let offset = Int64(StableHash.mix(UInt64(move)) % UInt64(length))
        let place = (root.start &- earliest &+ offset) % length
        let target = earliest &+ (place < 0 ? place &+ length : place)
        if let edge = edge(of: root, movedBy: target &- root.start, skew: skew, visits: &visits) {
          counts[edge, default: (0, 0)].elsewhere += 1
        }
      }
    }
    return counts.mapValues {
      // Where no move finds any, half of one is taken.
      Significance.poissonTail(atLeast: $0.found, expected: max(Double($0.elsewhere), 0.5) / Double(Self.moves))
    }
  }

  private func edge(of root: AuditFragment, movedBy offset: Int64, skew: Int64, visits: inout Int) -> UInt64? {
    best(for: root, movedBy: offset, skew: skew, taken: [], limit: Self.siteLimit, ids: false, visits: &visits)
      .map { TraceAudit.pair($0.site.agent, root.agent) }
  }

  private func best(
    for root: AuditFragment, movedBy offset: Int64, skew: Int64, taken: Set<SpanKey>, limit: Int, ids: Bool,
    visits: inout Int
  ) -> (site: AuditSite, evidence: AuditFindings.Evidence)? {
    let start = root.start &+ offset
    let end = root.end &+ offset
    var best: (site: AuditSite, evidence: AuditFindings.Evidence, rank: Rank)?
    timeline.covering(start &+ skew, through: start, limit: limit) { site in
      visits += 1
      guard site.agent != root.agent, site.key.traceID != root.key.traceID, covers(site, start, end, skew: skew),
        !taken.contains(site.key), let evidence = evidence(site, root, ids: ids)
      else { return }
      let rank = Rank(
        evidence: AuditFindings.Evidence.allCases.firstIndex(of: evidence) ?? .max,
        isUnknownSite: !isKnown(site, root), isMoved: site.start > start || site.end < end,
        isInner: !site.isOutgoing, length: site.end &- site.start, gap: (start &- site.start).magnitude,
        id: site.key.spanID)
      if let known = best, known.rank < rank { return }
      best = (site, evidence, rank)
    }
    return best.map { ($0.site, $0.evidence) }
  }

  /// Whether a caller was waiting all the time. Clocks may disagree, but not about how long something took.
  private func covers(_ site: AuditSite, _ start: Int64, _ end: Int64, skew: Int64) -> Bool {
    site.kind == .producer || (site.end >= end &- skew && site.end &- site.start >= end &- start)
  }

  /// Which of two sites is the likelier caller: the smaller rank.
  private struct Rank: Comparable {
    var evidence: Int
    /// Not known to call this agent.
    var isUnknownSite: Bool
    /// It covers the root only if its clock is off.
    var isMoved: Bool
    var isInner: Bool
    var length: Int64
    var gap: UInt64
    var id: SpanID

    static func < (left: Rank, right: Rank) -> Bool {
      if left.evidence != right.evidence { return left.evidence < right.evidence }
      if left.isUnknownSite != right.isUnknownSite { return right.isUnknownSite }
      if left.isMoved != right.isMoved { return right.isMoved }
      if left.isInner != right.isInner { return right.isInner }
      if left.length != right.length { return left.length < right.length }
      return left.gap != right.gap ? left.gap < right.gap : left.id < right.id
    }
  }

  private func isKnown(_ site: AuditSite, _ root: AuditFragment) -> Bool {
    links.callees.contains(TraceAudit.pair(site.operation, root.agent))
  }

  private func evidence(_ site: AuditSite, _ root: AuditFragment, ids: Bool) -> AuditFindings.Evidence? {
    let isKnown = isKnown(site, root)
    if ids, let same = site.ids.evidence(with: root.ids) {
      // The turns of a conversation are traces of their own by design: their roots are those of the first agent.
      if same != .conversation || isKnown || site.rootAgent != root.agent { return same }
    }
    if isKnown { return .knownCallSite }
    guard site.isOutgoing else { return nil }
    if names(site, root.agent) { return .operationName }
    return links.callingOperations.contains(site.operation) || site.rootAgent == root.agent ? nil : .time
  }

  /// Whether the operation's name has the agent's as a word of its own.
  func names(_ site: AuditSite, _ agent: NameID) -> Bool { named.contains(TraceAudit.pair(site.operation, agent)) }

  /// Linear in the names' lengths.
  private static func named(_ pairs: [OperationName], agents: [NameID: String]) -> Set<UInt64> {
    let numbers = Dictionary(agents.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    var named: Set<UInt64> = []
    for (operation, pair) in pairs.enumerated() {
      let words = pair.operation.utf8.split { byte in
        !(byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || (48...57).contains(byte)
          || (97...122).contains(byte | 32))
      }
      for word in words {
        guard let agent = numbers[String(decoding: word, as: UTF8.self)] else { continue }
        named.insert(TraceAudit.pair(operation, agent))
      }
    }
    return named
  }
}

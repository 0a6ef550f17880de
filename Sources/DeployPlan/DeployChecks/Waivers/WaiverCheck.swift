import FleetModel

/// Puts findings aside for which the system file or the object itself gives a reason, and finds waivers that are none.
struct WaiverCheck {
  private struct Entry {
    var waiver: Waiver
    /// The object whose annotation it is; `nil` for the system file.
    var owner: Manifest.ID?
    /// Where findings of it stand.
    var manifest: Manifest?
    var isUsed = false
    var isSound = true
  }

  static let annotation = "skep.dev/waive"

  private var entries: [Entry] = []
  /// Positions in `entries`, by rule.
  private var byRule: [String: [Int]] = [:]
  private var agents: [Manifest.ID: String] = [:]
  private var problems: [CheckFinding] = []

  /// The findings, those that are waived marked, and what is wrong with the waivers behind them.
  static func apply(to findings: [CheckFinding], manifests: [Manifest], system: FleetSystem?) -> [CheckFinding] {
    var check = WaiverCheck(manifests, system)
    let marked = findings.map { check.mark($0) }
    check.findUnused()
    return marked + check.problems
  }

  private init(_ manifests: [Manifest], _ system: FleetSystem?) {
    for waiver in system?.waivers ?? [] { entries.append(Entry(waiver: waiver)) }
    for manifest in manifests {
      agents[manifest.id] = manifest.labels["agent-id"]
      guard let text = manifest.annotations[Self.annotation] else { continue }
      for part in text.split(whereSeparator: { $0 == ";" || $0.isNewline }) {
        let colon = part.firstIndex(of: ":") ?? part.endIndex
        let reason = part[colon...].dropFirst()
        entries.append(
          Entry(
            waiver: Waiver(rule: Self.trimmed(part[..<colon]), reason: Self.trimmed(reason)), owner: manifest.id,
            manifest: manifest))
      }
    }
    for index in entries.indices {
      judge(index)
      if entries[index].isSound { byRule[entries[index].waiver.rule, default: []].append(index) }
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  private mutating func judge(_ index: Int) {
    let waiver = entries[index].waiver
    guard let rule = CheckRule.of(CheckRule.ID(waiver.rule)) else {
      let nearest = KeyDistance.nearest(to: waiver.rule, among: CheckRule.all.map(\.id.text))
      return tell(
        .unknownWaiver, index, "\"\(YAMLTree.shortened(waiver.rule))\" is no rule",
        mend: nearest.map { "did you mean \"\($0)\"?" })
    }
    if !rule.isWaivable {
      return tell(.unwaivable, index, "\(rule.id) (\(rule.title)) cannot be waived")
    }
    if waiver.reason.allSatisfy(\.isWhitespace) { tell(.noReason, index, "the waiver of \(rule.id) gives no reason") }
  }

  private mutating func tell(_ rule: CheckRule, _ index: Int, _ message: String, mend: String? = nil) {
    if rule.level == .error { entries[index].isSound = false }
    if let manifest = entries[index].manifest {
      let path = "metadata.annotations[\"\(Self.annotation)\"]"
      let node = manifest.tree["metadata"]?["annotations"]?[Self.annotation]
      problems.append(CheckFinding(rule, in: manifest, at: node, path: path, message: message, mend: mend))
    } else {
      problems.append(
        CheckFinding(
          rule: rule.id,
          diagnostic: Diagnostic(rule.level, path: "waivers[\(index)]", message: message, mend: mend ?? rule.mend)))
    }
  }

  private mutating func mark(_ finding: CheckFinding) -> CheckFinding {
    guard let index = byRule[finding.rule.text]?.first(where: { takes(entries[$0], finding) }) else { return finding }
    entries[index].isUsed = true
    var finding = finding
    finding.waiver = entries[index].waiver
    return finding
  }

  private func takes(_ entry: Entry, _ finding: CheckFinding) -> Bool {
    if let owner = entry.owner { return owner == finding.subject }
    if let agent = entry.waiver.agent {
      guard let subject = finding.subject, agents[subject] == agent.description else { return false }
    }
    guard let resource = entry.waiver.resource else { return true }
    return finding.subject.map { "\($0.kind)/\($0.name)" == resource } ?? false
  }

  private mutating func findUnused() {
    for index in entries.indices where entries[index].isSound && !entries[index].isUsed {
      tell(.idleWaiver, index, "the waiver of \(entries[index].waiver.rule) waives nothing")
    }
  }
}

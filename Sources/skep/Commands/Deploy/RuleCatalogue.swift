import DeployPlan
import FleetModel

/// The rules of `skep deploy check`, for people who met one.
enum RuleCatalogue {
  static func list(_ format: OutputFormat) throws {
    switch format {
    case .json: Terminal.print(try JSONText.of(CheckRule.all.map(Entry.init)))
    case .text:
      var table = Table(("RULE", .left), ("LEVEL", .left), ("TITLE", .left))
      for rule in CheckRule.all { table.add(.init(rule.id.text), .init(rule.level.rawValue), .init(rule.title)) }
      Terminal.print(table.text)
    }
  }

  /// - Throws: ``CommandFailure`` if there is no such rule.
  static func explain(_ id: String, _ format: OutputFormat) throws {
    guard let rule = CheckRule.of(CheckRule.ID(id.uppercased())) else {
      throw CommandFailure.badInput("there is no rule \"\(id)\"; skep deploy check --rules lists them")
    }
    switch format {
    case .json: Terminal.print(try JSONText.of(Entry(rule)))
    case .text:
      Terminal.print("\(rule.id) (\(rule.level.rawValue)): \(rule.title)\n")
      Terminal.print("Why: \(rule.reason)")
      Terminal.print("Mend: \(rule.mend)")
      Terminal.print(waiving(rule))
    }
  }

  private static func waiving(_ rule: CheckRule) -> String {
    guard rule.isWaivable else { return "It cannot be waived: the objects would not do what they say." }
    return """
      Put aside, with a reason, in the system file:

        waivers:
          - rule: \(rule.id)
            agent: AGENT              # only what belongs to it; optional
            resource: Kind/name       # only this object; optional
            reason: why it does not count here

      or in a manifest of somebody else's, by the annotation

        skep.dev/waive: "\(rule.id): why it does not count here"
      """
  }

  private struct Entry: Encodable {
    let id: String
    let level: String
    let title: String
    let reason: String
    let mend: String
    let waivable: Bool

    init(_ rule: CheckRule) {
      id = rule.id.text
      level = rule.level.rawValue
      title = rule.title
      reason = rule.reason
      mend = rule.mend
      waivable = rule.isWaivable
    }
  }
}

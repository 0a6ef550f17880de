import FleetModel

extension CheckRule {
  static let waivers = [noReason, unknownWaiver, unwaivable, idleWaiver]

  private static func rule(_ id: ID, _ level: Diagnostic.Level, _ title: String, _ reason: String, _ mend: String)
    -> CheckRule
  {
    CheckRule(id, level, title, reason: reason, mend: mend, isWaivable: false)
  }

  static let noReason = rule(
    "SKEP-W001", .error, "a waiver without a reason", "nobody can tell later whether it still holds",
    "say why, as \"RULE: reason\"")
  static let unknownWaiver = rule(
    "SKEP-W002", .error, "a waiver of no rule", "it waives nothing", "name a rule of the catalogue")
  static let unwaivable = rule(
    "SKEP-W003", .error, "a waiver of what a cluster refuses", "it stays refused whatever the reason", "mend the object"
  )
  static let idleWaiver = rule(
    "SKEP-W004", .warning, "a waiver that waives nothing", "it hides the next finding of its rule", "remove it")
}

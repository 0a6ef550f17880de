extension CheckRule {
  static let waivers: [CheckRule] = []
}

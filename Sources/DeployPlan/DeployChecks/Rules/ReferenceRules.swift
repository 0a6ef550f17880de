extension CheckRule {
  static let references: [CheckRule] = []
}

extension CheckRule {
  static let policy: [CheckRule] = []
}

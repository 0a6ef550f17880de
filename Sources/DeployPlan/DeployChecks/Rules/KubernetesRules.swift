extension CheckRule {
  static let kubernetes: [CheckRule] = []
}

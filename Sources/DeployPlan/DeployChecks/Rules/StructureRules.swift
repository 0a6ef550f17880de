extension CheckRule {
  static let structure: [CheckRule] = []
}

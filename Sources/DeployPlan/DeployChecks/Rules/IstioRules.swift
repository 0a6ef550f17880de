extension CheckRule {
  static let istio: [CheckRule] = []
}

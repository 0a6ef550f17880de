extension CheckRule {
  static let prometheusOperator: [CheckRule] = []
}

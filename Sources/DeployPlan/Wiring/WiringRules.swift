extension CheckRule {
  /// Whether what is rendered for monitoring selects what the fleet exposes.
  static let wiring: [CheckRule] = []
}

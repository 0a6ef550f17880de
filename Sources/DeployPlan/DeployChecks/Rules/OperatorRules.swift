import FleetModel

extension CheckRule {
  static let prometheusOperator = [
    monitorWithoutPort, monitorWithTwoPorts, longScrape, badExpressionText, badPrometheusRule, badRelabeling,
    experimentalExpression, largeRules,
  ]

  private static func wrong(
    _ id: ID, _ title: String, _ reason: String, _ mend: String, isWaivable: Bool = false
  ) -> CheckRule {
    CheckRule(id, .error, title, reason: reason, mend: mend, isWaivable: isWaivable)
  }

  static let monitorWithoutPort = wrong(
    "SKEP-O001", "an endpoint without a port",
    "the operator then makes no filter: every port of the endpoints is scraped, or none", "give port", isWaivable: true)
  static let monitorWithTwoPorts = wrong(
    "SKEP-O002", "an endpoint with two ports", "one wins and the other is passed over without a word",
    "keep one of the two", isWaivable: true)
  static let longScrape = wrong(
    "SKEP-O003", "a scrape timeout above its interval", "the operator refuses the monitor, so nothing is scraped",
    "shorten scrapeTimeout")
  static let badExpressionText = wrong(
    "SKEP-O004", "PromQL that does not parse",
    "the operator's webhook refuses it; without the webhook the whole group is left out",
    "mend the expression")
  static let badPrometheusRule = wrong(
    "SKEP-O005", "a rule that Prometheus does not take",
    "Prometheus refuses the rule file, and with it every group in it",
    "write an alert or a recording")
  static let badRelabeling = wrong(
    "SKEP-O006", "an endpoint that Prometheus does not take",
    "the operator refuses the monitor, or Prometheus its configuration",
    "mend the step")
  static let experimentalExpression = CheckRule(
    "SKEP-O007", .warning, "PromQL behind a feature flag",
    reason: "a Prometheus without the flag leaves the whole group out, as does the operator's webhook without it",
    mend: "start Prometheus with --enable-feature for it, or write it without", isWaivable: true)
  static let largeRules = wrong(
    "SKEP-O008", "a PrometheusRule above 512 KiB",
    "the operator puts it into a ConfigMap as one file, refuses that, and then syncs no rules at all",
    "split its groups over several PrometheusRules")
}

import FleetModel

extension CheckRule {
  /// Of level error where a system file says what there is, or where an object at hand contradicts; else warnings.
  static let references = [
    missingObject, missingKey, selectsNothing, missingPort, missingHost, missingSubset, emptySubset, undoneScaling,
    missingRequest, blockingBudget, sharedPods, twiceScaled, shutScrape,
  ]

  private static func reference(
    _ id: ID, _ title: String, _ reason: String, _ mend: String, level: Diagnostic.Level = .error
  ) -> CheckRule {
    CheckRule(id, level, title, reason: reason, mend: mend, isWaivable: true)
  }

  static let missingObject = reference(
    "SKEP-R001", "an object that is named and not there", "what names it does not start or has no effect",
    "add it, or declare it under external")
  static let missingKey = reference(
    "SKEP-R002", "a key that a ConfigMap or Secret does not have",
    "the container is not started (CreateContainerConfigError)",
    "name a key that it has")
  static let selectsNothing = reference(
    "SKEP-R003", "a selector that selects nothing", "what it belongs to has no effect, and nothing says so",
    "make the labels agree")
  static let missingPort = reference(
    "SKEP-R004", "a port that is not there", "requests are refused, or nothing is scraped, without a word",
    "name a port that is there")
  static let missingHost = reference(
    "SKEP-R005", "a host that is not there", "requests to it get a 503",
    "add its Service, or declare it under external.hosts")
  static let missingSubset = reference(
    "SKEP-R006", "a subset that no DestinationRule defines", "requests to it get a 503",
    "define it in a DestinationRule of the host")
  static let emptySubset = reference(
    "SKEP-R007", "a subset without pods", "requests to it get a 503 for as long as no pod bears its labels",
    "apply pods with these labels before requests are routed to it", level: .warning)
  static let undoneScaling = reference(
    "SKEP-R008", "replicas beside an autoscaler", "every apply undoes what the autoscaler did",
    "leave replicas out of the workload", level: .warning)
  static let missingRequest = reference(
    "SKEP-R009", "a utilization of nothing requested",
    "the autoscaler reports FailedGetResourceMetric and never scales",
    "give resources.requests")
  static let blockingBudget = reference(
    "SKEP-R010", "a disruption budget that blocks",
    "evictions are refused, so that nodes cannot be drained or updated",
    "let one pod at least be away", level: .warning)
  static let sharedPods = reference(
    "SKEP-R011", "two workloads with the same pods",
    "autoscalers and budgets of one count the other's pods, and its Service sends them requests",
    "give each workload a label of its own in selector and template", level: .warning)
  static let twiceScaled = reference(
    "SKEP-R012", "two autoscalers of one workload",
    "the controller disables both (AmbiguousSelector), or each undoes what the other did",
    "keep one, with the metrics of both")
  static let shutScrape = reference(
    "SKEP-R013", "a scraped port that takes mutual TLS alone",
    "a Prometheus outside of the mesh has no certificate, and every scrape fails",
    "make the port PERMISSIVE in portLevelMtls of a PeerAuthentication, scrape the merged metrics at 15020, or give tlsConfig",
    level: .warning)
}

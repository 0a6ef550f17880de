import FleetModel

extension CheckRule {
  /// Whether what is rendered for monitoring selects what the fleet exposes.
  static let wiring: [CheckRule] = [
    unreadableExpression, unknownMetric, unknownLabel, unknownValue, emptyPattern, idleMonitor, idleJob,
    agentNotCollected,
    agentCollectedTwice, wrongTargetLabels, agentNotSeen, ruleFilesLeftOut, endpointCredentials, endpointOutside,
    slowCollection, alertmanagerCredentials, sidesApart,
  ]

  static let unreadableExpression = CheckRule(
    "SKEP-M001", .error, "an expression does not parse",
    reason: "Prometheus refuses the whole rule file, and a panel shows nothing", mend: "mend the expression",
    isWaivable: false)
  static let unknownMetric = CheckRule(
    "SKEP-M002", .error, "an expression reads a metric that nobody serves",
    reason: "The rule never fires and the panel stays empty, and nothing says so",
    mend: "declare it under agents[].metrics.exposes, or name another", isWaivable: true)
  static let unknownLabel = CheckRule(
    "SKEP-M003", .error, "an expression names a label that its series do not have",
    reason: "The selector fits nothing, or everything falls into one group",
    mend: "declare it under agents[].metrics.exposes[].labels, or name another", isWaivable: true)
  static let unknownValue = CheckRule(
    "SKEP-M004", .error, "an expression asks for a label's value that no series has",
    reason: "The selector fits nothing", mend: "name a value that is there", isWaivable: true)
  static let emptyPattern = CheckRule(
    "SKEP-M005", .error, "a rule's metric_name fits no metric of the fleet",
    reason: "Nothing is rendered for the rule, so Prometheus does not watch what Skep would",
    mend: "declare the metrics under agents[].metrics.exposes, or change metric_name", isWaivable: true)
  static let idleMonitor = CheckRule(
    "SKEP-M006", .error, "a ServiceMonitor selects no Service with a port of that name",
    reason: "Nothing is collected, and neither Prometheus nor the operator says so",
    mend: "let the selector fit the labels of a Service, and the port be the name of one of its ports", isWaivable: true
  )
  static let idleJob = CheckRule(
    "SKEP-M007", .error, "a scrape job keeps no pod",
    reason: "Nothing is collected, and Prometheus does not say so",
    mend: "let the relabelling keep a container port of a pod", isWaivable: true)
  static let agentNotCollected = CheckRule(
    "SKEP-M008", .error, "nobody collects an agent's metrics",
    reason: "Its rules and panels see nothing",
    mend: "let its Service and its container have the metrics port, named metrics", isWaivable: true)
  static let agentCollectedTwice = CheckRule(
    "SKEP-M009", .error, "an instance is collected twice in one way",
    reason: "Sums count it twice", mend: "let only one port and one monitor fit it", isWaivable: true)
  static let wrongTargetLabels = CheckRule(
    "SKEP-M010", .error, "collection does not give the labels that rules and dashboards use",
    reason: "Selectors by job and agent_id fit nothing",
    mend: "let the relabelling set job and agent_id as the scrape configuration does", isWaivable: true)
  static let agentNotSeen = CheckRule(
    "SKEP-M011", .warning, "a rule of every fleet does not see an agent",
    reason: "The agent does not serve what the rule is made from",
    mend: "serve process_cpu_seconds_total, and declare it under agents[].metrics.exposes", isWaivable: true)
  static let ruleFilesLeftOut = CheckRule(
    "SKEP-M012", .warning, "rule_files are not part of what was rendered",
    reason: "Prometheus does not have their rules", mend: "give the rule files to the rendering", isWaivable: true)
  static let endpointCredentials = CheckRule(
    "SKEP-M013", .warning, "a metrics_endpoint holds a user or a password",
    reason: "What is rendered holds no secrets, so Prometheus is not let in",
    mend: "give the job basic_auth with a password_file by hand, or serve the metrics without", isWaivable: true)
  static let endpointOutside = CheckRule(
    "SKEP-M014", .warning, "no ServiceMonitor can reach an agent with a metrics_endpoint",
    reason: "A ServiceMonitor selects Services; only the scrape configuration has the agent's own address",
    mend:
      "give the job multi-agent-system-static of prometheus.yml to the operator's Prometheus as additionalScrapeConfigs",
    isWaivable: true)
  static let slowCollection = CheckRule(
    "SKEP-M015", .error, "a collection interval that Prometheus does not look back over",
    reason:
      "A series without a sample for five minutes is not there: between two collections rules see nothing, and no alert is held",
    mend: "collect at least every two minutes, or start Prometheus with a longer --query.lookback-delta and waive this",
    isWaivable: true)
  static let alertmanagerCredentials = CheckRule(
    "SKEP-M016", .warning, "an Alertmanager that needs credentials",
    reason: "What is rendered holds no secrets, so Prometheus does not send it its alerts; Skep does",
    mend: "add it to alerting of prometheus.yml by hand, with files that are mounted there", isWaivable: true)
  static let sidesApart = CheckRule(
    "SKEP-M017", .error, "an operator whose sides never match",
    reason: "Series are matched by equal labels, and no agent gives both sides the same: the result stays empty",
    mend: "read metrics that one agent serves, or aggregate the label away, or match on (…) others",
    isWaivable: true)
}

import FleetModel

/// ServiceMonitors and PodMonitors as the Prometheus Operator takes them
/// (`pkg/prometheus/resource_selector.go`, `pkg/prometheus/promcfg.go`).
struct MonitorMeaning {
  static func run(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    NameMeaning.selector(spec["selector"], &findings)
    let isPods = findings.manifest.kind == "PodMonitor"
    let endpoints = spec[isPods ? "podMetricsEndpoints" : "endpoints"]
    if let endpoints, endpoints.items.isEmpty {
      findings.add(.monitorWithoutPort, at: endpoints, "scrapes nothing", mend: "give an endpoint with a port")
    }
    for endpoint in endpoints?.items ?? [] {
      let ports = ["port", "portNumber", "targetPort"].filter { key in
        guard let node = endpoint[key] else { return false }
        // An empty name counts as none.
        return node.string != ""
      }
      if ports.isEmpty {
        findings.add(
          .monitorWithoutPort, at: endpoint, "names no port, so every port of the endpoints is scraped",
          mend: "give port, the name of a port of the \(isPods ? "pod" : "Service")")
      } else if ports.count > 1 {
        findings.add(.monitorWithTwoPorts, at: endpoint, "\(ports[0]) wins over \(ports[1]) without a word")
      }
      for key in ["portNumber", "targetPort"] { PodMeaning.portNumber(endpoint[key], &findings) }
      times(endpoint, &findings)
      for key in ["relabelings", "metricRelabelings"] {
        for step in endpoint[key]?.items ?? [] { relabeling(step, &findings) }
      }
      if let path = endpoint["path"], let text = path.string, !text.isEmpty, !text.hasPrefix("/") {
        findings.add(
          .badRelabeling, at: path, "\"\(YAMLTree.shortened(text))\" is no absolute path", mend: "begin it with \"/\"")
      }
    }
  }

  private static func times(_ endpoint: CheckedNode, _ findings: inout ObjectFindings) {
    guard let timeout = endpoint["scrapeTimeout"], let interval = endpoint["interval"],
      let length = timeout.string.flatMap({ PrometheusDuration.parse($0) }),
      let period = interval.string.flatMap({ PrometheusDuration.parse($0) }), length > period
    else { return }
    findings.add(
      .longScrape, at: timeout, "\(timeout.string ?? "") is longer than the interval, \(interval.string ?? "")")
  }

  private static func relabeling(_ step: CheckedNode, _ findings: inout ObjectFindings) {
    if let regex = step["regex"], let text = regex.string, let flaw = PatternSyntax.flaw(in: text) {
      findings.add(
        .badRelabeling, at: regex, "the pattern \(flaw.problem)", mend: flaw.mend ?? "write it as RE2 takes it")
    }
    let action = (step["action"]?.string ?? "replace").lowercased()
    if action == "hashmod", (step["modulus"]?.integer ?? 0) < 1 {
      findings.add(.badRelabeling, at: step, "hashmod needs a modulus", mend: "give modulus")
    }
    if ["replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"].contains(action),
      step["targetLabel"]?.string ?? "" == ""
    {
      findings.add(.badRelabeling, at: step, "\(action) needs a label to write to", mend: "give targetLabel")
    }
  }
}

/// PrometheusRules: what Prometheus makes of the groups (<https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>).
struct RuleMeaning {
  /// Of a rule file, as the operator bounds it (`pkg/prometheus/rules.go`).
  private static let maximumSize = 512 << 10

  static func run(_ findings: inout ObjectFindings, _ expressions: ExpressionReader) {
    if let spec = findings.root["spec"] {
      let size = CanonicalYAML.text(of: spec.tree).utf8.count
      if size > maximumSize {
        findings.add(.largeRules, at: spec, "holds \(size) bytes; at most \(maximumSize) are taken")
      }
    }
    for group in findings.root["spec"]?["groups"]?.items ?? [] {
      for rule in group["rules"]?.items ?? [] { check(rule, &findings, expressions) }
    }
  }

  private static func check(_ rule: CheckedNode, _ findings: inout ObjectFindings, _ expressions: ExpressionReader) {
    let alert = rule["alert"]?.string ?? ""
    let record = rule["record"]?.string ?? ""
    if alert.isEmpty == record.isEmpty {
      findings.add(
        .badPrometheusRule, at: rule,
        alert.isEmpty ? "is neither an alert nor a recording" : "is an alert and a recording",
        mend: "give one of alert and record")
    }
    if !record.isEmpty {
      for key in ["for", "keep_firing_for", "annotations"] {
        guard let node = rule[key] else { continue }
        findings.add(.badPrometheusRule, at: node, "a recording has no \(key)", mend: "remove it")
      }
      if let flaw = NameRules.metricName(record) {
        findings.add(
          .badPrometheusRule, at: rule["record"], "\"\(YAMLTree.shortened(record))\" \(flaw.problem)", mend: flaw.mend)
      }
    }
    for key in ["labels", "annotations"] {
      for entry in rule[key]?.entries ?? [] {
        guard let flaw = NameRules.labelName(entry.key) else { continue }
        findings.add(
          .badPrometheusRule, key: entry.place, path: entry.value.path,
          "\"\(YAMLTree.shortened(entry.key))\" \(flaw.problem)", mend: flaw.mend)
      }
    }
    guard let node = rule["expr"], let text = node.tree.text else { return }
    switch expressions.read(text) {
    case .failure(let flaw):
      findings.add(.badExpressionText, at: node, "does not parse at character \(flaw.offset + 1): \(flaw.message)")
    case .success(let reading):
      if let flaw = reading.experiment {
        findings.add(.experimentalExpression, at: node, "at character \(flaw.offset + 1): \(flaw.message)")
      }
    }
  }
}

import FleetModel

/// The keys that say what surrounds the system where it is deployed, and what is let pass there.
enum DeploymentDeclaration {
  static var external: Shape<ExternalObjects> {
    typealias F = Field<ExternalObjects>
    let names = set(of: NameRules.dnsSubdomain)
    let hosts = set(of: { text in
      NameRules.dnsSubdomain(text).map { _ in
        Flaw("is no host name", mend: "write it as in DNS, without scheme, port and path: models.example.org")
      }
    })
    return .object(
      ExternalObjects(),
      [
        F("secrets", \.secrets, names, "Secrets of the namespace"),
        F("config_maps", \.configMaps, names, "ConfigMaps of the namespace"),
        F("service_accounts", \.serviceAccounts, names, "ServiceAccounts of the namespace"),
        F("hosts", \.hosts, hosts, "hosts that routes may name beside the system's own services"),
        F(
          "metrics", \.metrics, Shapes.list(Shapes.glob),
          "globs over metrics that rules may read although no agent serves them: kube_*"),
      ])
  }

  static var waiver: Shape<Waiver> {
    typealias F = Field<Waiver>
    return .object(
      Waiver(rule: "", reason: ""),
      [
        F("rule", \.rule, Shapes.text(pattern: rulePattern, check: ruleFlaw), required: true, "id of the rule"),
        F("agent", optional: \.agent, Shapes.agentID, "only for what belongs to this agent"),
        F(
          "resource", optional: \.resource, Shapes.text(pattern: "^[A-Z][A-Za-z0-9]*/.", check: resourceFlaw),
          "only for this object, written Kind/name"),
        F("reason", \.reason, Shapes.text(pattern: "[^ \\t\\r\\n]", check: reasonFlaw), required: true, "why"),
      ])
  }

  static var monitoring: Shape<MonitoringOnKubernetes> {
    typealias F = Field<MonitoringOnKubernetes>
    let labels = Shapes.dictionary(
      Shapes.looseText(emptyAllowed: true, check: NameRules.kubernetesLabelValue),
      keyPattern: NameRules.kubernetesLabelPattern, key: NameRules.kubernetesLabelKey)
    return .object(
      MonitoringOnKubernetes(),
      [
        F("namespace", \.namespace, Shapes.dnsLabel(), "where Prometheus and Grafana run"),
        F(
          "selector_labels", \.selectorLabels, labels,
          "labels by which a Prometheus of the operator's selects ServiceMonitors and PrometheusRules"),
        F(
          "dashboard_labels", \.dashboardLabels, written(labels),
          "labels by which Grafana's side-car finds the dashboards' ConfigMaps"),
        F(
          "data_source", optional: \.dataSource, Shapes.looseText(),
          "uid of the dashboards' data source; the viewer chooses where it is not given"),
        F(
          "trace_url", optional: \.traceURL, Shapes.text(pattern: "\\$\\{trace_id\\}", check: traceURLFlaw),
          "where a trace is shown, with ${trace_id} in it; Skep's console where it is not given"),
      ])
  }

  static var exposedMetric: Shape<ExposedMetric> {
    typealias F = Field<ExposedMetric>
    let name = Shapes.text(pattern: NameRules.metricNamePattern, check: NameRules.metricName)
    let labelNames = Shapes.list(Shapes.text(pattern: NameRules.labelNamePattern, check: NameRules.labelName)).mapped(
      { Set($0) }, back: { $0.sorted() })
    let whole = Shape<ExposedMetric>.object(
      ExposedMetric(name: ""),
      [
        F("name", \.name, name, required: true, "name of the metric, as rules and panels write it"),
        F("type", \.type, Shapes.choice(), "its type"),
        F("labels", \.labels, labelNames, "its own labels, beside those that collection adds"),
      ])
    return Shape(
      schema: .object(["anyOf": .array([name.schema(), whole.schema()])]),
      read: { tree, reader, path in
        if case .mapping = tree.content { return whole.read(tree, reader, path) }
        return name.read(tree, reader, path).map { ExposedMetric(name: $0) }
      })
  }

  static var stickySessions: Shape<String> {
    typealias F = Field<StickySessions>
    let header = Shapes.text { NameRules.headerName($0) }
    return Shape<StickySessions>.object(
      StickySessions(),
      [F("header", \.header, header, required: true, "header by whose value the instance is chosen")]
    ).mapped(\.header, back: { StickySessions(header: $0) })
  }

  private struct StickySessions {
    var header = ""
  }

  private static func set(of check: @escaping (String) -> Flaw?) -> Shape<Set<String>> {
    Shapes.list(Shapes.looseText(check: check)).mapped({ Set($0) }, back: { $0.sorted() })
  }

  /// Labels whose default is shown, unlike that of a mapping in general.
  private static func written(_ labels: Shape<[String: String]>) -> Shape<[String: String]> {
    Shape(
      schema: labels.schema(), read: labels.read,
      write: { values in
        .object(values.sorted { $0.key < $1.key }.map { JSONTree.Member(name: $0.key, value: .string($0.value)) })
      })
  }

  private static let rulePattern = "^SKEP-[A-Z][0-9]{3}$"

  private static func ruleFlaw(_ text: String) -> Flaw? {
    let bytes = Array(text.utf8)
    let fits =
      bytes.count == 9 && text.hasPrefix("SKEP-") && (65...90).contains(bytes[5])
      && bytes[6...].allSatisfy { (48...57).contains($0) }
    return fits ? nil : Flaw("is no id of a rule", mend: "skep deploy check --rules lists them")
  }

  private static func resourceFlaw(_ text: String) -> Flaw? {
    let mend = "write Kind/name, such as Deployment/agent-planner"
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts[0].utf8.first, (65...90).contains(first) else {
      return Flaw("names no object", mend: mend)
    }
    return NameRules.dnsSubdomain(String(parts[1])).map { Flaw("names no object: its name \($0.problem)", mend: mend) }
  }

  private static func reasonFlaw(_ text: String) -> Flaw? {
    text.contains { !$0.isWhitespace }
      ? nil : Flaw("gives no reason", mend: "say why the rule is not to count here: the next reader will ask")
  }

  private static func traceURLFlaw(_ text: String) -> Flaw? {
    let mark = "${trace_id}"
    guard let range = text.firstRange(of: mark) else {
      return Flaw("does not say where the trace's id goes", mend: "put ${trace_id} there")
    }
    return WebAddress.flaw(in: text.replacingCharacters(in: range, with: "0"))
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}

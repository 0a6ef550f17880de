import FleetModel

/// Hosts, ports and subsets of Istio's objects.
struct RouteReferences {
  private let references: ReferenceCheck
  private var index: ObjectIndex { references.index }

  init(_ references: ReferenceCheck) { self.references = references }

  func virtualService(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    let namespace = ObjectIndex.namespace(of: findings.manifest)
    if spec["hosts"]?.items.isEmpty ?? true, !index.delegates.contains("\(namespace)/\(findings.manifest.name)") {
      findings.add(.deadDelegate, at: spec, "has no hosts, and no VirtualService at hand delegates to it")
    }
    var told: Set<Manifest.ID> = []
    for (key, host) in ObjectIndex.bindings(of: findings.manifest) {
      guard let first = index.virtualServices[key]?.first, first.id != findings.manifest.id,
        told.insert(first.id).inserted
      else { continue }
      findings.add(.twiceRouted, at: host, "\(first.id) is for the same host")
    }
    let routes = ["http", "tcp", "tls"].flatMap { spec[$0]?.items ?? [] }
    for route in routes {
      let weighted = (route["route"]?.items ?? []).compactMap { $0["destination"] }
      let mirrors = (route["mirrors"]?.items ?? []).compactMap { $0["destination"] }
      for node in weighted + [route["mirror"]].compactMap({ $0 }) + mirrors {
        destination(node, in: namespace, &findings)
      }
      if let delegate = route["delegate"], let name = delegate["name"]?.string,
        index.object("VirtualService", name, in: delegate["namespace"]?.string ?? namespace) == nil
      {
        references.missing(
          .missingObject, at: delegate["name"], "no VirtualService \"\(YAMLTree.shortened(name))\" is at hand",
          mend: "add it", &findings)
      }
    }
  }

  private func destination(_ node: CheckedNode, in namespace: String, _ findings: inout ObjectFindings) {
    guard let host = node["host"], let name = host.string, VirtualServiceMeaning.isHost(name) else { return }
    let declared = (references.external?.hosts.contains(name) ?? false) || index.foreignHosts.contains(name)
    if let service = ObjectIndex.serviceName(ofHost: name, in: namespace) {
      if let object = index.object("Service", service.name, in: service.namespace) {
        port(node["port"]?["number"], of: object, &findings)
      } else if !declared {
        references.missing(
          .missingHost, at: host, "no Service of the host \"\(YAMLTree.shortened(name))\" is at hand", &findings)
      }
    } else if !declared, !name.hasPrefix("*") {
      references.missing(
        .missingHost, at: host,
        "\"\(YAMLTree.shortened(name))\" is no Service of the cluster, and nothing at hand declares it",
        &findings)
    }
    guard let subset = node["subset"], let text = subset.string, !text.isEmpty else { return }
    let rules = index.destinationRules[ObjectIndex.fullHost(name, in: namespace)] ?? []
    let names = rules.flatMap { rule in
      (CheckedNode(tree: rule.tree, path: "")["spec"]?["subsets"]?.items ?? []).compactMap { $0["name"]?.string }
    }
    if names.contains(text) { return }
    let nearest = KeyDistance.nearest(to: text, among: names)
    if rules.isEmpty {
      references.missing(
        .missingSubset, at: subset, "no DestinationRule at hand defines subsets of \"\(YAMLTree.shortened(name))\"",
        &findings)
    } else {
      findings.add(
        .missingSubset, at: subset, "\(rules[0].id) has no subset \"\(YAMLTree.shortened(text))\"",
        mend: nearest.map { "did you mean \"\($0)\"?" } ?? "define it there: requests to it get a 503")
    }
  }

  private func port(_ node: CheckedNode?, of service: Manifest, _ findings: inout ObjectFindings) {
    guard let node, let number = node.integer else { return }
    let ports = CheckedNode(tree: service.tree, path: "")["spec"]?["ports"]?.items ?? []
    if ports.contains(where: { $0["port"]?.integer == number }) { return }
    let known = ports.compactMap { $0["port"]?.tree.text }.joined(separator: ", ")
    findings.add(
      .missingPort, at: node, "\(service.id) has no port \(number)", mend: "write one of its ports: \(known)")
  }

  func destinationRule(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"], let host = spec["host"], let name = host.string else { return }
    let namespace = ObjectIndex.namespace(of: findings.manifest)
    let full = ObjectIndex.fullHost(name, in: namespace)
    if let first = index.destinationRules[full]?.first, first.id != findings.manifest.id {
      findings.add(.twiceRouted, at: host, "\(first.id) is for the same host")
    }
    guard let service = ObjectIndex.serviceName(ofHost: name, in: namespace) else { return }
    guard let object = index.object("Service", service.name, in: service.namespace) else {
      if references.external?.hosts.contains(name) != true, !index.foreignHosts.contains(name) {
        references.missing(
          .missingHost, at: host, "no Service of the host \"\(YAMLTree.shortened(name))\" is at hand", &findings)
      }
      return
    }
    guard let selector = CheckedNode(tree: object.tree, path: "")["spec"]?["selector"] else { return }
    let selected = LabelQuery(labels: selector)
    let pods = index.workloads[service.namespace]?.matching(selected).map(\.labels) ?? []
    for subset in spec["subsets"]?.items ?? [] {
      guard let labels = subset["labels"] else { continue }
      emptiness(labels, LabelQuery(labels: labels), of: object, selected, pods, &findings)
    }
  }

  /// Subsets without pods: those that the Service's own selector keeps out can never have any; others may be waiting for a
  /// release whose pods are not part of what is checked.
  private func emptiness(
    _ node: CheckedNode, _ subset: LabelQuery, of service: Manifest, _ selected: LabelQuery, _ pods: [[String: String]],
    _ findings: inout ObjectFindings
  ) {
    let asked = Dictionary(selected.equal.map { ($0.key, $0.value) }) { first, _ in first }
    if let (key, value) = subset.equal.first(where: { (asked[$0.key] ?? $0.value) != $0.value }) {
      findings.add(
        .emptySubset, at: node[key] ?? node,
        "no pod can be in it: \(service.id) selects \(YAMLTree.shortened("\(key): \(asked[key] ?? "")"))",
        mend:
          "write that, or take \(YAMLTree.shortened(key)) (\(YAMLTree.shortened(value)) here) out of one of the two",
        level: .error)
      return
    }
    if pods.isEmpty || pods.contains(where: { subset.matches($0) }) { return }
    let labels = selected.equal + subset.equal.filter { asked[$0.key] == nil }
    let listed = labels.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    findings.add(
      .emptySubset, at: node, "none of the Service's pods at hand has these labels",
      mend: "before requests are routed to it, apply a workload whose pods are labelled \(listed)")
  }
}

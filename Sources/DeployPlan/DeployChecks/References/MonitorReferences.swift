/// What ServiceMonitors and PodMonitors select.
struct MonitorReferences {
  private let references: ReferenceCheck
  private var index: ObjectIndex { references.index }

  init(_ references: ReferenceCheck) { self.references = references }

  /// The namespaces that a monitor looks into; `nil` for all.
  private func namespaces(_ spec: CheckedNode, _ manifest: Manifest) -> [String]? {
    guard let selector = spec["namespaceSelector"] else { return [ObjectIndex.namespace(of: manifest)] }
    if selector["any"]?.isTrue ?? false { return nil }
    let names = (selector["matchNames"]?.tree.items ?? []).compactMap(\.text)
    return names.isEmpty ? [ObjectIndex.namespace(of: manifest)] : names
  }

  func serviceMonitor(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"], let selector = spec["selector"] else { return }
    let query = LabelQuery(selector: selector)
    let services: [Manifest] =
      if let names = namespaces(spec, findings.manifest) {
        names.flatMap { index.services[$0]?.matching(query).map(\.element) ?? [] }
      } else {
        index.allServices.matching(query).map(\.element)
      }
    guard !services.isEmpty else {
      let elsewhere = index.allServices.first(matching: query)
      references.missing(
        .selectsNothing, at: selector, "selects no Service at hand",
        mend: elsewhere.map { "\($0.id) is in another namespace: give namespaceSelector" }, &findings)
      return
    }
    for endpoint in spec["endpoints"]?.items ?? [] {
      mutualTLS(endpoint, behind: services, &findings)
      if let port = endpoint["port"], let name = port.string, !name.isEmpty {
        let known = services.flatMap { Self.ports(of: $0).compactMap { $0["name"]?.string } }
        if known.contains(name) { continue }
        findings.add(
          .missingPort, at: port,
          "none of the \(services.count) selected Services has a port named \"\(YAMLTree.shortened(name))\": nothing is scraped",
          mend: KeyDistance.nearest(to: name, among: known).map { "did you mean \"\($0)\"?" })
      } else if let target = endpoint["targetPort"] {
        targetPort(target, of: services, &findings)
      }
    }
  }

  /// Ports that a side-car of the mesh keeps to those with a certificate.
  private func mutualTLS(_ endpoint: CheckedNode, behind services: [Manifest], _ findings: inout ObjectFindings) {
    let named = endpoint["port"] ?? endpoint["targetPort"]
    guard let named, endpoint["tlsConfig"] == nil else { return }
    for service in services {
      guard let selector = CheckedNode(tree: service.tree, path: "")["spec"]?["selector"] else { continue }
      let own = Self.ports(of: service).first { $0["name"]?.string == endpoint["port"]?.string }
      let target = endpoint["port"] == nil ? named : own?["targetPort"] ?? own?["port"]
      let pods = index.workloads[ObjectIndex.namespace(of: service)]?.matching(LabelQuery(labels: selector)) ?? []
      for workload in pods.map(\.element) where tell(named, target, of: workload, &findings) { return }
    }
  }

  private func tell(
    _ node: CheckedNode, _ target: CheckedNode?, of workload: Workload, _ findings: inout ObjectFindings
  ) -> Bool {
    let number = target?.integer ?? target?.string.flatMap { workload.number(ofPort: $0) }
    let injection = "sidecar.istio.io/inject"
    let isOutside =
      workload.labels[injection] == "false" || workload.metadata?["annotations"]?[injection]?.tree.text == "false"
    guard let number, !isOutside, ![15014, 15020, 15090].contains(number),
      let policy = index.meshTLS.strict(workload, port: number)
    else { return false }
    findings.add(
      .shutScrape, at: node, "port \(number) of \(workload.manifest.id) takes mutual TLS alone, by \(policy.id)")
    return true
  }

  private static func ports(of service: Manifest) -> [CheckedNode] {
    CheckedNode(tree: service.tree, path: "")["spec"]?["ports"]?.items ?? []
  }

  /// A target port is held against the declared ports of the pods, not against the Service's.
  private func targetPort(_ target: CheckedNode, of services: [Manifest], _ findings: inout ObjectFindings) {
    let workloads = services.flatMap { service -> [Workload] in
      guard let selector = CheckedNode(tree: service.tree, path: "")["spec"]?["selector"] else { return [] }
      return index.workloads[ObjectIndex.namespace(of: service)]?.matching(LabelQuery(labels: selector)).map(\.element)
        ?? []
    }
    guard !workloads.isEmpty else { return }
    if let name = target.string, workloads.contains(where: { $0.has(portNamed: name) }) { return }
    if let number = target.integer, workloads.contains(where: { $0.has(port: number) }) { return }
    findings.add(
      .missingPort, at: target,
      "no container behind the selected Services declares the port \(target.tree.text ?? ""): nothing is scraped",
      mend: "declare it under the container's ports")
  }

  func podMonitor(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"], let selector = spec["selector"] else { return }
    let query = LabelQuery(selector: selector)
    let workloads: [Workload] =
      if let names = namespaces(spec, findings.manifest) {
        names.flatMap { index.workloads[$0]?.matching(query).map(\.element) ?? [] }
      } else {
        index.allWorkloads.matching(query).map(\.element)
      }
    guard !workloads.isEmpty else {
      references.missing(.selectsNothing, at: selector, "selects no pods at hand", &findings)
      return
    }
    for endpoint in spec["podMetricsEndpoints"]?.items ?? [] {
      guard let port = endpoint["port"] ?? endpoint["portNumber"] else { continue }
      if endpoint["tlsConfig"] == nil {
        for workload in workloads where tell(port, port, of: workload, &findings) { break }
      }
      if let name = port.string, name.isEmpty || workloads.contains(where: { $0.has(portNamed: name) }) { continue }
      if let number = port.integer, workloads.contains(where: { $0.has(port: number) }) { continue }
      findings.add(
        .missingPort, at: port,
        "no container of the selected pods declares the port \(port.tree.text ?? ""): nothing is scraped",
        mend: "declare it under the container's ports")
    }
  }
}

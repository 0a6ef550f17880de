import FleetModel

/// Whether what one object says of another is so.
///
/// With a system file everything is at hand or declared external: what is missing is an error. Among objects of
/// somebody else's what is missing may well be in the cluster, and is a warning; what contradicts an object at hand is
/// an error there too.
struct ReferenceCheck {
  let index: ObjectIndex
  /// `nil` for objects of somebody else's.
  let external: ExternalObjects?

  init(_ index: ObjectIndex, system: FleetSystem?) {
    self.index = index
    var external = system?.external
    // Who names them there says that they are there.
    if let controlPlane = system?.controlPlane {
      external?.secrets.formUnion(controlPlane.secrets + [controlPlane.tokens])
      external?.configMaps.formUnion(controlPlane.configMaps)
    }
    self.external = external
  }

  func run(_ findings: inout ObjectFindings) {
    let manifest = findings.manifest
    if let workload = Workload(manifest) {
      pod(workload, &findings)
      overlap(workload, &findings)
    }
    switch (manifest.group, manifest.kind) {
    case ("", "Service"): service(&findings)
    case ("apps", "StatefulSet"): statefulSet(&findings)
    case ("autoscaling", "HorizontalPodAutoscaler"): autoscaler(&findings)
    case ("policy", "PodDisruptionBudget"): budget(&findings)
    case ("networking.k8s.io", "NetworkPolicy"): policySelector("podSelector", &findings)
    case ("security.istio.io", _): policySelector("selector", &findings)
    case ("networking.k8s.io", "Ingress"): ingress(&findings)
    case ("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"):
      binding(&findings)
    case ("networking.istio.io", "VirtualService"): RouteReferences(self).virtualService(&findings)
    case ("networking.istio.io", "DestinationRule"): RouteReferences(self).destinationRule(&findings)
    case ("monitoring.coreos.com", "ServiceMonitor"): MonitorReferences(self).serviceMonitor(&findings)
    case ("monitoring.coreos.com", "PodMonitor"): MonitorReferences(self).podMonitor(&findings)
    default: break
    }
  }

  /// Something that is named and not at hand.
  func missing(
    _ rule: CheckRule, at node: CheckedNode?, _ message: String, mend: String? = nil, _ findings: inout ObjectFindings
  ) {
    findings.add(rule, at: node, message, mend: mend, level: external == nil ? .warning : .error)
  }

  // MARK: - Pods

  private func pod(_ workload: Workload, _ findings: inout ObjectFindings) {
    let namespace = ObjectIndex.namespace(of: workload.manifest)
    for container in workload.allContainers {
      for variable in container["env"]?.items ?? [] {
        named("ConfigMap", variable["valueFrom"]?["configMapKeyRef"], in: namespace, &findings)
        named("Secret", variable["valueFrom"]?["secretKeyRef"], in: namespace, &findings)
      }
      for source in container["envFrom"]?.items ?? [] {
        named("ConfigMap", source["configMapRef"], in: namespace, &findings)
        named("Secret", source["secretRef"], in: namespace, &findings)
      }
    }
    for secret in workload.pod["imagePullSecrets"]?.items ?? [] { named("Secret", secret, in: namespace, &findings) }
    for volume in workload.pod["volumes"]?.items ?? [] {
      named("ConfigMap", volume["configMap"], in: namespace, &findings)
      named("Secret", volume["secret"], nameKey: "secretName", in: namespace, &findings)
      named("PersistentVolumeClaim", volume["persistentVolumeClaim"], nameKey: "claimName", in: namespace, &findings)
      for source in volume["projected"]?["sources"]?.items ?? [] {
        named("ConfigMap", source["configMap"], in: namespace, &findings)
        named("Secret", source["secret"], in: namespace, &findings)
      }
    }
    if let account = workload.pod["serviceAccountName"], let name = account.string, name != "default", !name.isEmpty,
      index.object("ServiceAccount", name, in: namespace) == nil, !(external?.serviceAccounts.contains(name) ?? false)
    {
      missing(
        .missingObject, at: account, "no ServiceAccount \"\(YAMLTree.shortened(name))\" is at hand",
        mend: "add it, or declare it under external.service_accounts", &findings)
    }
  }

  /// Another workload whose pods this one selects as its own. Controllers tell pods by their owner; autoscalers, budgets and
  /// people tell them by the selector.
  private func overlap(_ workload: Workload, _ findings: inout ObjectFindings) {
    let manifest = workload.manifest
    guard workload.isService, let selector = findings.root["spec"]?["selector"] else { return }
    let query = manifest.group.isEmpty ? LabelQuery(labels: selector) : LabelQuery(selector: selector)
    if query.isEmpty { return }
    let others = index.workloads[ObjectIndex.namespace(of: manifest)]?.matching(query).map(\.element) ?? []
    guard let other = others.first(where: { $0.isService && $0.manifest.id != manifest.id }) else { return }
    findings.add(.sharedPods, at: selector, "selects the pods of \(other.manifest.id) too")
  }

  /// A ConfigMap, Secret or claim, with the keys that are asked of it.
  private func named(
    _ kind: String, _ node: CheckedNode?, nameKey: String = "name", in namespace: String,
    _ findings: inout ObjectFindings
  ) {
    guard let node, let name = node[nameKey]?.string, !name.isEmpty, node["optional"]?.isTrue != true else { return }
    guard let object = index.object(kind, name, in: namespace) else {
      let declared = kind == "ConfigMap" ? external?.configMaps : kind == "Secret" ? external?.secrets : nil
      if declared?.contains(name) ?? false { return }
      let list = kind == "ConfigMap" ? "config_maps" : "secrets"
      missing(
        .missingObject, at: node[nameKey], "no \(kind) \"\(YAMLTree.shortened(name))\" is at hand",
        mend: kind == "PersistentVolumeClaim" ? "add it" : "add it, or declare it under external.\(list)", &findings)
      return
    }
    let root = CheckedNode(tree: object.tree, path: "")
    let keys = ["data", "stringData", "binaryData"].flatMap { root[$0]?.tree.entries.map(\.key) ?? [] }
    let asked = [node["key"]].compactMap { $0 } + (node["items"]?.items ?? []).compactMap { $0["key"] }
    for key in asked {
      guard let text = key.string, !keys.contains(text) else { continue }
      findings.add(
        .missingKey, at: key, "\(kind) \(name) has no key \"\(YAMLTree.shortened(text))\"",
        mend: KeyDistance.nearest(to: text, among: keys).map { "did you mean \"\($0)\"?" })
    }
  }

  // MARK: - Services and what selects pods

  private func service(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"], let selector = spec["selector"] else { return }
    let query = LabelQuery(labels: selector)
    if query.isEmpty { return }
    let workloads = index.workloads[ObjectIndex.namespace(of: findings.manifest)]?.matching(query).map(\.element) ?? []
    guard !workloads.isEmpty else {
      missing(.selectsNothing, at: selector, "selects no pods at hand", &findings)
      return
    }
    for port in spec["ports"]?.items ?? [] {
      let number = port["targetPort"] == nil ? port["port"] : port["targetPort"]
      if let number, let value = number.integer, workloads.contains(where: { $0.has(port: value) }),
        let other = workloads.first(where: { $0.isService && $0.declaresPorts && !$0.has(port: value) })
      {
        findings.add(
          .missingPort, at: number, "pods of \(other.manifest.id) are selected too, and declare no port \(value)",
          mend: "let the selector choose the pods of one workload", level: .warning)
      }
      guard let target = port["targetPort"], let name = target.string else { continue }
      if workloads.contains(where: { $0.has(portNamed: name) }) { continue }
      findings.add(
        .missingPort, at: target, "none of the selected pods has a port named \"\(YAMLTree.shortened(name))\"",
        mend: "name a port of \(workloads[0].manifest.id)")
    }
  }

  private func statefulSet(_ findings: inout ObjectFindings) {
    guard let node = findings.root["spec"]?["serviceName"], let name = node.string, !name.isEmpty else { return }
    if index.object("Service", name, in: ObjectIndex.namespace(of: findings.manifest)) == nil {
      missing(
        .missingObject, at: node, "no Service \"\(YAMLTree.shortened(name))\" is at hand", mend: "add it", &findings)
    }
  }

  private func policySelector(_ key: String, _ findings: inout ObjectFindings) {
    guard let selector = findings.root["spec"]?[key] else { return }
    let query = LabelQuery(selector: selector)
    if query.isEmpty { return }
    if index.workloads[ObjectIndex.namespace(of: findings.manifest)]?.first(matching: query) == nil {
      missing(.selectsNothing, at: selector, "selects no pods at hand", &findings)
    }
  }

  // MARK: - Scaling

  private func autoscaler(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"], let target = spec["scaleTargetRef"], let kind = target["kind"]?.string,
      let name = target["name"]?.string
    else { return }
    guard let object = index.object(kind, name, in: ObjectIndex.namespace(of: findings.manifest)) else {
      missing(
        .missingObject, at: target["name"], "no \(YAMLTree.shortened(kind)) \"\(YAMLTree.shortened(name))\" is at hand",
        mend: "add it", &findings)
      return
    }
    if let version = target["apiVersion"], let text = version.string, text != object.apiVersion {
      findings.add(
        .missingObject, at: version, "\(name) is of \(object.apiVersion), not \(YAMLTree.shortened(text))",
        mend: "write \(object.apiVersion)")
    }
    if let replicas = CheckedNode(tree: object.tree, path: "")["spec"]?["replicas"] {
      findings.add(
        .undoneScaling, at: target,
        "\(object.id) gives replicas: \(replicas.tree.text ?? ""), which every apply sets again")
    }
    let scaled = "\(kind)/\(ObjectIndex.namespace(of: findings.manifest))/\(name)"
    if let first = index.autoscalers[scaled]?.first, first.id != findings.manifest.id {
      findings.add(.twiceScaled, at: target, "\(first.id) scales \(name) too")
    }
    guard let workload = Workload(object) else { return }
    for metric in spec["metrics"]?.items ?? [] {
      guard let resource = metric["resource"], resource["target"]?["type"]?.string == "Utilization",
        let name = resource["name"]?.string
      else { continue }
      let without = workload.containers.filter {
        $0["resources"]?["requests"]?[name] == nil && $0["resources"]?["limits"]?[name] == nil
      }
      if let first = without.first?["name"]?.string {
        findings.add(
          .missingRequest, at: resource,
          "container \(YAMLTree.shortened(first)) requests no \(name), of which utilization is a share")
      }
    }
  }

  private func budget(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"], let selector = spec["selector"] else { return }
    let query = LabelQuery(selector: selector)
    if query.isEmpty { return }
    let workloads = index.workloads[ObjectIndex.namespace(of: findings.manifest)]?.matching(query).map(\.element) ?? []
    if workloads.isEmpty {
      missing(.selectsNothing, at: selector, "selects no pods at hand", &findings)
      return
    }
    let available = spec["minAvailable"]
    let unavailable = spec["maxUnavailable"]
    if available?.string == "100%" || unavailable?.integer == 0 || unavailable?.string == "0%" {
      findings.add(.blockingBudget, at: available ?? unavailable, "lets no pod be moved: nodes cannot be drained")
    } else if let least = available?.integer, workloads.count == 1, let replicas = workloads[0].replicas,
      least >= replicas
    {
      findings.add(
        .blockingBudget, at: available,
        "keeps \(least) of \(replicas) pods: none can be moved, and nodes cannot be drained")
    }
  }

  // MARK: - Ingress and access

  private func ingress(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    let paths = (spec["rules"]?.items ?? []).flatMap { $0["http"]?["paths"]?.items ?? [] }
    let namespace = ObjectIndex.namespace(of: findings.manifest)
    for backend in [spec["defaultBackend"]].compactMap({ $0 }) + paths.compactMap({ $0["backend"] }) {
      guard let service = backend["service"], let name = service["name"]?.string else { continue }
      guard let object = index.object("Service", name, in: namespace) else {
        missing(
          .missingObject, at: service["name"], "no Service \"\(YAMLTree.shortened(name))\" is at hand", mend: "add it",
          &findings)
        continue
      }
      let ports = CheckedNode(tree: object.tree, path: "")["spec"]?["ports"]?.items ?? []
      if let port = service["port"]?["number"], let number = port.integer,
        !ports.contains(where: { $0["port"]?.integer == number })
      {
        findings.add(.missingPort, at: port, "Service \(name) has no port \(number)")
      }
      if let port = service["port"]?["name"], let text = port.string,
        !ports.contains(where: { $0["name"]?.string == text })
      {
        findings.add(.missingPort, at: port, "Service \(name) has no port named \"\(YAMLTree.shortened(text))\"")
      }
    }
  }

  /// Roles that every cluster has (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings>).
  private static let builtInRoles: Set = ["cluster-admin", "admin", "edit", "view"]

  private func binding(_ findings: inout ObjectFindings) {
    let root = findings.root
    let namespace = ObjectIndex.namespace(of: findings.manifest)
    if let role = root["roleRef"], let kind = role["kind"]?.string, let name = role["name"]?.string,
      !(kind == "ClusterRole" && (Self.builtInRoles.contains(name) || name.hasPrefix("system:"))),
      index.object(kind, name, in: kind == "Role" ? namespace : "") == nil
    {
      missing(
        .missingObject, at: role["name"], "no \(YAMLTree.shortened(kind)) \"\(YAMLTree.shortened(name))\" is at hand",
        mend: "add it", &findings)
    }
    for subject in root["subjects"]?.items ?? [] where subject["kind"]?.string == "ServiceAccount" {
      guard let name = subject["name"]?.string, name != "default" else { continue }
      let owner = subject["namespace"]?.string ?? namespace
      if index.object("ServiceAccount", name, in: owner) == nil, index.object("ServiceAccount", name, in: "") == nil,
        !(external?.serviceAccounts.contains(name) ?? false)
      {
        missing(
          .missingObject, at: subject["name"],
          "no ServiceAccount \"\(YAMLTree.shortened(name))\" of namespace \(YAMLTree.shortened(owner)) is at hand",
          mend: "add it, or declare it under external.service_accounts", &findings)
      }
    }
  }
}

/// What works and is unwise in pods.
struct PodPolicy {
  let index: ObjectIndex

  func run(_ workload: Workload, _ findings: inout ObjectFindings) {
    node(workload.pod, &findings)
    for container in workload.serving {
      image(container, &findings)
      resources(container, &findings)
      if workload.isService { probes(container, &findings) }
    }
    for container in workload.allContainers {
      security(container, workload, &findings)
      secrets(container, &findings)
    }
    account(workload, &findings)
    if workload.isService { scale(workload, &findings) }
  }

  /// What reaches into the node.
  private func node(_ pod: CheckedNode, _ findings: inout ObjectFindings) {
    for key in ["hostNetwork", "hostPID", "hostIPC"] where pod[key]?.isTrue ?? false {
      findings.add(.hostNamespace, at: pod[key], "\(key) shares the node's own")
    }
    for volume in pod["volumes"]?.items ?? [] {
      guard let path = volume["hostPath"] else { continue }
      findings.add(.hostPath, at: path, "mounts \(YAMLTree.shortened(path["path"]?.string ?? "a path")) of the node")
    }
  }

  private func image(_ container: CheckedNode, _ findings: inout ObjectFindings) {
    guard let node = container["image"], let text = node.string, let image = ImageReference(text), image.digest == nil
    else { return }
    if image.tag == nil {
      findings.add(.floatingImage, at: node, "\(YAMLTree.shortened(text)) has no tag, which means latest")
    } else if image.tag == "latest" {
      findings.add(.floatingImage, at: node, "\(YAMLTree.shortened(text)) is whatever was pushed last")
    }
  }

  private func resources(_ container: CheckedNode, _ findings: inout ObjectFindings) {
    let limits = container["resources"]?["limits"]
    let requests = container["resources"]?["requests"]
    if limits?["memory"] == nil { findings.add(.noLimit, at: container, "has no memory limit") }
    for name in ["cpu", "memory"] where requests?[name] == nil && limits?[name] == nil {
      findings.add(.noRequest, at: container, "requests no \(name)")
    }
  }

  private func probes(_ container: CheckedNode, _ findings: inout ObjectFindings) {
    for (kind, rule) in [("readinessProbe", CheckRule.noReadinessProbe), ("livenessProbe", .noLivenessProbe)]
    where container[kind] == nil {
      findings.add(rule, at: container, "has no \(kind)")
    }
  }

  private func security(_ container: CheckedNode, _ workload: Workload, _ findings: inout ObjectFindings) {
    let own = container["securityContext"]
    let pod = workload.pod["securityContext"]
    if own?["privileged"]?.isTrue ?? false {
      findings.add(.privileged, at: own?["privileged"], "has the node's own privileges")
    }
    for capability in own?["capabilities"]?["add"]?.items ?? [] where capability.string != "NET_BIND_SERVICE" {
      findings.add(.addedCapability, at: capability, "adds \(YAMLTree.shortened(capability.string ?? ""))")
    }
    let user = (own?["runAsUser"] ?? pod?["runAsUser"])?.integer
    let nonRoot = (own?["runAsNonRoot"] ?? pod?["runAsNonRoot"])?.isTrue ?? false
    if !nonRoot, user ?? 0 == 0 { findings.add(.mayBeRoot, at: own ?? container, "may run as root") }
    if !(own?["readOnlyRootFilesystem"]?.isTrue ?? false) {
      findings.add(.writableRoot, at: own ?? container, "can write to its own image")
    }
    if own?["allowPrivilegeEscalation"]?.tree.text != "false", !(own?["privileged"]?.isTrue ?? false) {
      findings.add(.escalation, at: own ?? container, "may gain privileges (setuid)")
    }
    if own?["seccompProfile"] == nil, pod?["seccompProfile"] == nil {
      findings.add(.noSeccomp, at: own ?? container, "has no seccomp profile")
    }
  }

  /// Words that names of secret things end in.
  private static let secretWords = [
    "PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "CREDENTIALS",
  ]

  private func secrets(_ container: CheckedNode, _ findings: inout ObjectFindings) {
    for variable in container["env"]?.items ?? [] {
      guard let name = variable["name"]?.string, let value = variable["value"]?.tree.text, !value.isEmpty,
        Self.secretWords.contains(where: { name.uppercased().hasSuffix($0) }), !value.contains("$(")
      else { continue }
      findings.add(.plainSecret, at: variable["name"], "\(YAMLTree.shortened(name)) stands here for everyone to read")
    }
  }

  private func account(_ workload: Workload, _ findings: inout ObjectFindings) {
    let name = workload.pod["serviceAccountName"]?.string ?? ""
    guard name.isEmpty || name == "default" else { return }
    if workload.pod["automountServiceAccountToken"]?.tree.text == "false" { return }
    findings.add(.defaultAccount, at: workload.pod, "has the default service account's token")
  }

  private func scale(_ workload: Workload, _ findings: inout ObjectFindings) {
    let manifest = workload.manifest
    let namespace = ObjectIndex.namespace(of: manifest)
    guard Workload.replicated.contains(manifest.kind) else { return }
    let replicas = index.mostReplicas["\(manifest.kind)/\(namespace)/\(manifest.name)"] ?? workload.replicas ?? 1
    if replicas <= 1 {
      if replicas == 1 {
        findings.add(.oneReplica, at: findings.root["spec"]?["replicas"] ?? findings.root["spec"], "runs once")
      }
      return
    }
    if !(index.budgets[namespace]?.takes(workload.labels) ?? false) {
      findings.add(.noBudget, at: findings.root["spec"], "has no PodDisruptionBudget")
    }
    if workload.pod["topologySpreadConstraints"] == nil, workload.pod["affinity"]?["podAntiAffinity"] == nil {
      findings.add(.noSpread, at: workload.pod, "all of its pods may land on one node")
    }
  }
}

/// What works and is unwise in objects beside pods.
struct ObjectPolicy {
  static func run(_ findings: inout ObjectFindings) {
    let manifest = findings.manifest
    if manifest.namespace == nil, let type = FieldTables.all.type(group: manifest.group, kind: manifest.kind),
      !type.isClusterWide
    {
      findings.add(.noNamespace, at: findings.root["metadata"], "goes to whatever namespace is current")
    }
    switch (manifest.group, manifest.kind) {
    case ("", "Service"):
      if let type = findings.root["spec"]?["type"], let text = type.string, ["NodePort", "LoadBalancer"].contains(text)
      {
        findings.add(.exposed, at: type, "\(text) is reached from outside of the cluster")
      }
    case ("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "ClusterRole"):
      for rule in findings.root["rules"]?.items ?? [] {
        for key in ["verbs", "resources", "apiGroups"] {
          for item in rule[key]?.items ?? [] where item.string == "*" {
            findings.add(.wildcardRole, at: item, "allows every one of \(key)")
          }
        }
      }
    default: break
    }
  }
}

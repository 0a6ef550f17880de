/// Roles, bindings, ConfigMaps, Secrets and claims.
struct AccessMeaning {
  static func binding(_ findings: inout ObjectFindings) {
    let root = findings.root
    if let role = root["roleRef"] {
      if let group = role["apiGroup"]?.string, group != "rbac.authorization.k8s.io" {
        findings.add(
          .badBinding, at: role["apiGroup"], "\"\(YAMLTree.shortened(group))\" has no roles",
          mend: "write rbac.authorization.k8s.io")
      }
      let kinds = findings.manifest.kind == "RoleBinding" ? ["Role", "ClusterRole"] : ["ClusterRole"]
      if let kind = role["kind"]?.string, !kinds.contains(kind) {
        findings.add(
          .badBinding, at: role["kind"], "a \(findings.manifest.kind) refers to no \(YAMLTree.shortened(kind))",
          mend: "write \(kinds.joined(separator: " or "))")
      }
    }
    for subject in root["subjects"]?.items ?? [] {
      let group = subject["apiGroup"]?.string ?? ""
      switch subject["kind"]?.string {
      case "ServiceAccount":
        if subject["namespace"] == nil {
          findings.add(.badBinding, at: subject, "the ServiceAccount's namespace is missing", mend: "give namespace")
        }
        if !group.isEmpty {
          findings.add(
            .badBinding, at: subject["apiGroup"], "a ServiceAccount is of the core group", mend: "write \"\"")
        }
      case "User", "Group":
        if group != "", group != "rbac.authorization.k8s.io" {
          findings.add(
            .badBinding, at: subject["apiGroup"], "is not the group of users", mend: "write rbac.authorization.k8s.io")
        }
      case let kind?:
        findings.add(
          .badBinding, at: subject["kind"], "\"\(YAMLTree.shortened(kind))\" can be given no role",
          mend: "write ServiceAccount, User or Group")
      case nil: break
      }
    }
  }

  static func role(_ findings: inout ObjectFindings) {
    for rule in findings.root["rules"]?.items ?? [] {
      let urls = rule["nonResourceURLs"]
      if rule["verbs"]?.items.isEmpty ?? false {
        findings.add(.badRole, at: rule, "allows no verb", mend: "give verbs")
      }
      if let urls, findings.manifest.kind == "Role" {
        findings.add(.badRole, at: urls, "URLs belong to no namespace", mend: "use a ClusterRole")
      }
      if urls == nil {
        for key in ["resources", "apiGroups"] where rule[key]?.items.isEmpty ?? true {
          findings.add(
            .badRole, at: rule, "\(key) is missing",
            mend: key == "apiGroups" ? "give apiGroups: [\"\"] for the core group" : "give resources")
        }
      }
    }
  }

  /// <https://kubernetes.io/docs/concepts/configuration/configmap/>: keys, and 1 MiB in all.
  static func data(_ findings: inout ObjectFindings) {
    var bytes = 0
    var keys: Set<String> = []
    for part in ["data", "binaryData"] {
      guard let node = findings.root[part] else { continue }
      for entry in node.entries {
        bytes += entry.key.utf8.count + (entry.value.tree.text ?? "").utf8.count
        if let flaw = NameRules.dataKey(entry.key) {
          findings.add(
            .badData, key: entry.place, path: node.path, "\"\(YAMLTree.shortened(entry.key))\" \(flaw.problem)",
            mend: flaw.mend)
        }
        if !keys.insert(entry.key).inserted {
          findings.add(
            .badData, key: entry.place, path: node.path, "\"\(YAMLTree.shortened(entry.key))\" is in data too",
            mend: "keep one of the two")
        }
      }
    }
    if bytes > 1 << 20 {
      findings.add(
        .badData, at: findings.root, "holds \(bytes) bytes; at most 1048576 are taken",
        mend: "split it, or mount a volume")
    }
  }

  static func claim(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    if spec["accessModes"]?.items.isEmpty ?? true {
      findings.add(.badClaim, at: spec, "says no access mode", mend: "give accessModes")
    }
    if spec["resources"]?["requests"]?["storage"] == nil {
      findings.add(.badClaim, at: spec, "says no size", mend: "give resources.requests.storage")
    }
  }
}

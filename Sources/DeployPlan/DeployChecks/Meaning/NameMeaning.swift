/// Names, labels and namespaces of objects.
struct NameMeaning {
  static func run(_ findings: inout ObjectFindings) {
    let manifest = findings.manifest
    guard let metadata = findings.root["metadata"] else { return }
    name(metadata, manifest, &findings)
    if let namespace = metadata["namespace"] {
      if let text = namespace.string, let flaw = NameRules.dnsLabel(text) {
        findings.add(.badName, at: namespace, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: flaw.mend)
      }
      if let type = FieldTables.all.type(group: manifest.group, kind: manifest.kind), type.isClusterWide {
        findings.add(.namespaceOfClusterWide, at: namespace, "a \(manifest.kind) belongs to no namespace")
      }
    }
    labels(metadata["labels"], &findings)
    annotations(metadata["annotations"], &findings)
  }

  private static func name(_ metadata: CheckedNode, _ manifest: Manifest, _ findings: inout ObjectFindings) {
    guard let name = metadata["name"] else {
      if metadata["generateName"] == nil {
        findings.add(.badName, at: metadata, "the object has no name", mend: "give metadata.name")
      } else {
        findings.add(.generatedName, at: metadata["generateName"], "is a name that each creation gives anew")
      }
      return
    }
    guard let text = name.string else { return }
    let flaw: Flaw? =
      switch (manifest.group, manifest.kind) {
      case ("", "Namespace"), ("", "Service"): NameRules.dnsLabel(text)
      case ("batch", "CronJob"):
        text.utf8.count > 52 ? Flaw("is longer than 52 characters") : NameRules.dnsSubdomain(text)
      case ("batch", "Job"): text.utf8.count > 63 ? Flaw("is longer than 63 characters") : NameRules.dnsSubdomain(text)
      case ("rbac.authorization.k8s.io", _):
        text.contains("/") || text.contains("%") || text == "." || text == ".." || text.isEmpty
          ? Flaw("is no name", mend: "leave out \"/\" and \"%\"") : nil
      default: NameRules.dnsSubdomain(text)
      }
    if let flaw {
      findings.add(
        .badName, at: name, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: flaw.mend ?? "shorten it")
    }
  }

  /// Keys and values of a mapping of labels.
  static func labels(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    for entry in node?.entries ?? [] {
      if let flaw = NameRules.kubernetesLabelKey(entry.key) {
        findings.add(
          .badLabel, key: entry.place, path: node?.path ?? "", "\"\(YAMLTree.shortened(entry.key))\" \(flaw.problem)",
          mend: flaw.mend)
      }
      if let text = entry.value.string, let flaw = NameRules.kubernetesLabelValue(text) {
        findings.add(.badLabel, at: entry.value, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: flaw.mend)
      }
    }
  }

  private static func annotations(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    var bytes = 0
    for entry in node?.entries ?? [] {
      bytes += entry.key.utf8.count + (entry.value.tree.text ?? "").utf8.count
      // Capitals are taken there (`example.com/MyKey` and `Example.com/x`): annotations are checked in lower case.
      if let flaw = NameRules.kubernetesLabelKey(entry.key.lowercased()) {
        findings.add(
          .badLabel, key: entry.place, path: node?.path ?? "",
          "\"\(YAMLTree.shortened(entry.key))\" \(flaw.problem)", mend: flaw.mend)
      }
    }
    if bytes > 256 << 10 {
      findings.add(
        .badLabel, at: node, "annotations of \(bytes) bytes; at most 262144 are taken", mend: "move them elsewhere")
    }
  }

  /// A selector's labels and expressions.
  static func selector(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node else { return }
    labels(node["matchLabels"], &findings)
    for item in node["matchExpressions"]?.items ?? [] {
      let values = item["values"]?.tree.items.count ?? 0
      switch item["operator"]?.string {
      case "In", "NotIn":
        if values == 0 { findings.add(.badExpression, at: item, "In and NotIn need values", mend: "give values") }
      case "Exists", "DoesNotExist":
        if values > 0 {
          findings.add(.badExpression, at: item, "Exists and DoesNotExist take no values", mend: "remove values")
        }
      case let other?:
        findings.add(
          .badExpression, at: item, "\"\(YAMLTree.shortened(other))\" is no operator",
          mend: "write In, NotIn, Exists or DoesNotExist")
      case nil: break
      }
      if let key = item["key"]?.string, let flaw = NameRules.kubernetesLabelKey(key) {
        findings.add(.badLabel, at: item["key"], "\"\(YAMLTree.shortened(key))\" \(flaw.problem)", mend: flaw.mend)
      }
    }
  }
}

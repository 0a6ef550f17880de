/// DestinationRules as istiod and Envoy take them (`pkg/config/validation/validation.go` of Istio).
struct DestinationRuleMeaning {
  static func run(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    if let host = spec["host"], let text = host.string {
      if text.isEmpty || !VirtualServiceMeaning.isHost(text) {
        findings.add(.badHost, at: host, "\"\(YAMLTree.shortened(text))\" is no host name", mend: "write a DNS name")
      } else if !text.contains("."), text != "*", findings.manifest.namespace == nil {
        findings.add(.shortHost, at: host, "\"\(text)\" means a Service of whatever namespace the object is applied to")
      }
    }
    policy(spec["trafficPolicy"], &findings)
    var names: Set<String> = []
    for subset in spec["subsets"]?.items ?? [] {
      policy(subset["trafficPolicy"], &findings)
      NameMeaning.labels(subset["labels"], &findings)
      guard let name = subset["name"], let text = name.string else { continue }
      if let flaw = NameRules.dnsLabel(text) {
        findings.add(.badSubset, at: name, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: flaw.mend)
      }
      if !names.insert(text).inserted {
        findings.add(.badSubset, at: name, "\"\(text)\" is the name of another subset", mend: "give it its own")
      }
    }
  }

  private static func policy(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node else { return }
    settings(node, &findings)
    for port in node["portLevelSettings"]?.items ?? [] {
      settings(port, &findings)
      PodMeaning.portNumber(port["port"]?["number"], &findings)
    }
  }

  /// What `ClientTLSSettings` need of certificates (`validateTLS` there).
  private static func tls(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node, let mode = node["mode"]?.string, mode == "MUTUAL" || mode == "SIMPLE" else { return }
    let files = ["clientCertificate", "privateKey", "caCertificates", "caCrl"].filter { node[$0] != nil }
    if mode == "MUTUAL", node["credentialName"] == nil,
      !files.contains("clientCertificate") || !files.contains("privateKey")
    {
      findings.add(
        .badClientTLS, at: node, "MUTUAL without a certificate to show",
        mend: "give credentialName, or clientCertificate and privateKey")
    }
    if node["credentialName"] != nil, !files.isEmpty {
      findings.add(
        .badClientTLS, at: node, "credentialName and \(files[0]) exclude each other", mend: "keep one of them")
    }
  }

  private static func settings(_ node: CheckedNode, _ findings: inout ObjectFindings) {
    tls(node["tls"], &findings)
    if let outliers = node["outlierDetection"] {
      if let errors = outliers["consecutiveErrors"] {
        findings.add(
          .deadOutlierField, at: errors, "consecutiveErrors has no effect: Istio no longer passes it to Envoy")
      }
      for key in ["maxEjectionPercent", "minHealthPercent"] {
        VirtualServiceMeaning.wholePercent(outliers[key], &findings)
      }
    }
    for part in ["tcp", "http"] {
      for entry in node["connectionPool"]?[part]?.entries ?? [] {
        guard let value = entry.value.integer, value < 0 else { continue }
        findings.add(.negativePool, at: entry.value, "\(value) is below zero")
      }
    }
    guard let hash = node["loadBalancer"]?["consistentHash"] else { return }
    let keys = ["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"]
    if keys.allSatisfy({ hash[$0] == nil }) {
      findings.add(.deadHash, at: hash, "says nothing to hash by", mend: "give one of \(keys.joined(separator: ", "))")
    }
  }
}

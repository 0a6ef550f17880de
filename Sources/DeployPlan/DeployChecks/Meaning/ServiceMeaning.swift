/// Services, NetworkPolicies and Ingresses.
struct ServiceMeaning {
  static func service(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    NameMeaning.labels(spec["selector"], &findings)
    let type = spec["type"]?.string ?? "ClusterIP"
    if type == "ExternalName" {
      if let name = spec["externalName"]?.string,
        NameRules.dnsSubdomain(name.hasSuffix(".") ? String(name.dropLast()) : name) == nil
      {
      } else {
        findings.add(.badService, at: spec, "an ExternalName needs a DNS name", mend: "give externalName")
      }
    } else if spec["ports"]?.items.isEmpty ?? true, spec["clusterIP"]?.string != "None" {
      findings.add(.badService, at: spec, "the Service has no port", mend: "give ports")
    }
    let ports = spec["ports"]?.items ?? []
    var names: Set<String> = []
    for port in ports {
      for key in ["port", "targetPort", "nodePort"] where !(key == "nodePort" && port[key]?.integer == 0) {
        PodMeaning.portNumber(port[key], &findings)
      }
      if let target = port["targetPort"], let text = target.string, let flaw = PodMeaning.portNameFlaw(text) {
        let mend = Int(text) != nil ? "write \(text) without quotes" : flaw.mend
        findings.add(.badPortName, at: target, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: mend)
      }
      if let nodePort = port["nodePort"], nodePort.integer != 0, type == "ClusterIP" {
        findings.add(.badService, at: nodePort, "a ClusterIP Service has no port on the nodes", mend: "remove nodePort")
      }
      guard let name = port["name"], let text = name.string else {
        if ports.count > 1 {
          findings.add(.badPortName, at: port, "each of several ports needs a name", mend: "give name")
        }
        continue
      }
      if let flaw = NameRules.dnsLabel(text) {
        findings.add(.badPortName, at: name, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: flaw.mend)
      }
      if !names.insert(text).inserted {
        findings.add(.repeatedPortName, at: name, "\"\(text)\" is the name of another port of the Service")
      }
    }
  }

  static func networkPolicy(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    NameMeaning.selector(spec["podSelector"], &findings)
    for (rules, side) in [("ingress", "from"), ("egress", "to")] {
      for rule in spec[rules]?.items ?? [] {
        for port in rule["ports"]?.items ?? [] {
          PodMeaning.portNumber(port["port"], &findings)
          guard let end = port["endPort"], let last = end.integer else { continue }
          if let first = port["port"]?.integer, first <= last, last <= 65535 { continue }
          findings.add(
            .badNetworkPolicy, at: end, "endPort needs a port number that is not above it",
            mend: "give port, as a number")
        }
        for peer in rule[side]?.items ?? [] {
          NameMeaning.selector(peer["podSelector"], &findings)
          NameMeaning.selector(peer["namespaceSelector"], &findings)
          let others = ["podSelector", "namespaceSelector"].filter { peer[$0] != nil }
          guard let block = peer["ipBlock"] else {
            if others.isEmpty {
              findings.add(
                .badNetworkPolicy, at: peer, "a peer must be something",
                mend: "give podSelector, namespaceSelector or ipBlock")
            }
            continue
          }
          if !others.isEmpty {
            findings.add(
              .badNetworkPolicy, at: peer, "ipBlock and \(others[0]) exclude each other", mend: "write two peers")
          }
          for node in [block["cidr"]].compactMap({ $0 }) + (block["except"]?.items ?? []) {
            guard let text = node.string, !AddressRange.isValid(text) else { continue }
            findings.add(
              .badNetworkPolicy, at: node, "\"\(YAMLTree.shortened(text))\" is no address range",
              mend: "write one such as 10.0.0.0/8")
          }
        }
      }
    }
  }

  static func ingress(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    if spec["defaultBackend"] == nil, spec["rules"]?.items.isEmpty ?? true {
      findings.add(.badIngress, at: spec, "routes nothing", mend: "give rules or defaultBackend")
    }
    backend(spec["defaultBackend"], &findings)
    for rule in spec["rules"]?.items ?? [] {
      for path in rule["http"]?["paths"]?.items ?? [] {
        backend(path["backend"], &findings)
        if path["pathType"]?.string != "ImplementationSpecific", !(path["path"]?.string ?? "").hasPrefix("/") {
          findings.add(
            .badIngress, at: path["path"] ?? path, "a path begins with \"/\"", mend: "write an absolute path")
        }
      }
    }
  }

  private static func backend(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node else { return }
    let given = ["service", "resource"].filter { node[$0] != nil }
    if given.count != 1 {
      findings.add(.badIngress, at: node, "a backend is one of service and resource", mend: "give one of them")
    }
    guard let port = node["service"]?["port"] else {
      if let service = node["service"] {
        findings.add(.badIngress, at: service, "the Service's port is missing", mend: "give port.name or port.number")
      }
      return
    }
    PodMeaning.portNumber(port["number"], &findings)
    if (port["name"] == nil) == (port["number"] == nil) {
      findings.add(.badIngress, at: port, "a port is given by name or by number", mend: "give one of them")
    }
  }
}

/// Ranges of addresses, `10.0.0.0/8` and `fd00::/8`.
enum AddressRange {
  static func isValid(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let length = Int(parts[1]), length >= 0 else { return false }
    if parts[0].contains(":") {
      let groups = parts[0].split(separator: ":", omittingEmptySubsequences: false)
      return length <= 128 && (3...9).contains(groups.count)
        && groups.allSatisfy { $0.count <= 4 && $0.allSatisfy(\.isHexDigit) || $0.contains(".") }
        && (groups.count == 8 || parts[0].contains("::"))
    }
    let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    return length <= 32 && bytes.count == 4
      && bytes.allSatisfy { UInt8($0) != nil && ($0.count == 1 || $0.first != "0") }
  }
}

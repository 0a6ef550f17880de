/// AuthorizationPolicies as istiod takes them (`pkg/config/security/security.go` and `validateAuthorizationPolicy` of Istio).
struct AuthorizationMeaning {
  static func run(_ findings: inout ObjectFindings) {
    let spec = findings.root["spec"]
    let action = spec?["action"]?.string ?? "ALLOW"
    for rule in spec?["rules"]?.items ?? [] {
      for from in rule["from"]?.items ?? [] {
        guard let source = from["source"], saysAnything(source) else {
          findings.add(.badAuthorization, at: from, "has no source", mend: "say where requests come from, or remove it")
          continue
        }
        for key in ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"] {
          addresses(source[key], &findings)
        }
        emptiness(of: source, &findings)
      }
      for to in rule["to"]?.items ?? [] {
        guard let operation = to["operation"], saysAnything(operation) else {
          findings.add(.badAuthorization, at: to, "has no operation", mend: "say what is asked for, or remove it")
          continue
        }
        for key in ["ports", "notPorts"] { ports(operation[key], &findings) }
        emptiness(of: operation, &findings)
      }
      for condition in rule["when"]?.items ?? [] { check(condition, action, &findings) }
    }
    if action == "DENY" || action == "CUSTOM", let spec, spec["rules"]?.items.isEmpty ?? true {
      findings.add(.badAuthorization, at: spec, "\(action) without rules does nothing", mend: "give rules")
    }
  }

  private static func ports(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    for item in node?.items ?? [] {
      guard let text = item.tree.text, !(Int(text).map { (1...65535).contains($0) } ?? false) else { continue }
      findings.add(
        .badAuthorization, at: item, "\"\(YAMLTree.shortened(text))\" is no number of a port",
        mend: "write a port of the pods from 1 to 65535")
    }
  }

  private static func addresses(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    for item in node?.items ?? [] {
      guard let text = item.tree.text, !isAddress(text) else { continue }
      findings.add(
        .badAuthorization, at: item, "\"\(YAMLTree.shortened(text))\" is no address or range",
        mend: "write one such as 10.0.0.0/8")
    }
  }

  private static func isAddress(_ text: String) -> Bool {
    text.contains("/")
      ? AddressRange.isValid(text) : AddressRange.isValid(text + "/32") || AddressRange.isValid(text + "/128")
  }

  private static func saysAnything(_ node: CheckedNode) -> Bool { node.entries.contains { !$0.value.items.isEmpty } }

  private static func emptiness(of node: CheckedNode, _ findings: inout ObjectFindings) {
    for item in node.entries.flatMap(\.value.items) where item.string == "" {
      findings.add(.badAuthorization, at: item, "is empty", mend: "write what is meant, or remove it")
    }
  }

  /// Attributes by which a rule may ask (<https://istio.io/latest/docs/reference/config/security/conditions/>).
  private static let attributes: Set = [
    "source.ip", "remote.ip", "source.namespace", "source.principal", "source.serviceAccount", "request.auth.principal",
    "request.auth.audiences", "request.auth.presenter", "destination.ip", "destination.port", "connection.sni",
  ]
  private static let families = ["request.headers", "request.auth.claims"]

  private static func check(_ condition: CheckedNode, _ action: String, _ findings: inout ObjectFindings) {
    if condition["values"]?.items.isEmpty ?? true, condition["notValues"]?.items.isEmpty ?? true {
      findings.add(.badAuthorization, at: condition, "asks for no value", mend: "give values or notValues")
    }
    guard let key = condition["key"], let text = key.string else { return }
    let isOfFamily = families.contains {
      text.hasPrefix($0 + "[") && text.hasSuffix("]") && text.utf8.count > $0.utf8.count + 2
    }
    if !attributes.contains(text), !isOfFamily, !text.hasPrefix("experimental.envoy.filters.") {
      let known = attributes.sorted() + families.map { $0 + "[NAME]" }
      findings.add(
        .badAuthorization, at: key, "\"\(YAMLTree.shortened(text))\" is nothing that a rule can ask for",
        mend: KeyDistance.nearest(to: text, among: known).map { "did you mean \"\($0)\"?" }
          ?? "write one such as source.ip or request.headers[NAME]")
      return
    }
    for part in ["values", "notValues"] {
      switch text {
      case "source.ip", "remote.ip", "destination.ip": addresses(condition[part], &findings)
      case "destination.port": ports(condition[part], &findings)
      default: continue
      }
    }
  }
}

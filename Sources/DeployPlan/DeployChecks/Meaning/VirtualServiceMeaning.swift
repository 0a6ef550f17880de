/// VirtualServices as istiod and Envoy take them: what the schema lets through and they refuse or pass over.
///
/// Facts from Istio's validation (`pkg/config/validation/validation.go`) and its translation to Envoy
/// (`pilot/pkg/networking/core/route`).
struct VirtualServiceMeaning {
  static func run(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    let routes = spec["http"]?.items ?? []
    if ["http", "tcp", "tls"].allSatisfy({ spec[$0]?.items.isEmpty ?? true }) {
      findings.add(.routeToNothing, at: spec, "has no http, tcp or tls route", mend: "give http")
    }
    hosts(spec, &findings)
    var catchAll: CheckedNode?
    for route in routes {
      if let catchAll {
        findings.add(.unreachedRoute, at: route, "is never reached: \(catchAll.path) takes every request")
      }
      http(route, &findings)
      if catchAll == nil, takesAll(route) { catchAll = route }
    }
    for route in (spec["tcp"]?.items ?? []) + (spec["tls"]?.items ?? []) {
      destinations(route["route"]?.items ?? [], of: route, &findings)
    }
  }

  private static func hosts(_ spec: CheckedNode, _ findings: inout ObjectFindings) {
    let gateways = spec["gateways"]?.tree.items.compactMap(\.text) ?? ["mesh"]
    var seen: Set<String> = []
    for host in spec["hosts"]?.items ?? [] {
      guard let text = host.string else { continue }
      if !seen.insert(text).inserted {
        findings.add(
          .badHost, at: host, "\"\(YAMLTree.shortened(text))\" is given twice", mend: "remove one of the two")
      }
      if text == "*", gateways.isEmpty || gateways.contains("mesh") {
        findings.add(
          .badHost, at: host, "\"*\" is not taken inside of the mesh", mend: "name the host, or gateways alone")
      } else if !isHost(text) {
        findings.add(.badHost, at: host, "\"\(YAMLTree.shortened(text))\" is no host name", mend: "write a DNS name")
      } else if text != "*", !text.contains("."), findings.manifest.namespace == nil {
        findings.add(.shortHost, at: host, "\"\(text)\" means a Service of whatever namespace the object is applied to")
      }
    }
  }

  /// A DNS name, its first part a `*` at most, or an address.
  static func isHost(_ text: String) -> Bool {
    if text == "*" { return true }
    let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
    return NameRules.dnsSubdomain(name.lowercased()) == nil || AddressRange.isValid(text + "/32")
      || AddressRange.isValid(text)
      || AddressRange.isValid(text + "/128")
  }

  private static func takesAll(_ route: CheckedNode) -> Bool {
    guard let matches = route["match"]?.items, !matches.isEmpty else { return true }
    return matches.contains { match in
      let given = match.entries.filter { $0.key != "name" && !$0.value.tree.isNull }
      if given.isEmpty { return true }
      return given.count == 1 && given[0].key == "uri" && given[0].value["prefix"]?.string == "/"
    }
  }

  // MARK: - One route

  private static func http(_ route: CheckedNode, _ findings: inout ObjectFindings) {
    let actions = ["route", "redirect", "directResponse", "delegate"].filter { key in
      key == "route" ? !(route[key]?.items.isEmpty ?? true) : route[key] != nil
    }
    if actions.isEmpty {
      findings.add(.routeToNothing, at: route, "leads nowhere", mend: "give route, redirect or directResponse")
    } else if actions.count > 1 {
      findings.add(
        .routeToNothing, at: route, "\(actions.joined(separator: " and ")) exclude each other", mend: "keep one of them"
      )
    }
    for match in route["match"]?.items ?? [] { RequestMatchMeaning.run(match, &findings) }
    destinations(route["route"]?.items ?? [], of: route, &findings)
    destination(route["mirror"], &findings)
    percentage(route["mirrorPercentage"], &findings)
    for key in ["mirrorPercent", "mirror_percent"] { wholePercent(route[key], &findings) }
    for mirror in route["mirrors"]?.items ?? [] {
      destination(mirror["destination"], &findings)
      percentage(mirror["percentage"], &findings)
    }
    status(route["directResponse"]?["status"], &findings)
    fault(route["fault"], &findings)
    retries(route["retries"], of: route, &findings)
  }

  private static func destinations(_ routes: [CheckedNode], of owner: CheckedNode, _ findings: inout ObjectFindings) {
    var total: Int64 = 0
    for route in routes {
      destination(route["destination"], &findings)
      guard let weight = route["weight"], let value = weight.integer else { continue }
      if value < 0 {
        findings.add(.badWeight, at: weight, "\(value) is below zero", mend: "write a share from 0 to 100")
      } else {
        total = total.addingReportingOverflow(value).partialValue
      }
    }
    guard routes.count > 1 else { return }
    if total == 0 {
      findings.add(
        .badWeight, at: owner["route"], "no destination has a weight above zero", mend: "give weights that sum to 100")
    } else if total != 100, routes.allSatisfy({ ($0["weight"]?.integer ?? 0) >= 0 }) {
      let shares = routes.compactMap { $0["weight"]?.integer }.map { "\($0) is \(percent($0, of: total))" }
      findings.add(
        .weightsOff, at: owner["route"],
        "weights sum to \(total), and are shares of that: \(shares.joined(separator: ", "))",
        mend: "make them sum to 100")
    }
  }

  /// To a tenth.
  private static func percent(_ value: Int64, of total: Int64) -> String {
    let tenths = (Double(value) / Double(total) * 1000).rounded()
    return "\(tenths / 10) %"
  }

  private static func destination(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node else { return }
    if let host = node["host"], let text = host.string, text.isEmpty || !isHost(text) || text.hasPrefix("*") {
      findings.add(
        .badHost, at: host, "\"\(YAMLTree.shortened(text))\" is no host to send to", mend: "write a DNS name")
    }
    PodMeaning.portNumber(node["port"]?["number"], &findings)
  }

  // MARK: - Faults and retries

  static func percentage(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let value = node?["value"], let amount = value.tree.decimal, !(0...100).contains(amount) else { return }
    findings.add(.badPercentage, at: value, "\(value.tree.text ?? "") is no percentage")
  }

  static func wholePercent(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node, let amount = node.integer, !(0...100).contains(amount) else { return }
    findings.add(.badPercentage, at: node, "\(amount) is no percentage")
  }

  private static func status(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node, let code = node.integer, !(200...599).contains(code) else { return }
    findings.add(.badStatus, at: node, "\(code) is no status of an answer")
  }

  private static func fault(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node else { return }
    if let abort = node["abort"] {
      if ["httpStatus", "grpcStatus", "http2Error"].allSatisfy({ abort[$0] == nil }) {
        findings.add(.deadFault, at: abort, "has no status, so nothing is aborted", mend: "give httpStatus")
      }
      status(abort["httpStatus"], &findings)
      percentage(abort["percentage"], &findings)
    }
    if let delay = node["delay"] {
      if delay["fixedDelay"] == nil {
        findings.add(.deadFault, at: delay, "has no fixedDelay, so nothing is delayed", mend: "give fixedDelay")
      }
      percentage(delay["percentage"], &findings)
      wholePercent(delay["percent"], &findings)
    }
    if node["abort"] == nil, node["delay"] == nil {
      findings.add(.deadFault, at: node, "injects nothing", mend: "give abort or delay")
    }
  }

  /// <https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on>
  private static let policies = [
    "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "envoy-ratelimited", "retriable-4xx",
    "refused-stream", "retriable-status-codes", "retriable-headers", "http3-post-connect-failure", "cancelled",
    "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
  ]

  private static func retries(_ node: CheckedNode?, of route: CheckedNode, _ findings: inout ObjectFindings) {
    guard let node else { return }
    if let attempts = node["attempts"], let value = attempts.integer, value < 0 {
      findings.add(
        .badRetries, at: attempts, "\(value) attempts turn every retry off", mend: "write 0, or a positive number")
    }
    if let policy = node["retryOn"], let text = policy.string {
      for word in text.split(separator: ",") {
        let word = String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        if policies.contains(word) || Int(word).map({ (100...599).contains($0) }) ?? false { continue }
        findings.add(
          .badRetries, at: policy, "\"\(YAMLTree.shortened(word))\" is nothing to retry on",
          mend: KeyDistance.nearest(to: word, among: policies).map { "did you mean \"\($0)\"?" }
            ?? "write words such as 5xx, reset")
      }
    }
    guard let perTry = node["perTryTimeout"]?.string.flatMap({ GoDuration.nanoseconds($0) }),
      let whole = route["timeout"]?.string.flatMap({ GoDuration.nanoseconds($0) }), perTry > whole
    else { return }
    findings.add(.longTry, at: node["perTryTimeout"], "one try may take longer than all of them")
  }
}

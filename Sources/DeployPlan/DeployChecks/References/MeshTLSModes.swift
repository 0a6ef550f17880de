/// Where the mesh takes mutual TLS alone, by the PeerAuthentications at hand
/// (<https://istio.io/latest/docs/reference/config/security/peer_authentication/>).
struct MeshTLSModes {
  private struct Policy {
    let selector: LabelQuery?
    /// `nil` where it leaves that to a wider one.
    let mode: String?
    let ports: [String: String]
    let manifest: Manifest
  }

  private var policies: [String: [Policy]] = [:]

  mutating func add(_ manifest: Manifest) {
    let spec = CheckedNode(tree: manifest.tree, path: "")["spec"]
    func mode(_ node: CheckedNode?) -> String? { node?["mode"]?.string.flatMap { $0 == "UNSET" ? nil : $0 } }
    let ports = (spec?["portLevelMtls"]?.entries ?? []).compactMap { entry in mode(entry.value).map { (entry.key, $0) }
    }
    let selector = spec?["selector"].map { LabelQuery(selector: $0) }
    policies[ObjectIndex.namespace(of: manifest), default: []].append(
      Policy(
        selector: selector?.isEmpty ?? true ? nil : selector, mode: mode(spec?["mtls"]),
        ports: Dictionary(ports) { first, _ in first }, manifest: manifest))
  }

  /// What makes a port of a workload take mutual TLS alone; `nil` where plain requests are taken too, as far as is at hand.
  func strict(_ workload: Workload, port: Int64) -> Manifest? {
    let all = policies[ObjectIndex.namespace(of: workload.manifest)] ?? []
    let own = all.first { $0.selector?.matches(workload.labels) ?? false }
    let wide = all.first { $0.selector == nil }
    if let mode = own?.ports["\(port)"] { return mode == "STRICT" ? own?.manifest : nil }
    if let mode = own?.mode { return mode == "STRICT" ? own?.manifest : nil }
    return wide?.mode == "STRICT" ? wide?.manifest : nil
  }
}

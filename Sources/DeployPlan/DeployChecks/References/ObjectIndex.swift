/// The objects at hand, to be looked up: by name, and by labels without trying each against each.
struct ObjectIndex {
  /// Things with labels, by one of their labels.
  struct Labelled<Element> {
    private var elements: [(labels: [String: String], element: Element)] = []
    private var positions: [String: [Int]] = [:]

    mutating func add(_ labels: [String: String], _ element: Element) {
      for (key, value) in labels { positions[key + "=" + value, default: []].append(elements.count) }
      elements.append((labels, element))
    }

    /// In the order of the objects. O(what shares the rarest of the query's labels).
    func matching(_ query: LabelQuery) -> [(labels: [String: String], element: Element)] {
      candidates(query).filter { query.matches($0.labels) }
    }

    /// The first of them.
    func first(matching query: LabelQuery) -> Element? { candidates(query).first { query.matches($0.labels) }?.element }

    private func candidates(_ query: LabelQuery) -> [(labels: [String: String], element: Element)] {
      let lists = query.equal.map { positions[$0.key + "=" + $0.value] ?? [] }
      guard let rarest = lists.min(by: { $0.count < $1.count }) else { return elements }
      return rarest.count == elements.count ? elements : rarest.map { elements[$0] }
    }
  }

  /// `namespace/name` of each kind (`Kind` alone: the groups of those that are referred to have no kind in common).
  private var names: [String: [String: Manifest]] = [:]
  /// By namespace.
  private(set) var workloads: [String: Labelled<Workload>] = [:]
  private(set) var services: [String: Labelled<Manifest>] = [:]
  /// DestinationRules, by the full name of their host.
  private(set) var destinationRules: [String: [Manifest]] = [:]
  /// VirtualServices, by what they bind and the full name of their host: `GATEWAY HOST`.
  private(set) var virtualServices: [String: [Manifest]] = [:]
  /// Autoscalers, by what they scale: `kind/namespace/name`.
  private(set) var autoscalers: [String: [Manifest]] = [:]
  /// Modes of mutual TLS.
  private(set) var meshTLS = MeshTLSModes()
  /// The namespace and name of VirtualServices that others delegate to.
  private(set) var delegates: Set<String> = []
  /// Hosts that ServiceEntries bring in.
  private(set) var foreignHosts: Set<String> = []
  /// Selectors of disruption budgets, by namespace.
  private(set) var budgets: [String: SelectorSet] = [:]
  /// How many pods autoscalers give at most, by what they scale: `kind/namespace/name`.
  private(set) var mostReplicas: [String: Int64] = [:]
  /// What there is of each kind at all.
  private(set) var allServices: Labelled<Manifest> = Labelled()
  private(set) var allWorkloads: Labelled<Workload> = Labelled()

  init(_ manifests: [Manifest]) {
    for manifest in manifests {
      let namespace = Self.namespace(of: manifest)
      names[manifest.kind, default: [:]]["\(namespace)/\(manifest.name)"] = manifest
      if let workload = Workload(manifest) {
        workloads[namespace, default: Labelled()].add(workload.labels, workload)
        allWorkloads.add(workload.labels, workload)
      }
      let spec = CheckedNode(tree: manifest.tree, path: "")["spec"]
      switch (manifest.group, manifest.kind) {
      case ("", "Service"):
        services[namespace, default: Labelled()].add(manifest.labels, manifest)
        allServices.add(manifest.labels, manifest)
      case ("networking.istio.io", "DestinationRule"):
        let host = Self.fullHost(spec?["host"]?.string ?? "", in: namespace)
        destinationRules[host, default: []].append(manifest)
      case ("networking.istio.io", "VirtualService"):
        for key in Self.bindings(of: manifest) { virtualServices[key.key, default: []].append(manifest) }
        for route in spec?["http"]?.items ?? [] {
          guard let delegate = route["delegate"] else { continue }
          delegates.insert("\(delegate["namespace"]?.string ?? namespace)/\(delegate["name"]?.string ?? "")")
        }
      case ("policy", "PodDisruptionBudget"):
        guard let selector = spec?["selector"] else { continue }
        budgets[namespace, default: SelectorSet()].add(LabelQuery(selector: selector))
      case ("autoscaling", "HorizontalPodAutoscaler"):
        let target = spec?["scaleTargetRef"]
        let scaled = "\(target?["kind"]?.string ?? "")/\(namespace)/\(target?["name"]?.string ?? "")"
        autoscalers[scaled, default: []].append(manifest)
        mostReplicas[scaled] = spec?["maxReplicas"]?.integer ?? .max
      case ("networking.istio.io", "ServiceEntry"):
        foreignHosts.formUnion((spec?["hosts"]?.tree.items ?? []).compactMap(\.text))
      case ("security.istio.io", "PeerAuthentication"): meshTLS.add(manifest)
      default: break
      }
    }
  }

  /// What a VirtualService binds: each of its hosts at each of its gateways.
  static func bindings(of manifest: Manifest) -> [(key: String, host: CheckedNode)] {
    let namespace = namespace(of: manifest)
    let spec = CheckedNode(tree: manifest.tree, path: "")["spec"]
    let given = (spec?["gateways"]?.tree.items ?? []).compactMap(\.text)
    return (spec?["hosts"]?.items ?? []).flatMap { host in
      (given.isEmpty ? ["mesh"] : given).map { gateway in
        let place = gateway == "mesh" || gateway.contains("/") ? gateway : "\(namespace)/\(gateway)"
        let text = host.string ?? ""
        return ("\(place) \(text == "*" ? text : fullHost(text, in: namespace))", host)
      }
    }
  }

  /// What has no namespace is taken to be applied to one and the same.
  static func namespace(of manifest: Manifest) -> String { manifest.namespace ?? "" }

  func object(_ kind: String, _ name: String, in namespace: String) -> Manifest? {
    names[kind]?["\(namespace)/\(name)"]
  }

  /// `NAME.NAMESPACE.svc.cluster.local` of a host that a Service may have; other hosts as they are.
  static func fullHost(_ host: String, in namespace: String) -> String {
    if !host.contains(".") { return "\(host).\(namespace).svc.cluster.local" }
    if host.hasSuffix(".svc") { return host + ".cluster.local" }
    return host
  }

  /// The Service of a host: `nil` for what is outside of the cluster.
  static func serviceName(ofHost host: String, in namespace: String) -> (name: String, namespace: String)? {
    let parts = fullHost(host, in: namespace).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 3, parts[2] == "svc", !host.hasPrefix("*") else { return nil }
    return (parts[0], parts[1])
  }
}

/// Selectors, to be asked whether one of them takes some labels without trying each.
struct SelectorSet {
  /// By one label that they ask for.
  private var byLabel: [String: [LabelQuery]] = [:]
  private var others: [LabelQuery] = []

  mutating func add(_ query: LabelQuery) {
    // The label that the fewest share: the same one for all would make this a list.
    let best = query.equal.map { $0.key + "=" + $0.value }.min { (byLabel[$0]?.count ?? 0) < (byLabel[$1]?.count ?? 0) }
    if let best { byLabel[best, default: []].append(query) } else { others.append(query) }
  }

  func takes(_ labels: [String: String]) -> Bool {
    others.contains { $0.matches(labels) }
      || labels.contains { key, value in byLabel[key + "=" + value]?.contains { $0.matches(labels) } ?? false }
  }
}

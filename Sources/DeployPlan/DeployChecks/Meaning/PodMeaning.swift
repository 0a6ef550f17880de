/// Pods and their templates: ports, probes, resources, environment, volumes.
struct PodMeaning {
  static func run(_ workload: Workload, _ findings: inout ObjectFindings) {
    NameMeaning.labels(workload.metadata?["labels"], &findings)
    if let containers = workload.pod["containers"], containers.items.isEmpty {
      findings.add(.noContainer, at: containers, "a pod needs a container", mend: "give one")
    }
    var names: Set<String> = []
    for container in workload.allContainers {
      if let name = container["name"]?.string {
        if let flaw = NameRules.dnsLabel(name) {
          findings.add(
            .badName, at: container["name"], "\"\(YAMLTree.shortened(name))\" \(flaw.problem)", mend: flaw.mend)
        }
        // Two of one list are refused by the structure.
        if !names.insert(name).inserted, workload.initContainers.contains(where: { $0["name"]?.string == name }) {
          findings.add(
            .badName, at: container["name"], "\"\(name)\" is the name of another container", mend: "give it its own")
        }
      }
      check(container, of: workload, &findings)
    }
    volumes(workload, &findings)
    restartPolicy(workload, &findings)
    security(workload, &findings)
    spread(workload, &findings)
    if let seconds = workload.pod["terminationGracePeriodSeconds"], (seconds.integer ?? 0) < 0 {
      findings.add(.negative, at: seconds, "cannot be negative", mend: "write a number of seconds")
    }
  }

  private static func check(_ container: CheckedNode, of workload: Workload, _ findings: inout ObjectFindings) {
    if let image = container["image"] {
      if let text = image.string, let flaw = ImageReference.flaw(in: text) {
        findings.add(.badImage, at: image, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: flaw.mend)
      }
    } else {
      findings.add(.badImage, at: container, "the container has no image", mend: "give image")
    }
    ports(container, &findings)
    resources(container["resources"], &findings)
    environment(container, &findings)
    ProbeMeaning.run(container, &findings)
  }

  // MARK: - Ports

  private static func ports(_ container: CheckedNode, _ findings: inout ObjectFindings) {
    var names: Set<String> = []
    for port in container["ports"]?.items ?? [] {
      portNumber(port["containerPort"], &findings)
      // Zero is none.
      if port["hostPort"]?.integer != 0 { portNumber(port["hostPort"], &findings) }
      guard let name = port["name"], let text = name.string else { continue }
      if let flaw = portNameFlaw(text) {
        findings.add(.badPortName, at: name, "\"\(YAMLTree.shortened(text))\" \(flaw.problem)", mend: flaw.mend)
      }
      if !names.insert(text).inserted {
        findings.add(.repeatedPortName, at: name, "\"\(text)\" is the name of another port of the container")
      }
    }
  }

  static func portNumber(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node, let number = node.integer, !(1...65535).contains(number) else { return }
    findings.add(.badPort, at: node, "\(number) is no port")
  }

  /// IANA service names (RFC 6335, section 5.1), in lower case.
  static func portNameFlaw(_ text: String) -> Flaw? {
    let mend = "use at most 15 lower-case letters, digits and single \"-\", with a letter among them"
    let bytes = Array(text.utf8)
    if bytes.count > 15 { return Flaw("has \(bytes.count) characters, more than 15", mend: mend) }
    let isFit =
      bytes.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
      && bytes.contains { (97...122).contains($0) } && bytes.first != 45 && bytes.last != 45 && !text.contains("--")
    return isFit ? nil : Flaw("is no name of a port", mend: mend)
  }

  // MARK: - Resources

  private static func resources(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node else { return }
    var limits: [String: Quantity] = [:]
    for entry in node["limits"]?.entries ?? [] {
      if let amount = quantity(entry.value, &findings) { limits[entry.key] = amount }
    }
    for entry in node["requests"]?.entries ?? [] {
      guard let amount = quantity(entry.value, &findings), let limit = limits[entry.key], amount > limit else {
        continue
      }
      findings.add(
        .requestAboveLimit, at: entry.value, "requests \(amount) of \(entry.key), above the limit of \(limit)")
    }
  }

  private static func quantity(_ node: CheckedNode, _ findings: inout ObjectFindings) -> Quantity? {
    guard let text = node.tree.text, let quantity = Quantity(text) else { return nil }
    if quantity.billionths < 0 {
      findings.add(.negative, at: node, "\(text) is below zero", mend: "write an amount")
      return nil
    }
    return quantity
  }

  // MARK: - Environment

  private static let sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"]

  private static func environment(_ container: CheckedNode, _ findings: inout ObjectFindings) {
    for variable in container["env"]?.items ?? [] {
      if let name = variable["name"]?.string, name.isEmpty || name.contains("=") {
        findings.add(
          .badEnvironment, at: variable["name"], "\"\(YAMLTree.shortened(name))\" is no name of a variable",
          mend: "use letters, digits and \"_\"")
      }
      guard let source = variable["valueFrom"] else { continue }
      if !(variable["value"]?.string ?? "").isEmpty {
        findings.add(.badEnvironment, at: variable, "value and valueFrom exclude each other", mend: "keep one of them")
      }
      let given = sources.filter { source[$0] != nil }
      if given.count != 1 {
        findings.add(
          .badEnvironment, at: source,
          given.isEmpty ? "comes from nothing" : "comes from \(given.joined(separator: " and "))",
          mend: "give one of \(sources.joined(separator: ", "))")
      }
    }
    for source in container["envFrom"]?.items ?? [] {
      let given = ["configMapRef", "secretRef"].filter { source[$0] != nil }
      if given.count != 1 {
        findings.add(
          .badEnvironment, at: source, given.isEmpty ? "comes from nothing" : "comes from two things",
          mend: "give configMapRef or secretRef")
      }
    }
  }

  // MARK: - Volumes and the rest

  private static func volumes(_ workload: Workload, _ findings: inout ObjectFindings) {
    var known: Set<String> = []
    for volume in workload.pod["volumes"]?.items ?? [] {
      guard let name = volume["name"]?.string else { continue }
      known.insert(name)
      if let flaw = NameRules.dnsLabel(name) {
        findings.add(.badName, at: volume["name"], "\"\(YAMLTree.shortened(name))\" \(flaw.problem)", mend: flaw.mend)
      }
      let sources = volume.entries.map(\.key).filter { $0 != "name" && volume[$0] != nil }
      if sources.count > 1 {
        findings.add(.badVolume, at: volume, "is \(sources.joined(separator: " and "))", mend: "keep one of them")
      }
    }
    let claims = CheckedNode(tree: workload.manifest.tree, path: "")["spec"]?["volumeClaimTemplates"]?.items ?? []
    known.formUnion(claims.compactMap { $0["metadata"]?["name"]?.string })
    for container in workload.allContainers {
      for mount in (container["volumeMounts"]?.items ?? []) + (container["volumeDevices"]?.items ?? []) {
        guard let name = mount["name"], let text = name.string, !known.contains(text) else { continue }
        let nearest = KeyDistance.nearest(to: text, among: known.sorted())
        findings.add(
          .badVolume, at: name, "the pod has no volume \"\(YAMLTree.shortened(text))\"",
          mend: nearest.map { "did you mean \"\($0)\"?" } ?? "give it under volumes")
      }
    }
  }

  private static func restartPolicy(_ workload: Workload, _ findings: inout ObjectFindings) {
    let policy = workload.pod["restartPolicy"]
    switch workload.manifest.kind {
    case "Job", "CronJob":
      if policy?.string == nil || policy?.string == "Always" {
        findings.add(
          .badRestartPolicy, at: policy ?? workload.pod,
          "pods of a \(workload.manifest.kind) end, so they are not restarted always",
          mend: "write restartPolicy: OnFailure or Never")
      }
    case "Pod": break
    default:
      if let text = policy?.string, text != "Always" {
        findings.add(
          .badRestartPolicy, at: policy, "pods of a \(workload.manifest.kind) are restarted always, not \(text)",
          mend: "remove it")
      }
    }
  }

  private static func security(_ workload: Workload, _ findings: inout ObjectFindings) {
    let pod = workload.pod["securityContext"]
    for container in workload.allContainers {
      let own = container["securityContext"]
      let user = own?["runAsUser"] ?? pod?["runAsUser"]
      let nonRoot = own?["runAsNonRoot"] ?? pod?["runAsNonRoot"]
      if let user, user.integer == 0, nonRoot?.isTrue ?? false {
        findings.add(
          .contradiction, at: user, "runAsUser 0 is root, which runAsNonRoot forbids: the container never starts")
      }
      if own?["privileged"]?.isTrue ?? false, let escalation = own?["allowPrivilegeEscalation"], !escalation.isTrue {
        findings.add(.contradiction, at: escalation, "a privileged container has every privilege already")
      }
    }
  }

  private static func spread(_ workload: Workload, _ findings: inout ObjectFindings) {
    for constraint in workload.pod["topologySpreadConstraints"]?.items ?? [] {
      if let skew = constraint["maxSkew"], let value = skew.integer, value < 1 {
        findings.add(.negative, at: skew, "must be 1 at least", mend: "write 1")
      }
      guard let selector = constraint["labelSelector"] else { continue }
      NameMeaning.selector(selector, &findings)
      let query = LabelQuery(selector: selector)
      if !query.isEmpty, !query.matches(workload.labels) {
        findings.add(.deadSpread, at: selector, "selects other pods than these, so they are not spread")
      }
    }
  }
}

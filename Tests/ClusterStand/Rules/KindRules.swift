/// The rules of single kinds.
extension ObjectRules {
  private func at(_ path: String...) -> Tree? { path.reduce(Optional(object)) { $0?[$1] } }

  mutating func checkWorkload() {
    if let replicas = at("spec", "replicas")?.integer, replicas < 0 {
      invalid(.number(Double(replicas)), "must be greater than or equal to 0", "spec.replicas")
    }
    let selector = at("spec", "selector")
    if selector?.isEmptyCollection ?? true {
      add("FieldValueRequired", "Required value", "spec.selector")
      invalid(.object([:]), "empty selector is invalid for deployment", "spec.selector")
    } else {
      let labels = at("spec", "template", "metadata", "labels")
      let pod: Tree = ["metadata": ["labels": labels ?? [:]]]
      if !Selection(matching: selector).matches(pod) {
        invalid(labels, "`selector` does not match template `labels`", "spec.template.metadata.labels")
      }
    }
    checkLabels(at("spec", "template", "metadata", "labels"), "spec.template.labels")
    checkContainers(at("spec", "template", "spec"), "spec.template.spec")
    if live != nil, resource.kind != "StatefulSet", live?["spec"]?["selector"] != selector {
      invalid(selector, "field is immutable", "spec.selector")
    }
    if resource.kind == "StatefulSet", let live {
      let free: Set<String> = [
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
      ]
      let changed = Set(live["spec"]?.members.keys.map { $0 } ?? []).union(
        object["spec"]?.members.keys.map { $0 } ?? []
      )
      .subtracting(free).contains { live["spec"]?[$0] != object["spec"]?[$0] }
      if changed {
        add(
          "FieldValueForbidden",
          "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
            + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
          "spec")
      }
    }
    guard resource.kind == "Deployment" else { return }
    if at("spec", "strategy", "type") == "Recreate", at("spec", "strategy", "rollingUpdate") != nil {
      add(
        "FieldValueForbidden", "Forbidden: may not be specified when strategy `type` is 'Recreate'",
        "spec.strategy.rollingUpdate")
    }
    func isZero(_ value: Tree?) -> Bool { value == 0 || value == "0%" || value == "0" }
    if at("spec", "strategy", "type") == "RollingUpdate", isZero(at("spec", "strategy", "rollingUpdate", "maxSurge")),
      isZero(at("spec", "strategy", "rollingUpdate", "maxUnavailable"))
    {
      invalid(
        at("spec", "strategy", "rollingUpdate", "maxUnavailable"), "may not be 0 when `maxSurge` is 0",
        "spec.strategy.rollingUpdate.maxUnavailable")
    }
    if let deadline = at("spec", "progressDeadlineSeconds")?.integer,
      deadline <= (at("spec", "minReadySeconds")?.integer ?? 0)
    {
      invalid(.number(Double(deadline)), "must be greater than minReadySeconds", "spec.progressDeadlineSeconds")
    }
  }

  mutating func checkContainers(_ spec: Tree?, _ path: String) {
    let containers = spec?["containers"]?.elements ?? []
    if containers.isEmpty { add("FieldValueRequired", "Required value", "\(path).containers") }
    // The pods of a StatefulSet have a volume for each of its claims.
    let claims = (at("spec", "volumeClaimTemplates")?.elements ?? []).compactMap { $0["metadata"]?["name"]?.string }
    let volumes = Set((spec?["volumes"]?.elements ?? []).compactMap { $0["name"]?.string } + claims)
    for (index, container) in containers.enumerated() {
      let place = "\(path).containers[\(index)]"
      let name = container["name"]?.string ?? ""
      if name.isEmpty {
        add("FieldValueRequired", "Required value", "\(place).name")
      } else if name.wholeMatch(of: /[a-z0-9]([-a-z0-9]*[a-z0-9])?/) == nil || name.utf8.count > 63 {
        invalid(
          .string(name), "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'",
          "\(place).name")
      }
      let image = container["image"]?.string ?? ""
      if image.isEmpty { add("FieldValueRequired", "Required value", "\(place).image") }
      if image.contains(" ") {
        invalid(.string(image), "must not have leading or trailing whitespace", "\(place).image")
      }
      checkPorts(container["ports"]?.elements ?? [], "\(place).ports")
      for (mountIndex, mount) in (container["volumeMounts"]?.elements ?? []).enumerated() {
        let volume = mount["name"]?.string ?? ""
        if !volumes.contains(volume) {
          add("FieldValueNotFound", "Not found: \"\(volume)\"", "\(place).volumeMounts[\(mountIndex)].name")
        }
      }
      checkResources(container["resources"], "\(place).resources")
    }
  }

  private mutating func checkPorts(_ ports: [Tree], _ path: String) {
    for (index, port) in ports.enumerated() {
      if let name = port["name"]?.string {
        if name.utf8.count > 15 {
          invalid(.string(name), "must be no more than 15 characters", "\(path)[\(index)].name")
        }
        if name.wholeMatch(of: /[-a-z0-9]+/) == nil {
          invalid(
            .string(name), "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
            "\(path)[\(index)].name")
        }
        if name.firstMatch(of: /[a-z]/) == nil {
          invalid(.string(name), "must contain at least one letter (a-z)", "\(path)[\(index)].name")
        }
      }
      let number = port["containerPort"]?.integer ?? 0
      if number == 0 {
        add("FieldValueRequired", "Required value", "\(path)[\(index)].containerPort")
      } else if !(1...65_535).contains(number) {
        invalid(
          .number(Double(number)), "must be between 1 and 65535, inclusive", "\(path)[\(index)].containerPort")
      }
    }
  }

  private mutating func checkResources(_ resources: Tree?, _ path: String) {
    for (key, request) in (resources?["requests"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let limit = resources?["limits"]?[key]?.string.flatMap({ Quantity($0) }),
        let wanted = request.string.flatMap({ Quantity($0) }), wanted.thousandths > limit.thousandths
      else { continue }
      invalid(
        request, "must be less than or equal to \(key) limit of \(limit)", "\(path).requests")
    }
  }

  mutating func checkService() {
    let ports = at("spec", "ports")?.elements ?? []
    if ports.isEmpty, at("spec", "type") != "ExternalName", at("spec", "clusterIP") != "None" {
      add("FieldValueRequired", "Required value", "spec.ports")
    }
    for (index, port) in ports.enumerated() {
      let number = port["port"]?.integer ?? 0
      if !(1...65_535).contains(number) {
        invalid(.number(Double(number)), "must be between 1 and 65535, inclusive", "spec.ports[\(index)].port")
      }
      if ports.count > 1, port["name"] == nil {
        add("FieldValueRequired", "Required value", "spec.ports[\(index)].name")
      }
    }
    let address = live?["spec"]?["clusterIP"]
    if let address, address != "None", at("spec", "type") != "ExternalName", at("spec", "clusterIP") != address {
      add(
        "FieldValueInvalid", "Invalid value: \([at("spec", "clusterIP") ?? .null] as Tree): field is immutable",
        "spec.clusterIPs[0]")
    }
  }

  mutating func checkAutoscaler() {
    let least = at("spec", "minReplicas")?.integer ?? 1
    let most = at("spec", "maxReplicas")?.integer ?? 0
    if most < 1 { invalid(.number(Double(most)), "must be greater than 0", "spec.maxReplicas") }
    if least < 1 { invalid(.number(Double(least)), "must be greater than or equal to 1", "spec.minReplicas") }
    if most < least {
      invalid(.number(Double(most)), "must be greater than or equal to `minReplicas`", "spec.maxReplicas")
    }
  }

  mutating func checkBudget() {
    if at("spec", "minAvailable") != nil, at("spec", "maxUnavailable") != nil {
      invalid(
        object["spec"], "minAvailable and maxUnavailable cannot be both set", "spec")
    }
  }

  /// A ConfigMap or Secret holds at most 1 MiB.
  mutating func checkData() {
    let texts = (object["data"]?.members ?? [:]).merging(object["binaryData"]?.members ?? [:]) { first, _ in first }
    var size = 0
    for (key, value) in texts {
      let isEncoded = resource.kind == "Secret" || object["binaryData"]?[key] != nil
      size += isEncoded ? (value.string.flatMap { Base64.decode($0) }?.count ?? 0) : (value.string?.utf8.count ?? 0)
      if key.wholeMatch(of: /[-._a-zA-Z0-9]+/) == nil {
        invalid(
          .string(key), "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "data[\(key)]")
      }
    }
    if size > 1 << 20 {
      add(
        "FieldValueTooLong", "Too long: may not be more than 1048576 bytes", resource.kind == "Secret" ? "data" : "[]")
    }
    guard let live else { return }
    if resource.kind == "Secret", live["type"] != object["type"] {
      invalid(object["type"], "field is immutable", "type")
    }
    if live["immutable"] == true, live["data"] != object["data"] || object["immutable"] != true {
      add("FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", "data")
    }
  }

  mutating func checkLease() {
    if let seconds = at("spec", "leaseDurationSeconds")?.integer, seconds <= 0 {
      invalid(.number(Double(seconds)), "must be greater than 0", "spec.leaseDurationSeconds")
    }
    if let transitions = at("spec", "leaseTransitions")?.integer, transitions < 0 {
      invalid(.number(Double(transitions)), "must be greater than or equal to 0", "spec.leaseTransitions")
    }
  }

  mutating func checkPeerAuthentication() {
    if at("spec", "portLevelMtls")?.isEmptyCollection == false,
      at("spec", "selector", "matchLabels")?.isEmptyCollection ?? true
    {
      add("FieldValueInvalid", "Invalid value: portLevelMtls requires selector", "spec")
    }
  }
}

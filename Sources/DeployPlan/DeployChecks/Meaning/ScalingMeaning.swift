/// HorizontalPodAutoscalers and PodDisruptionBudgets.
struct ScalingMeaning {
  static func autoscaler(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    let least = spec["minReplicas"]
    if let most = spec["maxReplicas"], let value = most.integer {
      if value < 1 { findings.add(.badScaling, at: most, "\(value) is below 1", mend: "write 1 at least") }
      if let least, let low = least.integer, low > value {
        findings.add(.badScaling, at: least, "\(low) is above maxReplicas, \(value)", mend: "write \(value) at most")
      }
    }
    if let least, let value = least.integer, value < 0 {
      findings.add(.badScaling, at: least, "\(value) is below zero", mend: "write 1 at least")
    }
    for metric in spec["metrics"]?.items ?? [] { check(metric, &findings) }
  }

  private static let blocks = [
    "Resource": "resource", "ContainerResource": "containerResource", "Pods": "pods", "Object": "object",
    "External": "external",
  ]

  private static func check(_ metric: CheckedNode, _ findings: inout ObjectFindings) {
    guard let type = metric["type"]?.string, let block = blocks[type] else { return }
    let given = blocks.values.sorted().filter { metric[$0] != nil }
    if given != [block] {
      findings.add(
        .badScaling, at: metric, "a metric of type \(type) is described by \(block) alone",
        mend: given.contains(block) ? "remove the others" : "give \(block)")
    }
    guard let body = metric[block], let target = body["target"], let kind = target["type"]?.string else { return }
    let field = ["Utilization": "averageUtilization", "AverageValue": "averageValue", "Value": "value"][kind]
    guard let field else { return }
    guard let amount = target[field] else {
      findings.add(.badScaling, at: target, "a target of type \(kind) needs \(field)", mend: "give \(field)")
      return
    }
    if kind == "Utilization", !block.lowercased().hasSuffix("resource") {
      findings.add(.badScaling, at: target, "only resources have a utilization", mend: "write AverageValue")
    }
    if kind == "Value", block.lowercased().hasSuffix("resource") {
      findings.add(
        .badScaling, at: target, "resources have a Utilization or an AverageValue", mend: "write Utilization")
    }
    let value = amount.tree.text.flatMap { Quantity($0)?.billionths } ?? 1
    if value <= 0 {
      findings.add(.badScaling, at: amount, "a target must be above zero", mend: "write a positive number")
    }
  }

  static func budget(_ findings: inout ObjectFindings) {
    guard let spec = findings.root["spec"] else { return }
    NameMeaning.selector(spec["selector"], &findings)
    let available = spec["minAvailable"]
    let unavailable = spec["maxUnavailable"]
    WorkloadMeaning.shareOrCount(available, &findings)
    WorkloadMeaning.shareOrCount(unavailable, &findings)
    if available != nil, unavailable != nil {
      findings.add(.badBudget, at: spec, "minAvailable and maxUnavailable exclude each other", mend: "keep one of them")
    }
    for node in [available, unavailable].compactMap({ $0 })
    where (node.string.flatMap { WorkloadMeaning.share($0) } ?? 0) > 100 {
      findings.add(.badBudget, at: node, "is more than 100%", mend: "write 100% at most")
    }
    if spec["selector"]?.tree.entries.isEmpty ?? true {
      findings.add(.wideBudget, at: spec, "has no selector: it is for every pod of the namespace, or for none")
    }
  }
}

/// The small controllers: budgets, autoscalers, the addresses of services.
extension ClusterState {
  mutating func stepBudgets() -> Bool {
    let budgets = kind("policy/v1", "PodDisruptionBudget")
    var didChange = false
    for budget in store.list(budgets, namespace: nil) {
      let selection = Selection(matching: budget["spec"]?["selector"])
      let pods = store.list(kind("v1", "Pod"), namespace: budget["metadata"]?["namespace"]?.string)
        .filter { selection.matches($0) && $0["metadata"]?["deletionTimestamp"] == nil }
      let healthy = pods.count { pod in
        (pod["status"]?["conditions"]?.elements ?? []).contains { $0["type"] == "Ready" && $0["status"] == "True" }
      }
      func resolve(_ value: Tree) -> Int {
        guard let text = value.string, let percent = Int(text.filter { $0 != "%" }) else { return value.integer ?? 0 }
        return (percent * pods.count + 99) / 100
      }
      let desired =
        budget["spec"]?["minAvailable"].map(resolve)
        ?? max(0, pods.count - (budget["spec"]?["maxUnavailable"].map(resolve) ?? 0))
      var object = budget
      object[path: "status", "observedGeneration"] = budget["metadata"]?["generation"]
      for (key, count) in [
        ("expectedPods", pods.count), ("currentHealthy", healthy), ("desiredHealthy", desired),
        ("disruptionsAllowed", max(0, healthy - desired)),
      ] {
        object[path: "status", key] = .number(Double(count))
      }
      let isAllowed = healthy > desired
      var conditions = self.conditions(
        budget["status"]?["conditions"], setting: "DisruptionAllowed", isAllowed,
        isAllowed ? "SufficientPods" : "InsufficientPods", ""
      ).elements
      for index in conditions.indices {
        conditions[index]["lastUpdateTime"] = nil
        conditions[index]["observedGeneration"] = budget["metadata"]?["generation"]
      }
      object[path: "status", "conditions"] = .array(conditions)
      didChange = write(object, over: budget, budgets, subresource: "status") || didChange
    }
    return didChange
  }

  /// Without metrics an autoscaler only keeps its target within its limits.
  mutating func stepAutoscalers() -> Bool {
    let autoscalers = kind("autoscaling/v2", "HorizontalPodAutoscaler")
    let deployments = kind("apps/v1", "Deployment")
    var didChange = false
    for autoscaler in store.list(autoscalers, namespace: nil) {
      let spec = autoscaler["spec"]
      guard spec?["scaleTargetRef"]?["kind"] == "Deployment" else { continue }
      let key = ObjectStore.Key(
        namespace: autoscaler["metadata"]?["namespace"]?.string ?? "",
        name: spec?["scaleTargetRef"]?["name"]?.string ?? "")
      guard let deployment = store.object(deployments, key), let replicas = deployment["spec"]?["replicas"]?.integer,
        replicas > 0
      else { continue }
      let wanted = min(
        max(replicas, spec?["minReplicas"]?.integer ?? 1), max(1, spec?["maxReplicas"]?.integer ?? replicas))
      if wanted != replicas {
        var target = deployment
        target[path: "spec", "replicas"] = .number(Double(wanted))
        didChange = write(target, over: deployment, deployments, subresource: "scale") || didChange
      }
      var object = autoscaler
      object[path: "status", "currentReplicas"] = .number(Double(replicas))
      object[path: "status", "desiredReplicas"] = .number(Double(wanted))
      var conditions = conditions(
        autoscaler["status"]?["conditions"], setting: "AbleToScale", true, "SucceededGetScale",
        "the HPA controller was able to get the target's current scale")
      conditions = self.conditions(
        conditions, setting: "ScalingActive", false, "FailedGetResourceMetric",
        "the HPA was unable to compute the replica count: there is no metrics server")
      object[path: "status", "conditions"] = conditions
      didChange = write(object, over: autoscaler, autoscalers, subresource: "status") || didChange
    }
    return didChange
  }

  /// A slice for each service with a selector; it copies the labels of its service, the owner's label among them.
  mutating func stepEndpoints() -> Bool {
    let services = kind("v1", "Service")
    let slices = kind("discovery.k8s.io/v1", "EndpointSlice")
    var didChange = false
    for service in store.list(services, namespace: nil) where service["spec"]?["selector"] != nil {
      if !owned(by: service, slices).isEmpty { continue }
      let name = service["metadata"]?["name"]?.string ?? ""
      var labels = service["metadata"]?["labels"] ?? [:]
      labels["kubernetes.io/service-name"] = .string(name)
      labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io"
      let slice: Tree = [
        "metadata": [
          "name": .string("\(name)-\(suffix())"), "generateName": .string("\(name)-"),
          "namespace": service["metadata"]?["namespace"] ?? "", "labels": labels,
          "ownerReferences": [Self.owner(service, services)],
        ],
        "addressType": "IPv4", "endpoints": [], "ports": [],
      ]
      _ = make(slice, slices)
      didChange = true
    }
    return didChange
  }

  /// One round of every controller.
  ///
  /// - Returns: whether anything changed, or is still to.
  mutating func step() -> Bool {
    let rounds = [
      stepNamespaces(), collectGarbage(), stepAutoscalers(), stepDeployments(), stepReplicaSets(),
      stepStatefulSets(), stepPods(), stepBudgets(), stepEndpoints(),
    ]
    return rounds.contains(true)
  }
}

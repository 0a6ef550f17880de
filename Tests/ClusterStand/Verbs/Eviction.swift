import FleetModel

extension ClusterState {
  /// Deletes a pod if its disruption budget allows that
  /// (<https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/#how-api-initiated-eviction-works>).
  mutating func evict(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let body: Tree
    do { body = Tree(try JSONParser.parse(request.body)) } catch {
      throw .badRequest("json parse error: \(error.problem)")
    }
    let name = target.name ?? ""
    guard body["kind"] == "Eviction", body["apiVersion"] == "policy/v1" else {
      throw .notDone("an eviction that is no Eviction of policy/v1")
    }
    guard (body["metadata"]?["name"]?.string ?? name) == name else {
      throw .badRequest("name in URL does not match name in Eviction object")
    }
    var options = DeleteOptions()
    if let given = body["deleteOptions"] {
      guard given.members.keys.allSatisfy({ ["gracePeriodSeconds", "kind", "apiVersion"].contains($0) }) else {
        throw .notDone("an eviction's deleteOptions beside gracePeriodSeconds")
      }
      options.grace = given["gracePeriodSeconds"]?.integer
    }
    options.isDryRun = request.isDryRun
    guard let pod = store.object(target.resource, target.key) else { throw .notFound(target.resource, name) }
    // What does not run, or ends anyway, disturbs nobody.
    let isIdle =
      ["Pending", "Succeeded", "Failed"].contains(pod["status"]?["phase"]?.string ?? "")
      || pod["metadata"]?["deletionTimestamp"] != nil
    if !isIdle { try spend(on: pod, isDryRun: options.isDryRun) }
    _ = remove(pod, target, options)
    return .tree(201, ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201])
  }

  private mutating func spend(on pod: Tree, isDryRun: Bool) throws(StatusError) {
    let budgets = kind("policy/v1", "PodDisruptionBudget")
    let fitting = store.list(budgets, namespace: pod["metadata"]?["namespace"]?.string).filter {
      Selection(matching: $0["spec"]?["selector"]).matches(pod)
    }
    guard let budget = fitting.first else { return }
    guard fitting.count == 1 else {
      throw .withoutReason(
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
    }
    let name = budget["metadata"]?["name"]?.string ?? ""
    let status = budget["status"]
    let desired = status?["desiredHealthy"]?.integer ?? 0
    let healthy = status?["currentHealthy"]?.integer ?? 0
    let isReady = (pod["status"]?["conditions"]?.elements ?? []).contains {
      $0["type"] == "Ready" && $0["status"] == "True"
    }
    let isSeen = (status?["observedGeneration"]?.integer ?? 0) >= (budget["metadata"]?["generation"]?.integer ?? 0)
    if !isReady, budget["spec"]?["unhealthyPodEvictionPolicy"] == "AlwaysAllow" { return }
    // A pod that is not ready costs nothing while enough others are.
    if !isReady, desired > 0, healthy >= desired, isSeen { return }
    guard isSeen else {
      throw Self.refusal("The disruption budget \(name) is still being processed by the server.", retryAfter: 10)
    }
    let allowed = status?["disruptionsAllowed"]?.integer ?? 0
    guard allowed > 0 else {
      throw Self.refusal("The disruption budget \(name) needs \(desired) healthy pods and has \(healthy) currently")
    }
    guard !isDryRun else { return }
    var spent = budget
    spent[path: "status", "disruptionsAllowed"] = .number(Double(allowed - 1))
    write(spent, over: budget, budgets, subresource: "status", manager: "kube-apiserver")
  }

  private static func refusal(_ why: String, retryAfter: Int? = nil) -> StatusError {
    StatusError(
      code: 429, reason: "TooManyRequests",
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      causes: [.init(reason: "DisruptionBudget", message: why)], retryAfter: retryAfter)
  }
}

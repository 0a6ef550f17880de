import FleetModel
import Platform

extension ClusterState {
  /// One round over the Deployments, as the deployment controller makes it
  /// (<https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment>).
  mutating func stepDeployments() -> Bool {
    let deployments = kind("apps/v1", "Deployment")
    var didChange = false
    for deployment in store.list(deployments, namespace: nil) where deployment["metadata"]?["deletionTimestamp"] == nil
    {
      let round = DeploymentRound(deployment)
      if deployment["spec"]?["paused"] == true { continue }
      didChange = step(round, deployments) || didChange
    }
    return didChange
  }

  private mutating func step(_ round: DeploymentRound, _ deployments: Resource) -> Bool {
    let replicaSets = kind("apps/v1", "ReplicaSet")
    let deployment = round.deployment
    var all = owned(by: deployment, replicaSets)
    let revisions = all.map {
      Int($0["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"]?.string ?? "") ?? 0
    }
    let newest = revisions.max() ?? 0
    var revision = newest
    var didChange = false
    if let index = all.firstIndex(where: { round.isCurrent($0) }) {
      if revisions[index] < newest {
        revision = newest + 1
        var current = all[index]
        current[path: "metadata", "annotations", "deployment.kubernetes.io/revision"] = .string("\(revision)")
        didChange = write(current, over: all[index], replicaSets) || didChange
      }
    } else {
      revision = newest + 1
      let count = round.newReplicas(beside: all, current: nil)
      let made = make(
        round.replicaSet(count: count, revision: revision, owner: Self.owner(deployment, deployments)), replicaSets)
      note("up", made, from: 0, to: count, deployment)
      didChange = true
    }
    all = owned(by: deployment, replicaSets)
    guard let current = all.first(where: { round.isCurrent($0) }) else { return didChange }
    let others = all.filter { !round.isCurrent($0) }
    for (replicaSet, count) in round.scaling(current, others) {
      var scaled = replicaSet
      let before = replicaSet["spec"]?["replicas"]?.integer ?? 0
      scaled[path: "spec", "replicas"] = .number(Double(count))
      scaled[path: "metadata", "annotations", "deployment.kubernetes.io/desired-replicas"] = .string(
        "\(round.replicas)")
      scaled[path: "metadata", "annotations", "deployment.kubernetes.io/max-replicas"] = .string(
        "\(round.replicas + round.surge)")
      if write(scaled, over: replicaSet, replicaSets) {
        didChange = true
        if before != count { note(count > before ? "up" : "down", replicaSet, from: before, to: count, deployment) }
      }
    }
    return writeStatus(round, deployments, current: current, others: others, revision: revision) || didChange
  }

  private mutating func note(_ way: String, _ replicaSet: Tree, from: Int, to: Int, _ deployment: Tree) {
    let name = replicaSet["metadata"]?["name"]?.string ?? ""
    record(
      "Normal", "ScalingReplicaSet", "Scaled \(way) replica set \(name) from \(from) to \(to)", about: deployment,
      by: "deployment-controller")
  }

  private mutating func writeStatus(
    _ round: DeploymentRound, _ deployments: Resource, current: Tree, others: [Tree], revision: Int
  ) -> Bool {
    let live = round.deployment
    var object = live
    object[path: "metadata", "annotations", "deployment.kubernetes.io/revision"] = .string("\(revision)")
    let all = others + [current]
    func sum(_ key: String, _ sets: [Tree]) -> Int { sets.reduce(0) { $0 + ($1["status"]?[key]?.integer ?? 0) } }
    let counts = [
      "replicas": sum("replicas", all), "readyReplicas": sum("readyReplicas", all),
      "availableReplicas": sum("availableReplicas", all), "updatedReplicas": sum("replicas", [current]),
      "terminatingReplicas": sum("terminatingReplicas", all),
    ]
    let wanted = all.reduce(0) { $0 + ($1["spec"]?["replicas"]?.integer ?? 0) }
    let available = counts["availableReplicas"] ?? 0
    object[path: "status", "observedGeneration"] = live["metadata"]?["generation"]
    for (key, count) in counts { object[path: "status", key] = .number(Double(count)) }
    object[path: "status", "unavailableReplicas"] = .number(Double(max(0, wanted - available)))
    let name = current["metadata"]?["name"]?.string ?? ""
    let isDone =
      counts["updatedReplicas"] == round.replicas && counts["replicas"] == round.replicas
      && available == round.replicas
    let isAvailable = available >= round.replicas - round.unavailable
    var conditions = conditions(
      live["status"]?["conditions"], setting: "Available", isAvailable,
      isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.")
    if let failure = current["status"]?["conditions"]?.elements.first(where: { $0["type"] == "ReplicaFailure" }) {
      conditions = self.conditions(
        conditions, setting: "ReplicaFailure", true, failure["reason"]?.string ?? "", failure["message"]?.string ?? "")
    } else {
      conditions = .array(conditions.elements.filter { $0["type"] != "ReplicaFailure" })
    }
    object[path: "status", "conditions"] = progress(conditions, round, name, isDone: isDone, object)
    return write(object, over: live, deployments, subresource: "status")
  }

  private func progress(
    _ conditions: Tree, _ round: DeploymentRound, _ name: String, isDone: Bool, _ object: Tree
  ) -> Tree {
    if isDone {
      return self.conditions(
        conditions, setting: "Progressing", true, "NewReplicaSetAvailable",
        "ReplicaSet \"\(name)\" has successfully progressed.")
    }
    let before = conditions.elements.first { $0["type"] == "Progressing" }
    let counts = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]
    let hasMoved = counts.contains { (object["status"]?[$0] ?? 0) != (round.deployment["status"]?[$0] ?? 0) }
    let isSameRound = round.deployment["status"]?["observedGeneration"] == object["status"]?["observedGeneration"]
    if let since = before?["lastUpdateTime"]?.string.flatMap({ RFC3339.parse($0) }), isSameRound, !hasMoved {
      if before?["reason"] == "ProgressDeadlineExceeded" { return conditions }
      let elapsed = time.now().milliseconds - since.milliseconds
      if before?["reason"] != "NewReplicaSetAvailable", elapsed > Int64(round.deadline) * 1000 {
        return self.conditions(
          conditions, setting: "Progressing", false, "ProgressDeadlineExceeded",
          "ReplicaSet \"\(name)\" has timed out progressing.")
      }
      if before?["reason"] == "ReplicaSetUpdated" { return conditions }
    }
    var list = self.conditions(
      conditions, setting: "Progressing", true, "ReplicaSetUpdated", "ReplicaSet \"\(name)\" is progressing."
    ).elements
    if hasMoved, let place = list.firstIndex(where: { $0["type"] == "Progressing" }) {
      // Every step forward begins the deadline anew.
      list[place]["lastUpdateTime"] = .string(now)
    }
    return .array(list)
  }
}

import FleetModel

/// Looks for why a rollout is not done, from the workload down to its containers, and folds what many pods say alike.
enum RolloutReasons {
  static func found(
    in workload: LiveObject, revision: NewRevision, status: WorkloadStatus, events: EventWords,
    logs: [AgentRollout.ContainerOfPod: [String]]
  ) -> [RolloutReason] {
    var reasons: [RolloutReason] = []
    if let deadline = deadline(of: workload) { reasons.append(deadline) }
    if workload.json["spec"]?["paused"]?.bool == true {
      reasons.append(
        RolloutReason(.paused, "is paused; resume it with kubectl rollout resume", object: workload.title))
    }
    if let refusal = PodRefusal.reason(of: workload, revision: revision, status: status, events: events) {
      reasons.append(refusal)
    }
    let pods = revision.pods.sorted { $0.name < $1.name }
    reasons += folded(pods.compactMap { PodTrouble.reason(of: $0, events: events, logs: logs) })
    let old = status.total - status.updated
    if reasons.isEmpty, old > 0, status.updated == status.desired {
      reasons.append(
        RolloutReason(
          .oldPods, old == 1 ? "1 old pod has yet to end" : "\(old) old pods have yet to end", object: workload.title,
          count: old))
    }
    if reasons.isEmpty {
      let missing = max(0, status.desired - status.updated)
      let words =
        missing == 0
        ? "waits for its pods to become available"
        : missing == 1 ? "1 pod is still to come" : "\(missing) pods are still to come"
      reasons.append(RolloutReason(.starting, words, object: workload.title))
    }
    return reasons.sorted { $0.weight < $1.weight }
  }

  private static func deadline(of workload: LiveObject) -> RolloutReason? {
    guard let condition = workload.condition("Progressing"), condition["status"]?.string == "False",
      condition["reason"]?.string == "ProgressDeadlineExceeded"
    else { return nil }
    return RolloutReason(.deadline, condition["message"]?.string ?? "no progress in time", object: workload.title)
  }

  private static func folded(_ reasons: [RolloutReason]) -> [RolloutReason] {
    var folded: [RolloutReason] = []
    for reason in reasons {
      let same = folded.firstIndex {
        $0.kind == reason.kind && $0.container == reason.container && $0.message == reason.message
      }
      guard let same else {
        folded.append(reason)
        continue
      }
      folded[same].count += reason.count
      folded[same].restarts = max(folded[same].restarts, reason.restarts)
      if folded[same].log.isEmpty { folded[same].log = reason.log }
    }
    return folded
  }
}

extension RolloutReason {
  /// What stands in the way for good comes first, what only takes its time last.
  fileprivate var weight: Int { Kind.allCases.firstIndex(of: kind) ?? Kind.allCases.count }
}

extension LiveObject {
  /// `Pod agent-planner-5879fd599d-kwt9j`.
  var title: String { "\(kind) \(name)" }

  /// The condition of its status of that type.
  func condition(_ type: String) -> JSONValue? {
    json["status"]?["conditions"]?.elements.first { $0["type"]?.string == type }
  }
}

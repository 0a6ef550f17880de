import FleetModel

extension AgentRollout {
  /// Reads the state of a rollout from objects as a list or watch gives them. O(objects).
  ///
  /// Done is what `kubectl rollout status` calls done, and no old pod left: the controller has seen the generation, and
  /// as many pods as wanted are of the new revision and available
  /// (<https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#complete-deployment>). Availability alone says
  /// nothing, since the pods of the revision before stay up.
  ///
  /// - Parameters:
  ///   - workload: a Deployment or StatefulSet; `nil` where it is not there.
  ///   - replicaSets: at least those of the workload.
  ///   - pods: at least those of the workload.
  ///   - events: about any of these; only those about this workload's objects count.
  ///   - logs: the last lines of containers that ended, where they were asked for (``wantedLogs``).
  ///   - appliedGeneration: the generation that the apply was answered with: anything older is the past.
  public static func read(
    workload: LiveObject?, replicaSets: [LiveObject] = [], pods: [LiveObject] = [], events: [LiveObject] = [],
    logs: [ContainerOfPod: [String]] = [:], appliedGeneration: Int = 0, patience: Patience = Patience()
  ) -> AgentRollout {
    guard let workload else {
      return AgentRollout(phase: .waiting, reasons: [RolloutReason(.notObserved, "is not there yet", object: "")])
    }
    let status = WorkloadStatus(of: workload)
    var rollout = AgentRollout(
      phase: .progressing, desired: status.desired, updated: status.updated, ready: status.ready, total: status.total)
    guard workload.generation >= appliedGeneration, status.observed >= workload.generation else {
      // Counts of the revision before would look like progress.
      rollout.updated = 0
      rollout.ready = 0
      rollout.phase = .waiting
      rollout.reasons = [
        RolloutReason(
          .notObserved, "the change has not been looked at yet", object: "\(workload.kind) \(workload.name)")
      ]
      return rollout
    }
    if status.isComplete {
      rollout.phase = .ready
      return rollout
    }
    let revision = NewRevision(of: workload, replicaSets: replicaSets, pods: pods)
    rollout.reasons = RolloutReasons.found(
      in: workload, revision: revision, status: status, events: EventWords(events), logs: logs)
    let hasFailed = rollout.reasons.contains { reason in
      reason.isFinal || (reason.kind == .crashLoop && reason.restarts >= patience.restarts)
    }
    if hasFailed { rollout.phase = .failed }
    return rollout
  }
}

extension RolloutReason {
  /// Whether no waiting mends it.
  var isFinal: Bool {
    switch kind {
    case .deadline, .podSecurity: true
    // A quota that is used up may get room again; one that wants a value that the pod lacks does not.
    case .quota: message.contains("must specify")
    case .imagePull: message.contains("InvalidImageName") || message.contains("ErrImageNeverPull")
    default: false
    }
  }
}

/// What the controller of a Deployment or StatefulSet says of it.
struct WorkloadStatus {
  let desired: Int
  let observed: Int
  let updated: Int
  let ready: Int
  let total: Int
  let isComplete: Bool

  init(of workload: LiveObject) {
    let status = workload.json["status"] ?? .object([])
    func count(_ key: String) -> Int { max(0, status[key]?.integer ?? 0) }
    // The API server writes the default, 1, into what leaves it out.
    desired = max(0, workload.json["spec"]?["replicas"]?.integer ?? 1)
    observed = status["observedGeneration"]?.integer ?? 0
    updated = count("updatedReplicas")
    total = count("replicas")
    let available = count("availableReplicas")
    // Old pods are available too while there are any: of the new ones at most as many as are not old.
    ready = max(0, min(updated, available - max(0, total - updated)))
    var isComplete = updated == desired && total == desired && available == desired
    if workload.kind == "StatefulSet" {
      isComplete = isComplete && status["currentRevision"]?.string == status["updateRevision"]?.string
    }
    self.isComplete = isComplete
  }
}

/// The part of a workload's objects that is of the revision now wanted.
struct NewRevision {
  /// `nil` for a StatefulSet, and before the controller has made it.
  let replicaSet: LiveObject?
  let pods: [LiveObject]

  init(of workload: LiveObject, replicaSets: [LiveObject], pods: [LiveObject]) {
    let alive = pods.filter { !$0.isBeingDeleted }
    if workload.kind == "StatefulSet" {
      replicaSet = nil
      let revision = workload.json["status"]?["updateRevision"]?.string
      self.pods = alive.filter {
        $0.isControlled(by: workload) && $0.labels["controller-revision-hash"] == revision
      }
      return
    }
    let own = replicaSets.filter { $0.isControlled(by: workload) }
    let number = "deployment.kubernetes.io/revision"
    let wanted = workload.annotations[number]
    let newest =
      own.first { wanted != nil && $0.annotations[number] == wanted }
      ?? own.max { Int($0.annotations[number] ?? "") ?? 0 < Int($1.annotations[number] ?? "") ?? 0 }
    replicaSet = newest
    self.pods = newest.map { set in alive.filter { $0.isControlled(by: set) } } ?? []
  }
}

extension LiveObject {
  fileprivate func isControlled(by owner: LiveObject) -> Bool {
    (metadata["ownerReferences"]?.elements ?? []).contains { reference in
      reference["controller"]?.bool == true && reference["uid"]?.string == owner.uid
    }
  }
}

extension ClusterState {
  /// One round of scheduler and kubelet over the pods.
  mutating func stepPods() -> Bool {
    let pods = kind("v1", "Pod")
    var didChange = false
    for pod in store.list(pods, namespace: nil) {
      let uid = pod["metadata"]?["uid"]?.string ?? ""
      if pod["metadata"]?["deletionTimestamp"] != nil {
        let age = controllers.ending[uid, default: 0] + 1
        controllers.ending[uid] = age
        if age > controllers.terminationSteps, (pod["metadata"]?["finalizers"]?.elements ?? []).isEmpty {
          drop(pods, Self.key(of: pod))
          controllers.ending[uid] = nil
          controllers.age[uid] = nil
        }
        didChange = true
        continue
      }
      didChange = step(pod, uid, pods) || didChange
    }
    return didChange
  }

  private mutating func step(_ pod: Tree, _ uid: String, _ pods: Resource) -> Bool {
    let behaviour = controllers.behaviour(of: pod)
    guard pod["spec"]?["nodeName"] != nil else { return schedule(pod, behaviour, pods) }
    let age = controllers.age[uid, default: 0]
    var object = pod
    object[path: "status", "startTime"] = pod["status"]?["startTime"] ?? .string(now)
    object[path: "status", "hostIP"] = "10.0.0.1"
    object[path: "status", "podIP"] =
      pod["status"]?["podIP"] ?? .string("10.244.\(random() % 250).\(random() % 250 + 1)")
    object[path: "status", "podIPs"] = [["ip": object["status"]?["podIP"] ?? ""]]
    object[path: "status", "observedGeneration"] = pod["metadata"]?["generation"]
    var isReady = false
    var isStillComing = false
    var phase = "Running"
    var state: Tree = ["running": ["startedAt": object["status"]?["startTime"] ?? .null]]
    var last: Tree = [:]
    var restarts = 0
    var event: (String, String, String)?
    let image = pod["spec"]?["containers"]?.elements.first?["image"]?.string ?? ""
    let name = pod["metadata"]?["name"]?.string ?? ""
    switch behaviour {
    case .ready(let steps):
      isReady = age >= steps
      isStillComing = !isReady
    case .neverReady:
      if age == 1 { event = ("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503") }
      isStillComing = age < 1
    case .imagePull:
      phase = "Pending"
      let why = "failed to pull and unpack image \"\(image)\": not found"
      state =
        age == 0
        ? ["waiting": ["reason": "ErrImagePull", "message": .string(why)]]
        : [
          "waiting": [
            "reason": "ImagePullBackOff",
            "message": .string("Back-off pulling image \"\(image)\": ErrImagePull: \(why)"),
          ]
        ]
      if age == 0 { event = ("Warning", "Failed", "Failed to pull image \"\(image)\": \(why)") }
      isStillComing = age < 1
    case .crashLoop:
      // A crash every second step, three in all; then it stays in its pause.
      restarts = min(3, age / 2)
      let ended: Tree = [
        "terminated": [
          "exitCode": 1, "reason": "Error", "startedAt": object["status"]?["startTime"] ?? .null,
          "finishedAt": object["status"]?["startTime"] ?? .null,
        ]
      ]
      if age > 0 {
        last = ended
        let container = pod["spec"]?["containers"]?.elements.first?["name"]?.string ?? ""
        let message = "back-off 10s restarting failed container=\(container) pod=\(name)"
        state = ["waiting": ["reason": "CrashLoopBackOff", "message": .string(message)]]
        if age == 1 {
          event = ("Warning", "BackOff", "Back-off restarting failed container \(container) in pod \(name)")
        }
      }
      isStillComing = age < 6
    case .unschedulable, .refused: return false
    }
    if isStillComing { controllers.age[uid] = age + 1 }
    object[path: "status", "phase"] = .string(phase)
    object[path: "status", "containerStatuses"] = containers(
      of: pod, state, last, isReady: isReady, restarts: restarts)
    object[path: "status", "conditions"] = readiness(pod, isReady: isReady)
    let didChange = write(object, over: pod, pods, subresource: "status", manager: "kubelet")
    if let event { record(event.0, event.1, event.2, about: pod, by: "kubelet") }
    return didChange || isStillComing
  }

  private func containers(of pod: Tree, _ state: Tree, _ last: Tree, isReady: Bool, restarts: Int) -> Tree {
    .array(
      (pod["spec"]?["containers"]?.elements ?? []).map { container in
        [
          "name": container["name"] ?? "", "image": container["image"] ?? "", "imageID": "", "state": state,
          "lastState": last, "ready": .bool(isReady), "restartCount": .number(Double(restarts)),
          "started": .bool(state["running"] != nil),
        ]
      })
  }

  private func readiness(_ pod: Tree, isReady: Bool) -> Tree {
    let waits =
      "containers with unready status: [\((pod["spec"]?["containers"]?.elements ?? []).compactMap { $0["name"]?.string }.joined(separator: " "))]"
    var conditions = pod["status"]?["conditions"]
    for type in ["PodReadyToStartContainers", "Initialized"] {
      conditions = podCondition(conditions, type, true)
    }
    for type in ["ContainersReady", "Ready"] {
      conditions = podCondition(
        conditions, type, isReady, isReady ? "" : "ContainersNotReady", isReady ? "" : waits)
    }
    return podCondition(conditions, "PodScheduled", true)
  }

  private func podCondition(
    _ old: Tree?, _ type: String, _ status: Bool, _ reason: String = "", _ message: String = ""
  ) -> Tree {
    var list = conditions(old, setting: type, status, reason, message).elements
    // A pod's conditions have no time of the last update, and one of the last probe that nobody sets.
    for index in list.indices {
      list[index]["lastUpdateTime"] = nil
      list[index]["lastProbeTime"] = .null
      if list[index]["reason"] == "" { list[index]["reason"] = nil }
      if list[index]["message"] == "" { list[index]["message"] = nil }
    }
    // What has not changed keeps its time.
    let before = old?.elements.first { $0["type"]?.string == type }
    if let before, before["status"] == (status ? "True" : "False"),
      let index = list.firstIndex(where: { $0["type"]?.string == type })
    {
      list[index]["lastTransitionTime"] = before["lastTransitionTime"]
    }
    return .array(list)
  }

  private mutating func schedule(_ pod: Tree, _ behaviour: StandBehaviour, _ pods: Resource) -> Bool {
    var object = pod
    if case .unschedulable(let words) = behaviour {
      object[path: "status", "conditions"] = podCondition(
        pod["status"]?["conditions"], "PodScheduled", false, "Unschedulable", words)
      let didChange = write(object, over: pod, pods, subresource: "status", manager: "kube-scheduler")
      if didChange { record("Warning", "FailedScheduling", words, about: pod, by: "default-scheduler") }
      return didChange
    }
    object[path: "spec", "nodeName"] = "fake-node"
    object[path: "status", "conditions"] = podCondition(pod["status"]?["conditions"], "PodScheduled", true)
    let generation = pod["metadata"]?["generation"]
    // The binding is no new generation.
    object[path: "metadata", "generation"] = generation
    object = pods.schema.decoded(object)
    commit(object, pods)
    let place = "\(pod["metadata"]?["namespace"]?.string ?? "")/\(pod["metadata"]?["name"]?.string ?? "")"
    record("Normal", "Scheduled", "Successfully assigned \(place) to fake-node", about: pod, by: "default-scheduler")
    return true
  }
}

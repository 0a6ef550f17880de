import FleetModel

/// Why one pod is not ready: the first of its containers that stands in the way, or the pod itself.
enum PodTrouble {
  /// `nil` for a pod that is ready.
  static func reason(
    of pod: LiveObject, events: EventWords, logs: [AgentRollout.ContainerOfPod: [String]]
  ) -> RolloutReason? {
    let status = pod.json["status"] ?? .object([])
    if pod.condition("Ready")?["status"]?.string == "True" { return nil }
    if status["phase"]?.string == "Failed" {
      let words = [status["reason"]?.string, status["message"]?.string].compactMap(\.self).filter { !$0.isEmpty }
      return RolloutReason(.podFailed, words.isEmpty ? "it ended" : words.joined(separator: ": "), object: pod.title)
    }
    if let reason = unscheduled(pod, events: events) { return reason }
    let containers =
      (status["initContainerStatuses"]?.elements ?? []) + (status["containerStatuses"]?.elements ?? [])
    for container in containers {
      guard var reason = ContainerTrouble(container, of: pod, events: events).reason else { continue }
      if reason.kind == .crashLoop {
        reason.log = logs[.init(pod: pod.name, container: reason.container)] ?? []
      }
      return reason
    }
    if containers.isEmpty {
      return RolloutReason(.starting, events.last(about: pod) ?? "waits for its node", object: pod.title)
    }
    if let unknown = pod.condition("Ready"), unknown["status"]?.string == "Unknown" || unknown["reason"] == "NodeLost" {
      return RolloutReason(.podFailed, unknown["message"]?.string ?? "its node does not answer", object: pod.title)
    }
    return RolloutReason(.notReady, "is not ready yet", object: pod.title)
  }

  private static func unscheduled(_ pod: LiveObject, events: EventWords) -> RolloutReason? {
    let condition = pod.condition("PodScheduled")
    if condition?["status"]?.string == "True" || pod.json["spec"]?["nodeName"]?.string != nil { return nil }
    if condition?["status"]?.string == "False" {
      let words = condition?["message"]?.string ?? events.last("FailedScheduling", about: pod) ?? "no node fits"
      return RolloutReason(.unschedulable, words, object: pod.title)
    }
    return events.last("FailedScheduling", about: pod).map { RolloutReason(.unschedulable, $0, object: pod.title) }
  }
}

/// One container's state, as the kubelet writes it
/// (<https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states>).
struct ContainerTrouble {
  private let status: JSONValue
  private let pod: LiveObject
  private let events: EventWords

  init(_ status: JSONValue, of pod: LiveObject, events: EventWords) {
    self.status = status
    self.pod = pod
    self.events = events
  }

  private var name: String { status["name"]?.string ?? "" }
  private var restarts: Int { max(0, status["restartCount"]?.integer ?? 0) }

  /// `nil` for one that is ready, or that has done its work.
  var reason: RolloutReason? {
    let state = status["state"]
    if let waiting = state?["waiting"] { return waitingReason(waiting) }
    if let ended = state?["terminated"] {
      // An init container that is done.
      if ended["exitCode"]?.integer == 0 { return nil }
      return make(.crashLoop, Self.end(ended), restarts: restarts + 1)
    }
    if status["ready"]?.bool == true { return nil }
    if state?["running"] != nil {
      let probe = events.last("Unhealthy", about: pod).map(withoutAddress)
      let words = "is running but not ready" + (probe.map { ": \($0)" } ?? "")
      // Pods that came back after a crash and run on for now.
      if let last = status["lastState"]?["terminated"], last["exitCode"]?.integer != 0, restarts > 0, probe == nil {
        return make(.crashLoop, Self.end(last), restarts: restarts)
      }
      return make(.notReady, words, restarts: restarts)
    }
    return make(.starting, "waits for its turn")
  }

  /// Pods that say the same but for their addresses say the same.
  private func withoutAddress(_ words: String) -> String {
    guard let address = pod.json["status"]?["podIP"]?.string, !address.isEmpty else { return words }
    return words.replacing(address, with: "POD_IP")
  }

  private func make(_ kind: RolloutReason.Kind, _ message: String, restarts: Int = 0) -> RolloutReason {
    RolloutReason(kind, message, object: pod.title, container: name, restarts: restarts)
  }

  private func waitingReason(_ waiting: JSONValue) -> RolloutReason {
    let reason = waiting["reason"]?.string ?? ""
    let message = waiting["message"]?.string ?? ""
    switch reason {
    case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
      "RegistryUnavailable", "SignatureValidationFailed":
      return make(.imagePull, imageWords(reason: reason, message: message))
    case "CrashLoopBackOff":
      let ended = status["lastState"]?["terminated"].map(Self.end)
      return make(.crashLoop, ended ?? "it ends again and again", restarts: restarts)
    case "CreateContainerConfigError": return make(.configuration, message.isEmpty ? reason : message)
    case "CreateContainerError", "RunContainerError", "StartError", "PreCreateHookError", "PostStartHookError":
      return make(.cannotStart, message.isEmpty ? reason : "\(reason): \(message)", restarts: restarts)
    // `ContainerCreating`, `PodInitializing`.
    default: return make(.starting, message.isEmpty ? reason : "\(reason): \(message)", restarts: restarts)
    }
  }

  /// The image, and the registry's own words where anybody has them: the kubelet says them in the message of ErrImagePull
  /// and in an event, and of late in the message of the back-off too.
  private func imageWords(reason: String, message: String) -> String {
    let image = "\(image): \(reason)"
    let backOff = message.hasPrefix("Back-off pulling image")
    if !backOff { return message.isEmpty ? image : "\(image): \(message)" }
    if let colon = message.firstRange(of: "\": ") { return "\(image): \(message[colon.upperBound...])" }
    return events.last("Failed", about: pod, containing: "Failed to pull image").map { "\(image): \($0)" } ?? image
  }

  /// As the pod asks for it: the status has it as the runtime spells it.
  private var image: String {
    let spec = pod.json["spec"]
    let all = (spec?["initContainers"]?.elements ?? []) + (spec?["containers"]?.elements ?? [])
    return all.first { $0["name"]?.string == name }?["image"]?.string ?? status["image"]?.string ?? "image"
  }

  /// `exit code 137 (OOMKilled)`.
  private static func end(_ terminated: JSONValue) -> String {
    let code = terminated["exitCode"]?.integer.map { "exit code \($0)" }
    let signal = terminated["signal"]?.integer.map { "signal \($0)" }
    let reason = terminated["reason"]?.string.flatMap { $0 == "Error" || $0.isEmpty ? nil : $0 }
    let message = terminated["message"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    let end = [code ?? signal, reason.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
    return [end.isEmpty ? "it ended" : end, message].compactMap(\.self).joined(separator: ": ")
  }
}

/// What becomes of the containers of an image.
public enum StandBehaviour: Sendable, Hashable {
  /// Running at once, ready so many steps later.
  case ready(afterSteps: Int = 0)
  /// The image cannot be pulled.
  case imagePull
  /// The container ends with status 1 again and again; these are its log lines.
  case crashLoop(log: [String] = [])
  /// Running, and its readiness probe fails.
  case neverReady
  /// No node takes the pod, in the scheduler's words.
  case unschedulable(String)
  /// The pod is not even made, with what follows `pods "NAME" is forbidden: `.
  case refused(String)
}

/// What the controllers keep beside the objects.
struct ControllerMemory: Sendable {
  var behaviours: [String: StandBehaviour] = [:]
  /// Steps since a pod has run, by uid.
  var age: [String: Int] = [:]
  /// Steps since a pod has begun to end, by uid.
  var ending: [String: Int] = [:]
  /// Steps that a pod takes to end.
  var terminationSteps = 1

  /// What containers wrote, by their image; a crash loop has its own.
  var logs: [String: [String]] = [:]

  func log(ofImage image: String) -> [String] {
    if case .crashLoop(let lines)? = behaviours[image], !lines.isEmpty { return lines }
    return logs[image] ?? []
  }

  func behaviour(of pod: Tree) -> StandBehaviour {
    for container in pod["spec"]?["containers"]?.elements ?? [] {
      if let behaviour = behaviours[container["image"]?.string ?? ""] { return behaviour }
    }
    return .ready()
  }
}

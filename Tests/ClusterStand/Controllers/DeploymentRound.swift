/// The sums of a rolling update.
struct DeploymentRound {
  let deployment: Tree
  let replicas: Int
  let surge: Int
  let unavailable: Int
  let deadline: Int
  private let isRecreate: Bool

  init(_ deployment: Tree) {
    self.deployment = deployment
    let spec = deployment["spec"]
    let replicas = spec?["replicas"]?.integer ?? 1
    func resolve(_ value: Tree?, roundsUp: Bool) -> Int {
      guard let text = value?.string, text.hasSuffix("%"), let percent = Int(text.dropLast()) else {
        return value?.integer ?? 0
      }
      return (percent * replicas + (roundsUp ? 99 : 0)) / 100
    }
    isRecreate = spec?["strategy"]?["type"] == "Recreate"
    let rolling = spec?["strategy"]?["rollingUpdate"]
    let surge = isRecreate ? 0 : resolve(rolling?["maxSurge"], roundsUp: true)
    let unavailable = resolve(rolling?["maxUnavailable"], roundsUp: false)
    self.replicas = replicas
    self.surge = surge
    // Nothing could ever move with both at zero.
    self.unavailable = min(replicas, isRecreate ? replicas : surge == 0 ? max(1, unavailable) : unavailable)
    deadline = spec?["progressDeadlineSeconds"]?.integer ?? 600
  }

  /// Whether a ReplicaSet is of the present template.
  func isCurrent(_ replicaSet: Tree) -> Bool {
    var template = replicaSet["spec"]?["template"]
    template?[path: "metadata", "labels", "pod-template-hash"] = nil
    return template == deployment["spec"]?["template"]
  }

  /// Of the template, for names; ten digits as the real ones have, not the same.
  var hash: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in (deployment["spec"]?["template"] ?? [:]).jsonBytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let letters = Array("bcdf2456789")
    return String(
      (0..<10).map { _ -> Character in
        defer { hash /= 11 }
        return letters[Int(hash % 11)]
      })
  }

  func replicaSet(count: Int, revision: Int, owner: Tree) -> Tree {
    let hash = hash
    var template = deployment["spec"]?["template"] ?? [:]
    template[path: "metadata", "labels", "pod-template-hash"] = .string(hash)
    var selector = deployment["spec"]?["selector"] ?? [:]
    selector[path: "matchLabels", "pod-template-hash"] = .string(hash)
    var spec: Tree = ["replicas": .number(Double(count)), "selector": selector, "template": template]
    spec["minReadySeconds"] = deployment["spec"]?["minReadySeconds"]
    return [
      "metadata": [
        "name": .string("\(deployment["metadata"]?["name"]?.string ?? "")-\(hash)"),
        "namespace": deployment["metadata"]?["namespace"] ?? "", "labels": template["metadata"]?["labels"] ?? [:],
        "annotations": [
          "deployment.kubernetes.io/desired-replicas": .string("\(replicas)"),
          "deployment.kubernetes.io/max-replicas": .string("\(replicas + surge)"),
          "deployment.kubernetes.io/revision": .string("\(revision)"),
        ], "ownerReferences": [owner],
      ],
      "spec": spec,
    ]
  }

  private static func wanted(_ sets: [Tree]) -> Int { sets.reduce(0) { $0 + ($1["spec"]?["replicas"]?.integer ?? 0) } }

  private static func count(_ key: String, _ sets: [Tree]) -> Int {
    sets.reduce(0) { $0 + ($1["status"]?[key]?.integer ?? 0) }
  }

  /// How many the new ReplicaSet may have beside all others.
  func newReplicas(beside others: [Tree], current: Tree?) -> Int {
    let own = current.map { Self.wanted([$0]) } ?? 0
    if isRecreate { return others.allSatisfy({ ($0["status"]?["replicas"]?.integer ?? 0) == 0 }) ? replicas : own }
    let room = replicas + surge - Self.wanted(others) - own
    return room > 0 ? min(replicas, own + room) : min(own, replicas)
  }

  /// The new size of each ReplicaSet: first the new one grows; where it cannot, old ones shrink, those that are not available first.
  func scaling(_ current: Tree, _ others: [Tree]) -> [(Tree, Int)] {
    let own = Self.wanted([current])
    let grown = newReplicas(beside: others, current: current)
    var result = [(current, grown)]
    let old = others.filter { Self.wanted([$0]) > 0 }
    if isRecreate { return result + old.map { ($0, 0) } }
    guard grown == own || own > replicas else { return result }
    let least = replicas - unavailable
    let newUnavailable = own - Self.count("availableReplicas", [current])
    var mayGo = Self.wanted(others) + own - least - newUnavailable
    var sizes = old.map { Self.wanted([$0]) }
    for index in old.indices where mayGo > 0 {
      let idle = min(mayGo, max(0, sizes[index] - Self.count("availableReplicas", [old[index]])))
      sizes[index] -= idle
      mayGo -= idle
    }
    var spare = min(mayGo, Self.count("availableReplicas", others + [current]) - least)
    for index in old.indices where spare > 0 {
      let gone = min(spare, sizes[index])
      sizes[index] -= gone
      spare -= gone
    }
    result += zip(old, sizes).map { ($0, $1) }
    return result
  }
}

import DeployPlan
import FleetModel
import Testing

/// Rollouts as a real API server and its controllers played them: every change of every object in order.
@Suite(.enabled(if: Recording.isPresent, "needs ../shared/kubernetes"))
struct RolloutRecordingTests {
  static let recordings = Recording.all("rollout")

  /// The objects as they are at one moment.
  struct Cluster {
    var objects: [String: LiveObject] = [:]

    mutating func take(_ change: JSONValue) {
      let object = LiveObject(change["object"] ?? .null)
      objects[object.uid] = change["type"]?.string == "DELETED" ? nil : object
    }

    func all(_ kind: String) -> [LiveObject] { objects.values.filter { $0.kind == kind } }

    func rollout(appliedGeneration: Int = 0) -> AgentRollout {
      AgentRollout.read(
        workload: all("Deployment").first, replicaSets: all("ReplicaSet"), pods: all("Pod"), events: all("Event"),
        appliedGeneration: appliedGeneration)
    }

    /// Told by the pods alone: as many as wanted have the wanted image and are ready, and there are no others.
    var podsAreReady: Bool {
      guard let deployment = all("Deployment").first else { return false }
      let pods = all("Pod").filter { !$0.isBeingDeleted }
      return pods.count == deployment.json["spec"]?["replicas"]?.integer
        && pods.allSatisfy { pod in
          image(of: pod.json["spec"]) == image(of: deployment.json["spec"]?["template"]?["spec"])
            && pod.json["status"]?["conditions"]?.elements.contains {
              $0["type"]?.string == "Ready" && $0["status"]?.string == "True"
            } == true
        }
    }

    private func image(of spec: JSONValue?) -> String? { spec?["containers"]?.elements.first?["image"]?.string }
  }

  @Test func thereAreAll() { #expect(Self.recordings.count == 11) }

  /// Each state that a person would see, in order; reviewed by eye.
  @Test(arguments: recordings)
  func transcript(recording: Recording) throws {
    var cluster = Cluster()
    var lines: [String] = []
    for change in recording.document["sequence"]?.elements ?? [] {
      cluster.take(change)
      let rollout = cluster.rollout()
      if rollout.phase == .ready { #expect(cluster.podsAreReady, "ready too early") }
      let counts =
        "\(rollout.phase) \(rollout.ready)/\(rollout.desired) updated \(rollout.updated) total \(rollout.total)"
      let text = ([counts] + rollout.reasons.map { "  \($0.summary)" }).joined(separator: "\n")
      if lines.last != text { lines.append(text) }
    }
    let name = recording.file.dropFirst("rollout/".count).dropLast(".json".count)
    let path = "\(CaseFiles.folder)/rollouts/\(name).expected"
    let found = lines.joined(separator: "\n") + "\n"
    if CaseFiles.isRecording { try CaseFiles.write(found, to: path) }
    #expect(found == (try CaseFiles.text(path)))
  }

  /// What is to be shown to a person, by the recorder's own judgement, is among the reasons.
  @Test(arguments: recordings)
  func saysWhatTheRecorderSays(recording: Recording) throws {
    var cluster = Cluster()
    for change in recording.document["sequence"]?.elements ?? [] { cluster.take(change) }
    let rollout = cluster.rollout()
    let show = recording.document["show"]?.elements.compactMap(\.string) ?? []
    #expect(show.isEmpty == (rollout.phase == .ready), "\(rollout)")
    // Pods not available is what all others explain.
    for line in show where !line.contains("MinimumReplicasUnavailable") {
      let words = line.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? line
      let cause = words.prefix(upTo: words.firstRange(of: " [and")?.lowerBound ?? words.endIndex)
      let isTold = rollout.reasons.contains { reason in
        cause.contains(reason.message)
          || Self.sameInOtherWords.contains { cause.contains($0.key) && reason.kind == $0.value }
      }
      #expect(isTold, "\(line) is not in \(rollout.reasons.map(\.summary))")
    }
    #expect(rollout.reasons.count <= 2, "not folded: \(rollout.reasons)")
  }

  /// The recorder's kubelet has few words.
  static let sameInOtherWords: [String: RolloutReason.Kind] = [
    "Back-off pulling image": .imagePull, "back-off restarting failed container": .crashLoop,
    "is running but not ready": .notReady,
  ]

  /// Right after an apply the status still tells of the generation before.
  @Test(arguments: recordings)
  func anAnswerIsNoRollout(recording: Recording) {
    for step in recording.document["steps"]?.elements ?? [] {
      let answer = LiveObject(step["response"]?["body"] ?? .null)
      #expect(AgentRollout.read(workload: answer).phase == .waiting)
    }
  }

  /// A watch that has not caught up with the apply shows the object before it.
  @Test func theLastGenerationIsThePast() throws {
    let recording = try Recording("rollout/01-good.json")
    var cluster = Cluster()
    for change in recording.document["sequence"]?.elements ?? [] { cluster.take(change) }
    #expect(cluster.rollout(appliedGeneration: 2).phase == .ready)
    let early = cluster.rollout(appliedGeneration: 3)
    #expect(early.phase == .waiting)
    #expect(early.ready == 0)
  }
}

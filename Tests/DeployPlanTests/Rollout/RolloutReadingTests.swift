import DeployPlan
import FleetModel
import Testing

/// What a real kubelet and other controllers say, which the recordings lack.
@Suite struct RolloutReadingTests {
  static func meta(_ name: String, uid: String, owner: String? = nil, labels: JSONValue = [:]) -> JSONValue {
    var meta: JSONValue = [
      "name": .string(name), "namespace": "shop", "uid": .string(uid), "generation": 2, "labels": labels,
    ]
    if let owner { meta.put(["ownerReferences"], [["uid": .string(owner), "controller": true]]) }
    return meta
  }

  static func deployment(_ status: JSONValue = [:], replicas: JSONValue = 1, kind: String = "Deployment") -> LiveObject
  {
    var all: [JSONValue.Member] = [.init(key: "observedGeneration", value: 2)]
    all += status.members
    return LiveObject(
      [
        "kind": .string(kind), "metadata": meta("web", uid: "d"), "spec": ["replicas": replicas],
        "status": .object(all),
      ])
  }

  static let replicaSet = LiveObject([
    "kind": "ReplicaSet", "metadata": meta("web-1", uid: "r", owner: "d"), "spec": ["replicas": 2],
  ])

  static func pod(_ number: Int, _ status: JSONValue, scheduled: Bool = true) -> LiveObject {
    var json: JSONValue = [
      "kind": "Pod", "metadata": meta("web-1-\(number)", uid: "p\(number)", owner: "r"),
      "spec": ["containers": [["name": "web", "image": "web:2"]]], "status": status,
    ]
    if scheduled { json.put(["spec", "nodeName"], "n") }
    json.put(["status", "podIP"], .string("10.0.0.\(number)"))
    return LiveObject(json)
  }

  static func container(_ state: JSONValue, last: JSONValue = [:], restarts: JSONValue = 0, ready: Bool = false)
    -> JSONValue
  {
    [
      "containerStatuses": [
        [
          "name": "web", "state": state, "lastState": last, "restartCount": restarts, "ready": .bool(ready),
          "image": "docker.io/library/web:2",
        ]
      ]
    ]
  }

  static func event(_ reason: String, _ message: String, about uid: String, at: String = "2026-11-23T00:00:00Z")
    -> LiveObject
  {
    LiveObject([
      "kind": "Event", "type": "Warning", "reason": .string(reason), "message": .string(message),
      "involvedObject": ["uid": .string(uid)], "lastTimestamp": .string(at),
    ])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var pods: [JSONValue]
    var events: [LiveObject] = []
    var phase = AgentRollout.Phase.progressing
    var says: String
  }

  static func waiting(_ reason: String, _ message: String) -> JSONValue {
    container(["waiting": ["reason": .string(reason), "message": .string(message)]])
  }

  static let cases: [Case] = [
    Case(
      testDescription: "an image that is not there", pods: [waiting("ErrImagePull", "manifest unknown")],
      says: "Pod web-1-0: container web waits for its image: web:2: ErrImagePull: manifest unknown"),
    Case(
      testDescription: "back-off with the cause in it",
      pods: [waiting("ImagePullBackOff", "Back-off pulling image \"web:2\": ErrImagePull: not found")],
      says: "Pod web-1-0: container web waits for its image: web:2: ImagePullBackOff: ErrImagePull: not found"),
    Case(
      testDescription: "back-off with the cause in an event",
      pods: [waiting("ImagePullBackOff", "Back-off pulling image \"web:2\"")],
      events: [
        event("Failed", "Failed to pull image \"web:2\": denied", about: "p0"),
        event("Failed", "Error: ErrImagePull", about: "p0"),
      ],
      says:
        "Pod web-1-0: container web waits for its image: web:2: ImagePullBackOff: Failed to pull image \"web:2\": denied"
    ),
    Case(
      testDescription: "a name that is none", pods: [waiting("InvalidImageName", "couldn't parse image name")],
      phase: .failed,
      says: "Pod web-1-0: container web waits for its image: web:2: InvalidImageName: couldn't parse image name"),
    Case(
      testDescription: "a crash loop of two pods",
      pods: [2, 3].map {
        container(
          [
            "waiting": [
              "reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container=web pod=web",
            ]
          ],
          last: ["terminated": ["exitCode": 1, "reason": "Error"]], restarts: .number($0))
      }, says: "2 pods: container web crashed 3 times: exit code 1"),
    Case(
      testDescription: "out of memory again and again",
      pods: [
        container(
          ["waiting": ["reason": "CrashLoopBackOff"]], last: ["terminated": ["exitCode": 137, "reason": "OOMKilled"]],
          restarts: 5)
      ], phase: .failed, says: "Pod web-1-0: container web crashed 5 times: exit code 137 (OOMKilled)"),
    Case(
      testDescription: "just ended", pods: [container(["terminated": ["exitCode": 2, "message": "no key"]])],
      says: "Pod web-1-0: container web crashed once: exit code 2: no key"),
    Case(
      testDescription: "a Secret that is not there",
      pods: [waiting("CreateContainerConfigError", "secret \"keys\" not found")],
      says: "Pod web-1-0: container web cannot start: secret \"keys\" not found"),
    Case(
      testDescription: "a command that is not there",
      pods: [waiting("RunContainerError", "exec: \"agent\": not found")],
      says: "Pod web-1-0: container web cannot start: RunContainerError: exec: \"agent\": not found"),
    Case(
      testDescription: "a probe that fails, of two pods",
      pods: [container(["running": [:]]), container(["running": [:]])],
      events: [
        event("Unhealthy", "Readiness probe failed: Get \"http://10.0.0.0:80\": refused", about: "p0"),
        event("Unhealthy", "Startup probe failed", about: "p0", at: "2026-11-22T00:00:00Z"),
        event("Unhealthy", "Readiness probe failed: Get \"http://10.0.0.1:80\": refused", about: "p1"),
      ],
      says:
        "2 pods: container web is running but not ready: Readiness probe failed: Get \"http://POD_IP:80\": refused"),
    Case(
      testDescription: "a container that is made", pods: [waiting("ContainerCreating", "")],
      says: "Pod web-1-0: container web starts: ContainerCreating"),
    Case(
      testDescription: "evicted",
      pods: [["phase": "Failed", "reason": "Evicted", "message": "low on memory"]],
      says: "Pod web-1-0 failed: Evicted: low on memory"),
    Case(
      testDescription: "a node that does not answer",
      pods: [
        [
          "conditions": [["type": "Ready", "status": "Unknown", "message": "node is unreachable"]],
          "containerStatuses": [["name": "web", "ready": true, "state": ["running": [:]]]],
        ]
      ], says: "Pod web-1-0 failed: node is unreachable"),
    Case(
      testDescription: "an init container that fails before the agent",
      pods: [
        [
          "initContainerStatuses": [
            ["name": "done", "state": ["terminated": ["exitCode": 0]]],
            ["name": "init", "state": ["waiting": ["reason": "CrashLoopBackOff"]], "restartCount": 1],
          ], "containerStatuses": [["name": "web", "state": ["waiting": ["reason": "PodInitializing"]]]],
        ]
      ], says: "Pod web-1-0: container init crashed once: it ends again and again"),
  ]

  @Test(arguments: cases)
  func reasons(of test: Case) {
    let rollout = AgentRollout.read(
      workload: Self.deployment(["replicas": 2, "updatedReplicas": 2], replicas: 2), replicaSets: [Self.replicaSet],
      pods: test.pods.enumerated().map { Self.pod($0.offset, $0.element) }, events: test.events)
    #expect(rollout.reasons.map(\.summary).contains(test.says), "\(rollout.reasons.map(\.summary))")
    #expect(rollout.reasons.count == 1)
    #expect(rollout.phase == test.phase)
  }

  @Test func theLastLines() {
    let pods = [Self.pod(0, Self.container(["waiting": ["reason": "CrashLoopBackOff"]], restarts: 1))]
    let workload = Self.deployment(["replicas": 1, "updatedReplicas": 1])
    let first = AgentRollout.read(workload: workload, replicaSets: [Self.replicaSet], pods: pods)
    #expect(first.wantedLogs == [.init(pod: "web-1-0", container: "web")])
    let logs = Dictionary(uniqueKeysWithValues: first.wantedLogs.map { ($0, ["Traceback", "KeyError"]) })
    let second = AgentRollout.read(workload: workload, replicaSets: [Self.replicaSet], pods: pods, logs: logs)
    #expect(second.reasons.first?.log == ["Traceback", "KeyError"])
    #expect("\(second.reasons[0])".hasSuffix("\n  | Traceback\n  | KeyError"))
  }

  @Test func whatIsMissingIsSaid() {
    #expect(AgentRollout.read(workload: nil).phase == .waiting)
    let fewer = AgentRollout.read(workload: Self.deployment(["replicas": 1, "updatedReplicas": 1], replicas: 3))
    #expect(fewer.reasons.map(\.summary) == ["2 pods are still to come"])
    let old = AgentRollout.read(
      workload: Self.deployment(["replicas": 2, "updatedReplicas": 1, "availableReplicas": 2]))
    #expect(old.reasons.map(\.summary) == ["1 old pod has yet to end"])
    #expect(old.ready == 1)
    let paused = LiveObject([
      "kind": "Deployment", "metadata": Self.meta("web", uid: "d"), "spec": ["paused": true],
      "status": ["observedGeneration": 2],
    ])
    #expect(AgentRollout.read(workload: paused).reasons.first?.kind == .paused)
  }

  @Test func noneWantedIsReady() {
    #expect(AgentRollout.read(workload: Self.deployment(replicas: 0)).phase == .ready)
  }

  /// Counts that do not fit together never make anything ready, whatever they are.
  @Test func onlyExactCountsAreReady() {
    for updated in 0...3 {
      for available in 0...3 {
        for total in 0...4 {
          let rollout = AgentRollout.read(
            workload: Self.deployment(
              [
                "replicas": .number(Double(total)), "updatedReplicas": .number(Double(updated)),
                "availableReplicas": .number(Double(available)),
              ], replicas: 2))
          #expect((rollout.phase == .ready) == (updated == 2 && available == 2 && total == 2))
          #expect((rollout.phase == .ready) == rollout.reasons.isEmpty)
          #expect(rollout.ready <= rollout.updated)
        }
      }
    }
  }

  @Test func aStatefulSetIsDoneWhenItsRevisionIs() {
    func state(_ current: String) -> AgentRollout {
      let status: JSONValue = [
        "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "currentRevision": .string(current),
        "updateRevision": "b",
      ]
      return AgentRollout.read(workload: Self.deployment(status, kind: "StatefulSet"))
    }
    #expect(state("a").phase == .progressing)
    #expect(state("b").phase == .ready)
  }
}

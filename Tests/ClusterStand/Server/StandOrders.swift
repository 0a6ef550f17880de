import FleetModel
import Synchronization

/// What a test in another process orders of the stand, under `/stand/`:
///
/// | request | |
/// | --- | --- |
/// | `POST /stand/fault` | `{"failure": "hold", "verb": …, "resource": …, "name": …, "skip": 3, "times": 1}`, as ``StandFault`` |
/// | `POST /stand/behaviour` | `{"image": …, "behaviour": "crash_loop", "log": […]}`, as ``StandBehaviour``; `words` where it takes any |
/// | `POST /stand/mend` | takes all faults back |
/// | `POST /stand/release` | `{"carry_out": true}`: lets go of what is held |
/// | `POST /stand/forget` | forgets the requests so far |
/// | `GET /stand/held` | answers when a request is held |
/// | `GET /stand/requests` | all requests, in the order in which they were carried out |
/// | `GET /stand/objects` | everything that is stored |
struct StandOrders: Sendable {
  let cluster: Cluster

  /// - Returns: `nil` for what is no order.
  func answer(_ request: StandRequest) async -> StandAnswer? {
    guard request.segments.first == "stand", request.segments.count == 2 else { return nil }
    let order = (try? JSONParser.parse(request.body)) ?? .object([])
    switch (request.method, request.segments[1]) {
    case ("GET", "held"): await cluster.held.untilOneIsHeld()
    case ("GET", "requests"):
      return .tree(200, ["items": .array(cluster.guarded.withLock { $0.log }.map(Self.tree))])
    case ("GET", "objects"):
      return .tree(200, ["items": .array(cluster.withState { $0.store.everything.map(\.object) })])
    case ("POST", "fault"):
      guard let fault = Self.fault(order) else { return Self.misunderstood }
      cluster.guarded.withLock { $0.faults.add(fault) }
    case ("POST", "behaviour"):
      guard let image = order["image"]?.string, let behaviour = Self.behaviour(order) else {
        return Self.misunderstood
      }
      cluster.withState { state in
        state.controllers.behaviours[image] = behaviour
        state.onChange()
      }
    case ("POST", "mend"): cluster.guarded.withLock { $0.faults.removeAll() }
    case ("POST", "release"): cluster.held.release(carryingOut: order["carry_out"]?.bool ?? true)
    case ("POST", "forget"): cluster.guarded.withLock { $0.log.removeAll() }
    default: return Self.misunderstood
    }
    return .tree(200, [:])
  }

  private static let misunderstood = StandAnswer.failure(.badRequest("cluster stand: no such order"))

  private static func fault(_ order: JSONValue) -> StandFault? {
    let failure: StandFailure
    switch order["failure"]?.string {
    case "hold": failure = .hold
    case "hold_answer": failure = .holdAnswer
    case "cut_before": failure = .cutBefore
    case "cut_after": failure = .cutAfter
    case "slow": failure = .slow(milliseconds: order["milliseconds"]?.integer ?? 0)
    case "status":
      guard let status = order["status"]?.integer else { return nil }
      failure = .status(status, retryAfter: order["retry_after"]?.integer)
    default: return nil
    }
    return StandFault(
      failure, verb: order["verb"]?.string, resource: order["resource"]?.string, name: order["name"]?.string,
      skip: order["skip"]?.integer ?? 0, times: order["times"] == .null ? nil : order["times"]?.integer ?? 1)
  }

  private static func behaviour(_ order: JSONValue) -> StandBehaviour? {
    let words = order["words"]?.string ?? ""
    return switch order["behaviour"]?.string {
    case "ready": .ready(afterSteps: order["steps"]?.integer ?? 0)
    case "image_pull": .imagePull
    case "crash_loop": .crashLoop(log: (order["log"]?.elements ?? []).compactMap(\.string))
    case "never_ready": .neverReady
    case "unschedulable": .unschedulable(words)
    case "refused": .refused(words)
    default: nil
    }
  }

  private static func tree(_ entry: StandLogEntry) -> Tree {
    [
      "verb": .string(entry.verb), "resource": .string(entry.resource), "namespace": .string(entry.namespace),
      "name": .string(entry.name), "dry_run": .bool(entry.isDryRun), "target": .string(entry.target),
      "status": entry.status.map { .number(Double($0)) } ?? .null, "user_agent": .string(entry.userAgent),
    ]
  }
}

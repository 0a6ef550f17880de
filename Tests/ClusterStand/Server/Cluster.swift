import FleetModel
import Platform
import Synchronization

/// The cluster behind the server: its state, what was ordered, what was asked.
final class Cluster: Sendable {
  struct Guarded {
    var state: ClusterState
    var access: StandAccess
    var faults = Faults()
    var log: [StandLogEntry] = []
  }

  /// How one request goes on.
  struct Verdict {
    var answer: StandAnswer?
    var delay: Duration = .zero
    var isCutBefore = false
    var isCutAfter = false
    var retryAfter: Int?
    /// Whether it has yet to be carried out, once it is released.
    var isHeld = false
    var isAnswerHeld = false
  }

  let guarded: Mutex<Guarded>
  let held = HeldRequests()

  init(_ state: ClusterState, access: StandAccess) { guarded = Mutex(Guarded(state: state, access: access)) }

  func withState<Result: Sendable>(_ body: (inout ClusterState) -> Result) -> Result {
    guarded.withLock { body(&$0.state) }
  }

  /// Carries a request out in one step.
  ///
  /// - Parameter meetsFaults: not for one that met its own already.
  func handle(
    _ request: StandRequest, target text: String, authorization: String?, certificate: [UInt8]?,
    meetsFaults: Bool = true
  ) -> Verdict {
    guarded.withLock { guarded in
      let target = Target(request.segments, guarded.state.table)
      let verb = Self.verb(request, target)
      var entry = StandLogEntry(
        verb: verb, resource: target?.resource.plural ?? "", namespace: target?.namespace ?? "",
        name: target?.name ?? "", isDryRun: request.isDryRun, target: text, userAgent: request.userAgent)
      var verdict = Verdict()
      let fault =
        !meetsFaults
        ? nil
        : guarded.faults.meet(verb: verb, resource: entry.resource, name: entry.name) {
          Double(guarded.state.random() >> 11) / Double(UInt64(1) << 53)
        }
      switch fault {
      case .cutBefore:
        verdict.isCutBefore = true
        guarded.log.append(entry)
        return verdict
      case .cutAfter: verdict.isCutAfter = true
      case .hold:
        verdict.isHeld = true
        return verdict
      case .holdAnswer: verdict.isAnswerHeld = true
      case .slow(let milliseconds): verdict.delay = .milliseconds(milliseconds)
      case .status(let code, let retryAfter):
        verdict.answer = .failure(StatusError(ordered: code, retryAfter: retryAfter))
        verdict.retryAfter = retryAfter
      case nil: break
      }
      if verdict.answer == nil {
        verdict.answer = Self.carryOut(request, target, verb, authorization, certificate, &guarded)
      }
      entry.status = verdict.isCutAfter ? nil : verdict.answer?.status
      guarded.log.append(entry)
      return verdict
    }
  }

  private static func carryOut(
    _ request: StandRequest, _ target: Target?, _ verb: String, _ authorization: String?, _ certificate: [UInt8]?,
    _ guarded: inout Guarded
  ) -> StandAnswer {
    var request = request
    do {
      request.user = try guarded.access.user(authorization: authorization, certificate: certificate)
      if let target { try guarded.access.check(request, target, verb: verb) }
    } catch { return .failure(error) }
    if let answer = AccessReview.answer(request, guarded.access, now: guarded.state.now) { return answer }
    return guarded.state.answer(request)
  }

  private static func verb(_ request: StandRequest, _ target: Target?) -> String {
    guard let target else { return "discovery" }
    switch request.method {
    case "GET", "HEAD": return request.isSet("watch") ? "watch" : target.name == nil ? "list" : "get"
    case "POST": return "create"
    case "PUT": return "update"
    case "PATCH": return request.contentType.hasPrefix("application/apply-patch") ? "apply" : "patch"
    case "DELETE": return target.name == nil ? "deletecollection" : "delete"
    default: return request.method.lowercased()
    }
  }
}

extension StandAnswer {
  var status: Int {
    switch self {
    case .tree(let status, _, _), .text(let status, _, _): status
    case .document, .watch: 200
    }
  }
}

/// `SelfSubjectAccessReview`: may I?
enum AccessReview {
  static func answer(_ request: StandRequest, _ access: StandAccess, now: String) -> StandAnswer? {
    guard request.segments == ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"] else { return nil }
    guard request.method == "POST" else { return .failure(.methodNotAllowed) }
    guard let body = (try? JSONParser.parse(request.body)).map({ Tree($0) }),
      let wish = body["spec"]?["resourceAttributes"]
    else { return .failure(.notDone("a SelfSubjectAccessReview without resourceAttributes")) }
    let isAllowed = access.isAllowed(
      .init(
        user: request.user.name, verb: wish["verb"]?.string ?? "", group: wish["group"]?.string ?? "",
        resource: wish["resource"]?.string ?? "", namespace: wish["namespace"]?.string ?? "",
        name: wish["name"]?.string ?? ""))
    return .tree(
      201,
      [
        "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": [:],
        "spec": ["resourceAttributes": wish], "status": ["allowed": .bool(isAllowed)],
      ])
  }
}

import AlertLogic
import FleetModel
import HTTPTypes
import NIOCore

/// `/api/v2/alerts` and `/api/v2/alerts/groups`.
struct AlertRoutes: Sendable {
  var operations: any AlertmanagerOperations

  /// Of one post.
  static let maximumBytes = 16 << 20

  var routes: [APIRoute] { [list, groups, post] }

  // MARK: Reading

  private var list: APIRoute {
    APIRoute(
      method: .get, path: "/api/v2/alerts", operationID: "getAlerts",
      summary: "The alerts that are not resolved, those of Skep's own rules among them, by fingerprint", access: .read,
      style: .alertmanager, parameters: AlertQuery.parameters,
      answers: [.init(status: 200, summary: "The alerts", content: .json(schema: "AlertmanagerAlerts"))]
    ) { [operations] request in
      let query = try AlertQuery(request.form)
      let now = operations.now()
      let standings = operations.alerts { query.accepts($0, at: now) }
        .filter { query.accepts($0) && $0.receivers.contains(where: query.accepts(receiver:)) }
      return AlertmanagerJSON.alerts(
        standings.sorted { $0.fingerprint < $1.fingerprint }, openEnd: now + operations.resolveTimeout)
    }
  }

  private var groups: APIRoute {
    APIRoute(
      method: .get, path: "/api/v2/alerts/groups", operationID: "getAlertGroups",
      summary: "The same alerts in the groups in which they are notified", access: .read, style: .alertmanager,
      parameters: AlertQuery.parameters,
      answers: [.init(status: 200, summary: "The groups", content: .json(schema: "AlertmanagerGroups"))]
    ) { [operations] request in
      let query = try AlertQuery(request.form)
      let now = operations.now()
      var receivers: [LabelSet: [String]] = [:]
      let groups = operations.groups { query.accepts($0, at: now) }.compactMap { group -> GroupStanding? in
        guard query.accepts(receiver: group.receiver) else { return nil }
        var group = group
        group.alerts = group.alerts.filter { query.accepts($0.alert, at: now) && query.accepts($0) }
        for standing in group.alerts { receivers[standing.alert.labels, default: []].append(group.receiver) }
        return group.alerts.isEmpty ? nil : group
      }
      return AlertmanagerJSON.groups(
        groups.sorted(by: Self.precedes), receivers: receivers.mapValues { $0.sorted() },
        openEnd: now + operations.resolveTimeout)
    }
  }

  /// Fewer labels first; then label by label, where one that has the label comes after one that has not; then the receiver
  /// (prometheus/common `model.LabelSet.Before`).
  static func precedes(_ left: GroupStanding, _ right: GroupStanding) -> Bool {
    let (a, b) = (Array(left.labels), Array(right.labels))
    if a.count != b.count { return a.count < b.count }
    for (one, other) in zip(a, b) {
      if one.name != other.name { return other.name.utf8.lexicographicallyPrecedes(one.name.utf8) }
      if one.value != other.value { return one.value.utf8.lexicographicallyPrecedes(other.value.utf8) }
    }
    if left.receiver != right.receiver { return left.receiver.utf8.lexicographicallyPrecedes(right.receiver.utf8) }
    return left.id.routeID < right.id.routeID
  }

  // MARK: Posting

  private var post: APIRoute {
    APIRoute(
      method: .post, path: "/api/v2/alerts", operationID: "postAlerts",
      summary:
        "Take alerts, as Prometheus sends them. An alert without an end is resolved after the resolve timeout unless it is "
        + "posted again. Those that are in order are taken even if others are refused",
      access: .agent, style: .alertmanager,
      rawBody: APIRoute.RawBody(
        contentType: APIResponse.json, maximumBytes: Self.maximumBytes, schema: "AlertmanagerPostableAlerts"),
      answers: [.init(status: 200, summary: "All are taken", content: .none)]
    ) { [operations] request in
      let bytes = try request.jsonBytes("alerts").readableBytesView
      let posted: [PostedAlert]
      do throws(JSONParser.Failure) { posted = try PostedAlertReader.read(bytes) } catch {
        throw AlertmanagerError.unreadable("alerts", "\(error)")
      }
      try Self.checkForm(of: posted)
      try Self.checkAgent(of: posted, request.principal)
      let now = operations.now()
      let timeout = operations.resolveTimeout
      var taken: [NotifiedAlert] = []
      var problems: [String] = []
      taken.reserveCapacity(posted.count)
      for alert in posted {
        switch Self.alert(alert, at: now, timeout: timeout) {
        case .success(let alert): taken.append(alert)
        case .failure(let problem): problems.append(problem.text)
        }
      }
      if !taken.isEmpty { try await operations.put(taken) }
      // A body of ten thousand wrong alerts is answered with the first of its problems.
      if !problems.isEmpty { throw AlertmanagerError.badRequest(problems.prefix(100).joined(separator: "; ")) }
      return APIResponse(status: .ok, contentType: "", content: .bytes(ByteBuffer()))
    }
  }

  private static func checkForm(of posted: [PostedAlert]) throws(AlertmanagerError) {
    for (index, alert) in posted.enumerated() {
      if !alert.generatorURL.isEmpty, !isURI(alert.generatorURL) {
        throw .form(.invalidType, "\(index).generatorURL in body must be of type uri: \"\(alert.generatorURL)\"")
      }
      if alert.labels == nil { throw .form(.required, "\(index).labels in body is required") }
    }
  }

  /// Whether Go's `url.ParseRequestURI` takes it: a path from the root, or anything after a scheme.
  static func isURI(_ text: String) -> Bool {
    if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return false }
    if text.utf8.first == UInt8(ascii: "/") { return true }
    let scheme = text.utf8.prefix { $0 != UInt8(ascii: ":") }
    guard let first = scheme.first, (0x61...0x7A).contains(first | 0x20), scheme.count < text.utf8.count else {
      return false
    }
    return scheme.allSatisfy {
      (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0)
    }
  }

  /// - Throws: if the client's token belongs to another agent than an alert does.
  private static func checkAgent(of posted: [PostedAlert], _ principal: Principal) throws(APIError) {
    guard principal.role == .agent, let agent = principal.agentID else { return }
    for alert in posted where alert.labels?["agent_id"] != agent.name {
      throw APIError(
        .forbidden,
        "alert \(alert.labels ?? LabelSet()) does not bear agent_id=\"\(agent)\", the only agent that this token may send for"
      )
    }
  }

  private struct Problem: Error { var text: String }

  /// The alert with what it leaves out; or what is wrong with it, as Alertmanager says it.
  private static func alert(
    _ posted: PostedAlert, at now: Timestamp, timeout: Duration
  ) -> Result<NotifiedAlert, Problem> {
    let labels = posted.labels ?? LabelSet()
    let startsAt = posted.startsAt ?? posted.endsAt ?? now
    let endsAt = posted.endsAt ?? now + timeout
    if endsAt < startsAt { return .failure(Problem(text: "start time must be before end time")) }
    if let name = posted.invalidLabel {
      return .failure(Problem(text: "invalid label set: invalid name \(JSONValue.string(name))"))
    }
    if labels.isEmpty { return .failure(Problem(text: "at least one label pair required")) }
    if let name = posted.invalidAnnotation {
      return .failure(Problem(text: "invalid annotations: invalid name \(JSONValue.string(name))"))
    }
    return .success(
      NotifiedAlert(
        labels: labels, annotations: posted.annotations, startsAt: startsAt, endsAt: endsAt, updatedAt: now,
        endsByTimeout: posted.endsAt == nil, generatorURL: posted.generatorURL))
  }
}

import AlertLogic
import Alerting
import FleetModel
import HTTPTypes
import Logging
import NIOCore
import TestSupport

@testable import ControlPlane

/// The Alertmanager routes over a real notification service that keeps its state in memory and sends nothing.
struct AlertmanagerBench: Sendable {
  /// 2026-11-23T01:02:03.004Z
  static let start = Timestamp(milliseconds: 1_795_395_723_004)

  let time = SimulatedTime(start: AlertmanagerBench.start)
  let operations: LiveAlertmanager
  let table: RouteTable

  /// A tree with a receiver `default`, one `x` that takes `team="x"` in groups of all labels and hands on, and one `y` that takes
  /// x and y; critical alerts inhibit warnings of their cluster.
  static func policy() -> NotificationPolicy {
    var root = Route()
    root.receiver = "default"
    root.groupBy = ["alertname"]
    var x = Route()
    x.receiver = "x"
    x.groupBy = ["..."]
    x.continues = true
    x.matchers = [LabelMatcher("team", .equal, "x")]
    var y = Route()
    y.receiver = "y"
    y.matchers = [LabelMatcher("team", .matches, "x|y")]
    root.routes = [x, y]
    var policy = NotificationPolicy(route: root)
    policy.receivers = ["default", "x", "y"].map { name in
      var receiver = Receiver()
      receiver.name = name
      return receiver
    }
    var inhibition = InhibitRule()
    inhibition.sourceMatchers = [LabelMatcher("severity", .equal, "critical")]
    inhibition.targetMatchers = [LabelMatcher("severity", .equal, "warning")]
    inhibition.equal = ["cluster"]
    policy.inhibitRules = [inhibition]
    return policy
  }

  init(integrations: [String: [NotificationIntegration]] = [:]) throws {
    let service = try NotificationService(
      NotificationSetup(policy: Self.policy(), integrations: integrations, externalURL: "http://skep"), state: nil,
      time: time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    operations = LiveAlertmanager(service: service, time: time, startedAt: Self.start, version: "0.0.1")
    table = RouteTable(AlertmanagerRoutes.all(operations))
  }

  struct Answer: Sendable, Equatable {
    var status: Int
    var body: String

    init(_ status: Int, _ body: String = "") {
      self.status = status
      self.body = body
    }

    /// Without the end of the line, which successes and texts have.
    var line: String { body.hasSuffix("\n") ? String(body.dropLast()) : body }
  }

  /// What `METHOD /path?query` answers.
  func ask(
    _ request: String, _ body: String = "", type: String = "application/json",
    as principal: Principal = Principal(role: .operator)
  ) async throws -> Answer {
    let words = request.split(separator: " ", maxSplits: 1)
    let target = try RequestTarget(String(words[1]))
    guard case .route(let route, let path) = table.match(method: String(words[0]), path: target.segments) else {
      return Answer(404)
    }
    var work = APIRequest(principal: principal, path: path)
    if route.style == .fleet { work.query = try target.values(of: route.parameters) }
    try work.form.add(encoded: target.query)
    if route.rawBody != nil {
      work.rawBody = APIRequest.RawBody(bytes: ByteBuffer(string: body), contentType: type, contentEncoding: "")
    }
    let response: APIResponse
    do { response = try await route.handle(work) } catch let error as AlertmanagerError {
      response = error.response
    } catch let error as APIError { response = error.response(in: route.style) }
    guard case .bytes(let bytes) = response.content else { return Answer(response.status.code) }
    return Answer(response.status.code, String(buffer: bytes))
  }

  /// Posts alerts of these labels, each as `alertname=A team=x`, that end in an hour.
  func post(_ alerts: String...) async throws {
    let documents = alerts.map { alert -> JSONValue in
      let labels = alert.split(separator: " ").map { label -> JSONValue.Member in
        let parts = label.split(separator: "=", maxSplits: 1)
        return JSONValue.Member(key: String(parts[0]), value: .string(String(parts[1])))
      }
      return ["labels": .object(labels), "endsAt": "2026-11-23T02:02:03.004Z"]
    }
    let answer = try await ask("POST /api/v2/alerts", JSONValue.array(documents).description)
    guard answer == Answer(200) else { throw Unexpected(answer: answer) }
  }

  struct Unexpected: Error { var answer: Answer }
}

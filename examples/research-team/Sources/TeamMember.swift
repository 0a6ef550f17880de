import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import SkepAgent

/// A piece of work as it travels from agent to agent.
struct WorkOrder: Codable, Sendable {
  var task: String
  /// How often the critic has sent it back.
  var revision: Int?
}

/// What comes back.
struct WorkResult: Codable, Sendable {
  /// `done`, or `revise` where the critic wants the work done again.
  var verdict: String
  /// Who has worked on it, in order of their ends.
  var path: [String]
  /// The trace that it belongs to, as this agent saw it.
  var traceID: String

  enum CodingKeys: String, CodingKey {
    case verdict, path
    case traceID = "trace_id"
  }
}

/// Why a piece of work was not done.
enum WorkFailure: Error, CustomStringConvertible {
  case modelOverloaded
  case queueFull
  case peer(Role, String)

  var description: String {
    switch self {
    case .modelOverloaded: "the model is overloaded; try again"
    case .queueFull: "the queue is full; try again later"
    case .peer(let role, let reason): "\(role.rawValue) did not do its part: \(reason)"
    }
  }
}

/// How a team member is set up.
struct TeamSettings: Sendable {
  var role: Role
  /// Whether and where the next one is.
  var nextAddress: String?
  var latencyScale = 1.0
  var failureRate = 0.02
  var revisionRate = 0.2
}

/// Does one role's part of the work and hands it on.
struct TeamMember: Sendable {
  let settings: TeamSettings
  let http: HTTPClient
  let misbehaviour: MisbehaviourSwitch
  let metrics: TeamMetrics
  let queue: WorkQueue
  let logger: Logger

  private static let attempts = 3
  private static let mostRevisions = 3

  init(
    settings: TeamSettings, http: HTTPClient, misbehaviour: MisbehaviourSwitch, metrics: TeamMetrics, logger: Logger
  ) {
    self.settings = settings
    self.http = http
    self.misbehaviour = misbehaviour
    self.metrics = metrics
    self.logger = logger
    queue = WorkQueue(workers: 2, longestQueue: 64) { metrics.queued($0) }
  }

  /// Does this role's part, then has the others do theirs.
  ///
  /// - Throws: ``WorkFailure``, or `CancellationError`.
  func perform(_ order: WorkOrder, context: TraceContext) async throws -> WorkResult {
    let began = ContinuousClock.now
    metrics.taskBegan()
    var succeeded = false
    defer {
      metrics.taskEnded()
      metrics.ended(settings.role.operation, succeeded: succeeded, after: ContinuousClock.now - began)
    }
    let result = try await (settings.role == .coder ? code(order, context) : passOn(order, context))
    succeeded = true
    return result
  }

  private func passOn(_ order: WorkOrder, _ context: TraceContext) async throws -> WorkResult {
    try await think()
    let mine = WorkResult(verdict: "done", path: [settings.role.rawValue], traceID: "\(context.traceID)")
    if settings.role == .critic, (order.revision ?? 0) < Self.mostRevisions, Chance.happens(settings.revisionRate) {
      return WorkResult(verdict: "revise", path: mine.path, traceID: mine.traceID)
    }
    guard let next = settings.role.next, settings.nextAddress != nil else { return mine }
    var result = try await send(order, to: next, context)
    result.path.insert(settings.role.rawValue, at: 0)
    return result
  }

  /// The coder does its work again as long as the critic sends it back.
  private func code(_ order: WorkOrder, _ context: TraceContext) async throws -> WorkResult {
    var path: [String] = []
    for revision in 0...Self.mostRevisions {
      try await think()
      path.append(settings.role.rawValue)
      guard let next = settings.role.next, settings.nextAddress != nil else { break }
      let answer = try await send(WorkOrder(task: order.task, revision: revision), to: next, context)
      path += answer.path
      if answer.verdict != "revise" { break }
    }
    return WorkResult(verdict: "done", path: path, traceID: "\(context.traceID)")
  }

  /// What stands for the call of a language model or a tool.
  private func think() async throws {
    let role = settings.role
    do {
      try await queue.run {
        var seconds = Chance.logNormal(median: role.medianLatency, spread: role.latencySpread) * settings.latencyScale
        if let factor = misbehaviour.rate(of: .slow) { seconds *= factor }
        try await Task.sleep(for: .seconds(seconds))
      }
    } catch is WorkQueue.Full {
      throw WorkFailure.queueFull
    }
    let input = Chance.logNormal(median: role.tokens.input, spread: 0.5)
    if Chance.happens(settings.failureRate) { throw WorkFailure.modelOverloaded }
    metrics.used(
      input: Int(input), output: Int(Chance.logNormal(median: role.tokens.output, spread: 0.5)), model: role.model)
  }

  /// Hands work to the next agent, trying again after a short pause when it answers with an error or not at all.
  private func send(_ order: WorkOrder, to next: Role, _ context: TraceContext) async throws -> WorkResult {
    var reason = "no address"
    for attempt in 0..<Self.attempts {
      if attempt > 0 { try await Task.sleep(for: .seconds(0.1 * Double(attempt) * Double.random(in: 0.5..<1.5))) }
      metrics.sent(to: next)
      do {
        let response = try await http.execute(try request(order, context), timeout: .nanoseconds(patience))
        let body = try await response.body.collect(upTo: 1 << 20)
        if response.status.code == 200 {
          return try JSONDecoder().decode(WorkResult.self, from: Data(body.readableBytesView))
        }
        reason = "it answered \(response.status.code)"
        if response.status.code == 400 { break }
      } catch let error as CancellationError {
        throw error
      } catch {
        try Task.checkCancellation()
        reason = "\(error)"
      }
      logger.debug("handing over failed", metadata: ["peer": "\(next.rawValue)", "reason": "\(reason)"])
    }
    throw WorkFailure.peer(next, reason)
  }

  private var patience: Int64 { settings.role.patience.components.seconds * 1_000_000_000 }

  private func request(_ order: WorkOrder, _ context: TraceContext) throws -> HTTPClientRequest {
    var request = HTTPClientRequest(url: (settings.nextAddress ?? "") + "/work")
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "x-agent-id", value: settings.role.rawValue)
    if !misbehaviour.strikes(.dropContext) {
      request.headers.add(name: "traceparent", value: context.child().traceparent)
      if let state = context.tracestate { request.headers.add(name: "tracestate", value: state) }
    }
    request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(order)))
    return request
  }
}

import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import SkepAgent
import Tracing

/// A piece of work as it travels from agent to agent.
struct WorkOrder: Codable, Sendable {
  var task: String
  /// What belongs together although it is not one request.
  var conversation: String?
  /// How often the critic has sent it back.
  var revision: Int?
}

/// What comes back.
struct WorkResult: Codable, Sendable {
  /// `done`, or `revise` where the critic wants the work done again.
  var verdict: String
  /// Who has worked on it, in order of their ends.
  var path: [String]
  /// The trace that it belongs to, as this agent saw it; `nil` where there is none.
  var traceID: String?

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
  private let tracer = InstrumentationSystem.tracer

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

  /// Does this role's part, then has the others do theirs, within the trace of the current context.
  ///
  /// - Throws: ``WorkFailure``, or `CancellationError`.
  func perform(_ order: WorkOrder) async throws -> WorkResult {
    var order = order
    order.conversation = order.conversation ?? "conversation-\(Chance.identifier())"
    return try await withAgentSpan(settings.role.rawValue, conversation: order.conversation) { [order] _ in
      try await measured(order)
    }
  }

  private func measured(_ order: WorkOrder) async throws -> WorkResult {
    let began = ContinuousClock.now
    metrics.taskBegan()
    var succeeded = false
    defer {
      metrics.taskEnded()
      metrics.ended(settings.role.operation, succeeded: succeeded, after: ContinuousClock.now - began)
    }
    let result = try await (settings.role == .coder ? code(order) : passOn(order))
    succeeded = true
    return result
  }

  private func passOn(_ order: WorkOrder) async throws -> WorkResult {
    try await think(about: order)
    let mine = WorkResult(verdict: "done", path: [settings.role.rawValue], traceID: traceID)
    if settings.role == .critic, (order.revision ?? 0) < Self.mostRevisions, Chance.happens(settings.revisionRate) {
      return WorkResult(verdict: "revise", path: mine.path, traceID: mine.traceID)
    }
    guard let next = settings.role.next, settings.nextAddress != nil else { return mine }
    var result = try await send(order, to: next)
    result.path.insert(settings.role.rawValue, at: 0)
    return result
  }

  /// The coder does its work again as long as the critic sends it back.
  private func code(_ order: WorkOrder) async throws -> WorkResult {
    var path: [String] = []
    for revision in 0...Self.mostRevisions {
      try await think(about: order)
      path.append(settings.role.rawValue)
      guard let next = settings.role.next, settings.nextAddress != nil else { break }
      var part = order
      part.revision = revision
      let answer = try await send(part, to: next)
      path += answer.path
      if answer.verdict != "revise" { break }
    }
    return WorkResult(verdict: "done", path: path, traceID: traceID)
  }

  private var traceID: String? { ServiceContext.current?.traceContext.map { "\($0.traceID)" } }

  /// What stands for the call of a language model, and of a tool where the role has one. Waiting for a free worker is neither.
  private func think(about order: WorkOrder) async throws {
    let role = settings.role
    do {
      try await queue.run {
        var seconds = Chance.logNormal(median: role.medianLatency, spread: role.latencySpread) * settings.latencyScale
        if let factor = misbehaviour.rate(of: .slow) { seconds *= factor }
        let share = role.tool == nil ? 1 : 0.5
        try await askModel(about: order, seconds: seconds * share)
        guard let tool = role.tool else { return }
        try await withToolSpan(tool, callID: "call-\(Chance.identifier())", type: "function") { _ in
          try await Task.sleep(for: .seconds(seconds * (1 - share)))
        }
      }
    } catch is WorkQueue.Full {
      throw WorkFailure.queueFull
    }
  }

  private func askModel(about order: WorkOrder, seconds: Double) async throws {
    let role = settings.role
    try await withChatSpan(model: role.model, provider: "example", conversation: order.conversation) { chat in
      try await Task.sleep(for: .seconds(seconds))
      if Chance.happens(settings.failureRate) { throw WorkFailure.modelOverloaded }
      let input = Int(Chance.logNormal(median: role.tokens.input, spread: 0.5))
      let output = Int(Chance.logNormal(median: role.tokens.output, spread: 0.5))
      // What is the same in each prompt is read from the provider's cache.
      chat.record(TokenUsage(input: input, output: output, cachedInput: min(input, role.cachedTokens)))
      chat.finished(["stop"])
      metrics.used(input: input, output: output, model: role.model)
    }
  }

  /// Hands work to the next agent, trying again after a short pause when it answers with an error or not at all.
  private func send(_ order: WorkOrder, to next: Role) async throws -> WorkResult {
    var reason = "no address"
    for attempt in 0..<Self.attempts {
      if attempt > 0 { try await Task.sleep(for: .seconds(0.1 * Double(attempt) * Double.random(in: 0.5..<1.5))) }
      metrics.sent(to: next)
      do {
        let (status, body) = try await call(order, to: next)
        if status == 200 { return try JSONDecoder().decode(WorkResult.self, from: Data(body.readableBytesView)) }
        reason = "it answered \(status)"
        if status == 400 { break }
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

  /// One attempt, with a span of its own.
  private func call(_ order: WorkOrder, to next: Role) async throws -> (status: Int, body: ByteBuffer) {
    try await tracer.withAnySpan("POST /work", ofKind: .client) { span in
      span.attributes["http.request.method"] = "POST"
      span.attributes["peer.service"] = next.rawValue
      let response = try await http.execute(try request(order), timeout: .nanoseconds(patience))
      let status = Int(response.status.code)
      span.attributes["http.response.status_code"] = status
      if status >= 400 { span.setStatus(SpanStatus(code: .error)) }
      return (status, try await response.body.collect(upTo: 1 << 20))
    }
  }

  private func request(_ order: WorkOrder) throws -> HTTPClientRequest {
    var request = HTTPClientRequest(url: (settings.nextAddress ?? "") + "/work")
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "x-agent-id", value: settings.role.rawValue)
    if !misbehaviour.strikes(.dropContext), let context = ServiceContext.current {
      tracer.inject(context, into: &request.headers, using: HeaderFields())
    }
    request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(order)))
    return request
  }
}

private struct HeaderFields: Injector {
  func inject(_ value: String, forKey key: String, into headers: inout HTTPHeaders) {
    headers.replaceOrAdd(name: key, value: value)
  }
}

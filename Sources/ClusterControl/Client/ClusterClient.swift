import AsyncHTTPClient
import FleetModel
public import Platform
import Synchronization

/// A client of one Kubernetes API server.
///
/// Requests are bounded (``ClusterClientSettings``), sent again where that does no harm, and fail with what the server said
/// (``ClusterError``). When the task that waits for one is cancelled it ends at once, with ``ClusterError/Kind/cancelled``. Nothing
/// of a Secret and nothing that proves who asks is in an error.
///
/// Whoever makes it calls ``shutdown()`` when nothing uses it any more.
public final class ClusterClient: Sendable {
  public let connection: ClusterConnection
  public let settings: ClusterClientSettings
  let time: any TimeSource
  let random: any RandomSource

  private let transport: ClusterTransport
  private let credentials: ClusterCredentials
  private let gate: RequestGate
  private let rate: Mutex<RequestRate?>
  let discovery = DiscoveryCache()

  /// - Throws: ``ClusterError`` where the connection's certificates or address cannot be used; nothing is sent yet.
  public init(
    _ connection: ClusterConnection, settings: ClusterClientSettings = ClusterClientSettings(),
    time: any TimeSource = SystemTime(), random: any RandomSource = SystemRandom()
  ) throws(ClusterError) {
    self.connection = connection
    self.settings = settings
    self.time = time
    self.random = random
    transport = try ClusterTransport(connection, settings, time: time)
    credentials = ClusterCredentials(connection.proof, time: time)
    gate = RequestGate(settings.maximumInFlight)
    rate = Mutex(settings.queriesPerSecond.map { RequestRate(perSecond: $0, burst: settings.burst) })
  }

  /// Closes all connections; what is under way fails. Further calls do nothing.
  public func shutdown() async { await transport.shutdown() }

  // MARK: Requests

  /// Sends until there is an answer, or no reason to send again.
  func perform(_ request: ClusterRequest) async throws(ClusterError) -> ClusterAnswer {
    try await repeated(request) { credential throws(ClusterError) in
      if request.isUrgent { return try await self.transport.exchange(request, credential) }
      let cancelled = request.error(.cancelled, "cancelled")
      return try await self.gate.pass(cancelled: cancelled) { () async throws(ClusterError) in
        try await self.transport.exchange(request, credential)
      }
    }
  }

  /// The same for an answer that comes bit by bit; such take no place among those under way.
  func open(_ request: ClusterRequest) async throws(ClusterError) -> HTTPClientResponse {
    try await repeated(request) { credential throws(ClusterError) in
      try await self.transport.open(request, credential)
    }
  }

  /// The answer's body as JSON.
  func json(_ answer: ClusterAnswer, of request: ClusterRequest) async throws(ClusterError) -> JSONValue {
    let body = answer.body
    do throws(JSONParser.Failure) {
      return try await MessageWork.incoming.run(on: body.count) { () throws(JSONParser.Failure) in
        try JSONParser.parse(body)
      }
    } catch {
      throw request.error(
        .malformedAnswer, "the answer (\(answer.contentType)) is not JSON: \(error); check the server's address")
    }
  }

  private func repeated<Value>(
    _ request: ClusterRequest, _ once: (Credential) async throws(ClusterError) -> Value
  ) async throws(ClusterError) -> Value {
    let policy = RetryPolicy(settings)
    var attempt = 1
    var hasRenewed = false
    while true {
      let credential = try await credentials.credential(for: request)
      try await waitForRate(request)
      do throws(ClusterError) {
        return try await once(credential)
      } catch {
        if error.kind == .unauthorized, !hasRenewed, await credentials.discard(credential) {
          hasRenewed = true
          continue
        }
        guard
          let pause = policy.pause(after: error, attempt: attempt, request.repetition, random: random)
        else { throw error }
        attempt += 1
        try await sleep(for: pause, request)
      }
    }
  }

  func sleep(for pause: Duration, _ request: ClusterRequest) async throws(ClusterError) {
    do { try await time.sleep(for: pause) } catch { throw request.error(.cancelled, "cancelled") }
  }

  private func waitForRate(_ request: ClusterRequest) async throws(ClusterError) {
    if request.isUrgent { return }
    let now = time.monotonic()
    let start = rate.withLock { $0?.reserve(at: now) ?? now }
    if start > now { try await sleep(for: start - now, request) }
  }
}

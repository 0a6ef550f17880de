import DeployPlan
import FleetModel
import Platform
import Synchronization

/// A lease that is held: for as long as it is, nobody else who asks for it works on the same thing.
///
/// Its life: ``hold(_:name:namespace:identity:options:body:)`` takes it (a new one, a free one, or one whose holder is gone), renews it
/// every few seconds beside the body, and frees it at the end. If it cannot be renewed in time, or another has it, the body is cancelled
/// and ``check()`` fails: whoever holds one asks it before each write.
public final class ClusterLease: Sendable {
  public struct Options: Sendable {
    /// How long others honour it after the last renewal.
    public var duration: Duration
    public var renewal: Duration
    /// How old the last renewal may be until it counts as lost; less than ``duration``, so that we stop before others begin.
    public var deadline: Duration
    /// How long to wait for a holder who lives; `zero` refuses as soon as one is known to live.
    public var patience: Duration
    /// Between two looks at a lease that another holds, and between two tries of a renewal that failed.
    public var poll: Duration
    public var manager: String

    public init(
      duration: Duration = .seconds(15), renewal: Duration = .seconds(5), deadline: Duration = .seconds(10),
      patience: Duration = .zero, poll: Duration = .seconds(1), manager: String = "skep"
    ) {
      self.duration = duration
      self.renewal = renewal
      self.deadline = deadline
      self.patience = patience
      self.poll = poll
      self.manager = manager
    }
  }

  private struct State {
    var record: LeaseRecord
    /// Monotonic: when the last renewal that counts was sent.
    var renewedAt: Duration
    /// Why it is lost.
    var loss: String?
  }

  public let name: String
  public let namespace: String
  public let identity: String
  private let options: Options
  private let client: ClusterClient
  private let state: Mutex<State>

  private init(
    _ client: ClusterClient, name: String, namespace: String, identity: String, options: Options, record: LeaseRecord,
    renewedAt: Duration
  ) {
    self.client = client
    self.name = name
    self.namespace = namespace
    self.identity = identity
    self.options = options
    state = Mutex(State(record: record, renewedAt: renewedAt))
  }

  /// Runs `body` while holding the lease.
  ///
  /// - Parameters:
  ///   - identity: of this run alone: two that share one take each other for themselves.
  ///   - onWaiting: told each time who is waited for, and whether they are known to live.
  ///   - body: is cancelled when the lease is lost.
  /// - Returns: what `body` returns; the lease is free by then.
  /// - Throws: ``LeaseError``, or what `body` throws if the lease was held until then.
  public static func hold<Value: Sendable>(
    _ client: ClusterClient, name: String, namespace: String, identity: String, options: Options = Options(),
    onWaiting: @Sendable (LeaseHolder, _ isAlive: Bool) -> Void = { _, _ in },
    body: @escaping @Sendable (ClusterLease) async throws -> Value
  ) async throws -> Value {
    let lease = try await take(
      client, name: name, namespace: namespace, identity: identity, options: options, onWaiting: onWaiting)
    let result: Result<Value, any Error>
    do {
      let value = try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body(lease) }
        group.addTask {
          try await lease.keep()
          return nil
        }
        defer { group.cancelAll() }
        // The keeper ends only by throwing.
        while let value = try await group.next() { if let value { return value } }
        throw CancellationError()
      }
      result = .success(value)
    } catch {
      result = .failure(error)
    }
    await lease.release()
    return try result.get()
  }

  /// - Throws: ``LeaseError/lost(lease:reason:)`` if it is not surely held now. To be asked before each write.
  public func check() throws(LeaseError) {
    let (renewedAt, loss) = state.withLock { ($0.renewedAt, $0.loss) }
    if let loss { throw .lost(lease: title, reason: loss) }
    if client.time.monotonic() - renewedAt >= options.deadline {
      throw .lost(lease: title, reason: "it could not be renewed in time")
    }
  }

  private var title: String { "Lease \(namespace)/\(name)" }

  private static func id(_ name: String, _ namespace: String) -> Manifest.ID {
    Manifest.ID(group: "coordination.k8s.io", kind: "Lease", namespace: namespace, name: name)
  }

  // MARK: Taking

  private static func take(
    _ client: ClusterClient, name: String, namespace: String, identity: String, options: Options,
    onWaiting: @Sendable (LeaseHolder, Bool) -> Void
  ) async throws -> ClusterLease {
    let time = client.time
    let start = time.monotonic()
    var watch = LeaseWatch()
    while true {
      let sentAt = time.monotonic()
      let known = try await read(client, id(name, namespace))
      switch watch.see(known, at: time.monotonic()) {
      case .free, .runOut:
        if let record = try await write(
          client, name: name, namespace: namespace, identity: identity, options: options, over: known)
        {
          return ClusterLease(
            client, name: name, namespace: namespace, identity: identity, options: options, record: record,
            renewedAt: sentAt)
        }
      // Another was quicker: look again.
      case .alive(let holder):
        if holder.identity == identity, let known {
          // An answer was lost, and the lease is ours.
          return ClusterLease(
            client, name: name, namespace: namespace, identity: identity, options: options, record: known,
            renewedAt: sentAt)
        }
        guard time.monotonic() - start < options.patience else {
          throw LeaseError.held(lease: "Lease \(namespace)/\(name)", by: holder)
        }
        onWaiting(holder, true)
        try await time.sleep(for: options.poll)
      case .unsure(let holder, _):
        onWaiting(holder, false)
        try await time.sleep(for: options.poll)
      }
    }
  }

  private static func read(_ client: ClusterClient, _ id: Manifest.ID) async throws(LeaseError) -> LeaseRecord? {
    do throws(ClusterError) { return try await client.get(id, version: "v1").map { LeaseRecord($0) } } catch {
      throw .failed(error)
    }
  }

  /// Writes ourselves into a lease that is free.
  ///
  /// - Returns: `nil` if another was quicker.
  private static func write(
    _ client: ClusterClient, name: String, namespace: String, identity: String, options: Options,
    over known: LeaseRecord?
  ) async throws(LeaseError) -> LeaseRecord? {
    let now = LeaseRecord.microTime(client.time.now())
    let object = LeaseRecord.object(
      name: name, namespace: namespace, replacing: known, identity: identity, duration: options.duration,
      acquireTime: now, renewTime: now, transitions: known.map { $0.transitions + 1 } ?? 0)
    do throws(ClusterError) {
      return LeaseRecord(
        known == nil
          ? try await client.create(object, manager: options.manager)
          : try await client.replace(object, manager: options.manager))
    } catch {
      switch error.kind {
      case .alreadyExists, .conflict: return nil
      case .unreachable, .timedOut, .serverFailure, .malformedAnswer:
        // It may have been carried out.
        guard let now = try await read(client, id(name, namespace)), now.identity == identity else {
          throw .failed(error)
        }
        return now
      default: throw .failed(error)
      }
    }
  }

  // MARK: Keeping

  /// Renews until cancelled.
  ///
  /// - Throws: ``LeaseError/lost(lease:reason:)``, or `CancellationError`.
  private func keep() async throws {
    let time = client.time
    var lastProblem = ""
    while true {
      let renewedAt = state.withLock { $0.renewedAt }
      let isLate = !lastProblem.isEmpty
      try await time.sleep(
        untilMonotonic: isLate
          ? min(time.monotonic() + options.poll, renewedAt + options.deadline) : renewedAt + options.renewal)
      guard time.monotonic() - renewedAt < options.deadline else {
        throw lose("it could not be renewed in time" + (lastProblem.isEmpty ? "" : ": \(lastProblem)"))
      }
      do {
        let left = renewedAt + options.deadline - time.monotonic()
        try await TimeLimit.run(left, by: time) { try await self.renew() }
        lastProblem = ""
      } catch let error as LeaseError {
        guard case .failed(let problem) = error else { throw error }
        lastProblem = problem.message
      } catch is TimeLimit.Passed {
        throw lose("it could not be renewed in time")
      }
    }
  }

  private func lose(_ reason: String) -> LeaseError {
    state.withLock { $0.loss = reason }
    return .lost(lease: title, reason: reason)
  }

  /// Renews once.
  private func renew() async throws(LeaseError) {
    let sentAt = client.time.monotonic()
    let record = state.withLock { $0.record }
    do throws(ClusterError) {
      let renewed = LeaseRecord(
        try await client.replace(renewal(of: record, identity: identity), manager: options.manager))
      state.withLock { state in
        state.record = renewed
        state.renewedAt = sentAt
      }
    } catch {
      guard error.kind == .conflict || error.kind == .notFound else { throw .failed(error) }
      // Somebody has written to it, maybe we ourselves, in a request whose answer was lost.
      guard let now = try await Self.read(client, Self.id(name, namespace)) else { throw lose("it was deleted") }
      guard now.uid == record.uid else { throw lose("it was deleted and made anew") }
      guard now.identity == identity else {
        throw lose(now.identity.isEmpty ? "somebody has freed it" : "\(now.identity) has taken it")
      }
      state.withLock { $0.record = now }
      throw .failed(error)
    }
  }

  private func renewal(of record: LeaseRecord, identity: String) -> JSONValue {
    LeaseRecord.object(
      name: name, namespace: namespace, replacing: record, identity: identity, duration: options.duration,
      acquireTime: record.acquireTime, renewTime: LeaseRecord.microTime(client.time.now()),
      transitions: record.transitions)
  }

  /// Frees it, whatever became of it and of the task. Where that fails it runs out by itself.
  private func release() async {
    if state.withLock({ $0.loss }) != nil { return }
    // A cancelled task could send nothing any more: this is the last thing to do, and bounded.
    await withoutCancellation {
      try? await TimeLimit.run(.seconds(3), by: self.client.time) { try await self.free() }
    }
  }

  private func free() async throws {
    // A renewal that was under way may have been carried out: then the record has another version by now.
    for _ in 0..<3 {
      let record = state.withLock { $0.record }
      do throws(ClusterError) {
        _ = try await client.replace(renewal(of: record, identity: ""), manager: options.manager)
        return
      } catch {
        guard error.kind == .conflict, let now = try await Self.read(client, Self.id(name, namespace)),
          now.uid == record.uid, now.identity == identity
        else { return }
        state.withLock { $0.record = now }
      }
    }
  }
}

/// Runs `body` to its end although the task is cancelled; `body` bounds itself.
private func withoutCancellation(_ body: @escaping @Sendable () async -> Void) async {
  await Task { await body() }.value
}

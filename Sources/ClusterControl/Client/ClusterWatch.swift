import AsyncHTTPClient
import DeployPlan
import FleetModel
import NIOCore

extension ClusterClient {
  /// Follows the objects of a kind: lists them, then tells each change once, in the order in which they happened.
  ///
  /// A connection that breaks off, or is dead without saying so, is followed by another that goes on where it stood. While the
  /// server does not answer the watch goes on trying, and says so (``WatchEvent/interrupted(_:)``).
  ///
  /// - Parameters: as ``list(_:namespace:labels:fields:)``.
  /// - Returns: a sequence for one reader, that asks for more as it is read and has no task of its own. It ends when the task that
  ///   reads it is cancelled, and fails where trying again cannot help (`forbidden`, `kindNotServed`, `unauthorized`, …).
  public func watch(
    _ kind: ResourceKind, namespace: String?, labels: String? = nil, fields: String? = nil
  ) -> ClusterWatch {
    ClusterWatch(client: self, kind: kind, scope: ListScope(namespace: namespace, labels: labels, fields: fields))
  }
}

/// See ``ClusterClient/watch(_:namespace:labels:fields:)``.
public struct ClusterWatch: AsyncSequence, Sendable {
  public typealias Element = WatchEvent
  public typealias Failure = ClusterError

  let client: ClusterClient
  let kind: ResourceKind
  let scope: ListScope

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(watch: self) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    private enum State {
      /// Nothing is known, or no longer.
      case unlisted
      /// Everything up to this resource version has been told.
      case listed(String)
      /// The same, and the connection that will tell what follows.
      case watching(WatchConnection, String)
      case over
    }

    private let watch: ClusterWatch
    private var state = State.unlisted
    /// Tries in a row that brought nothing.
    private var failures = 0
    private var isInterrupted = false

    init(watch: ClusterWatch) { self.watch = watch }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ClusterError) -> WatchEvent? {
      while true {
        do throws(ClusterError) {
          if Task.isCancelled { throw ClusterError(.cancelled, request: "WATCH", message: "cancelled") }
          if let event = try await step() { return event }
        } catch {
          if error.kind == .cancelled || Task.isCancelled {
            state = .over
            return nil
          }
          guard Self.isWorthTrying(error) else {
            state = .over
            throw error
          }
          if !isInterrupted, error.kind != .expired {
            isInterrupted = true
            return .interrupted(error)
          }
        }
      }
    }

    public mutating func next() async throws(ClusterError) -> WatchEvent? { try await next(isolation: nil) }

    private static func isWorthTrying(_ error: ClusterError) -> Bool {
      switch error.kind {
      case .unreachable, .timedOut, .tooManyRequests, .serverFailure, .expired, .malformedAnswer: true
      default: false
      }
    }

    /// Does one thing, and returns what there is to tell.
    private nonisolated(nonsending) mutating func step() async throws(ClusterError) -> WatchEvent? {
      switch state {
      case .over: throw ClusterError(.cancelled, request: "WATCH", message: "it is over")
      case .unlisted:
        try await pause()
        failures += 1
        let listing = try await watch.client.list(
          watch.kind, namespace: watch.scope.namespace, labels: watch.scope.labels, fields: watch.scope.fields)
        failures = 0
        isInterrupted = false
        state = .listed(listing.resourceVersion)
        return .initial(listing.items)
      case .listed(let version):
        try await pause()
        failures += 1
        do throws(ClusterError) {
          state = .watching(try await watch.connect(from: version), version)
        } catch  where error.kind == .expired {
          state = .unlisted
          throw error
        }
        return nil
      case .watching(let connection, let version):
        let line: WatchLine?
        do throws(ClusterError) {
          line = try await connection.next()
        } catch {
          state = .listed(version)
          throw error
        }
        guard let line else {
          // Without a line, not even a bookmark, the version may be one that this server has never had.
          state = await connection.hasTold ? .listed(version) : .unlisted
          return nil
        }
        failures = 0
        isInterrupted = false
        return try take(line, connection, version)
      }
    }

    private mutating func take(
      _ line: WatchLine, _ connection: WatchConnection, _ version: String
    ) throws(ClusterError) -> WatchEvent? {
      func going(on object: LiveObject) -> State {
        .watching(connection, object.resourceVersion.isEmpty ? version : object.resourceVersion)
      }
      switch line {
      case .applied(let object):
        state = going(on: object)
        return .applied(object)
      case .deleted(let object):
        state = going(on: object)
        return .deleted(object)
      case .bookmark(let newer):
        state = .watching(connection, newer.isEmpty ? version : newer)
        return nil
      case .failed(let status):
        // Whatever it is, the server does not go on from here.
        state = .unlisted
        let error = StatusReading.error(status, status: nil, for: connection.request)
        if error.kind != .expired { failures += 1 }
        throw Self.isWorthTrying(error) || error.kind != .invalid
          ? error : ClusterError(.serverFailure, request: error.request, status: error.status, message: error.message)
      }
    }

    /// Waits before the next try if the last ones brought nothing.
    private nonisolated(nonsending) func pause() async throws(ClusterError) {
      guard failures > 0 else { return }
      let client = watch.client
      let pause = RetryPolicy(client.settings).pause(attempt: failures, random: client.random)
      let request = ClusterRequest(method: .get, path: "", subject: "WATCH", repetition: .harmless)
      try await client.sleep(for: pause, request)
    }
  }

  fileprivate func connect(from version: String) async throws(ClusterError) -> WatchConnection {
    let resource = try await client.resource(for: kind)
    let request = ClusterRequest(
      method: .get,
      path: resource.path(namespace: scope.namespace)
        + RequestPath.query([
          "watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true",
          "timeoutSeconds": "\(client.settings.watchDuration.components.seconds)", "labelSelector": scope.labels,
          "fieldSelector": scope.fields,
        ]),
      subject: "watch of \(scope.subject(resource))", repetition: .harmless, isSecret: resource.isSecret)
    let response = try await client.open(request)
    return WatchConnection(response, request, client)
  }
}

/// One connection of a watch, read line by line.
actor WatchConnection {
  /// How much longer than agreed a server may be silent.
  private static let patience: Duration = .seconds(15)

  nonisolated let request: ClusterRequest
  private let client: ClusterClient
  private var body: HTTPClientResponse.Body.AsyncIterator
  private var lines = LineSplitter()
  /// Whether anything came.
  private(set) var hasTold = false

  init(_ response: HTTPClientResponse, _ request: ClusterRequest, _ client: ClusterClient) {
    body = response.body.makeAsyncIterator()
    self.request = request
    self.client = client
  }

  /// The next line; `nil` where the connection ends, at its time or broken off: what was not a whole line will come again.
  ///
  /// - Throws: ``ClusterError`` where nothing comes for too long, or what comes is no watch.
  func next() async throws(ClusterError) -> WatchLine? {
    while true {
      if let bytes = lines.next() {
        guard let line = WatchLine(bytes) else {
          throw request.error(.malformedAnswer, "a line of the watch is not what the API says")
        }
        hasTold = true
        return line
      }
      guard lines.pending <= client.settings.answerLimit else {
        throw request.error(.malformedAnswer, "a line of the watch does not end")
      }
      guard try await read() else { return nil }
    }
  }

  private func read() async throws(ClusterError) -> Bool {
    do {
      return try await TimeLimit.run(client.settings.watchDuration + Self.patience, by: client.time) {
        try await self.readPart()
      }
    } catch  where error is CancellationError || Task.isCancelled {
      throw request.error(.cancelled, "cancelled")
    } catch is TimeLimit.Passed {
      throw request.error(.timedOut, "the server is silent")
    } catch {
      // A connection that breaks off is nothing unusual for a watch.
      return false
    }
  }

  private func readPart() async throws -> Bool {
    var body = body
    defer { self.body = body }
    guard let part = try await body.next(isolation: self) else { return false }
    lines.append(part.readableBytesView)
    return true
  }
}

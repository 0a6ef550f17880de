import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A real HTTP server that stands for the control plane: it writes down what it is told and answers by script.
final class FakeControlPlane: Sendable {
  struct Call: Sendable, Equatable {
    let method: String
    let path: String
    let authorization: String?
    let body: String
    let contentType: String?
    let bytes: [UInt8]
  }

  private let recorded = Mutex<[Call]>([])
  private let script: @Sendable (Call, Int) -> HTTPResponse.Status

  /// - Parameter script: given a call and how many came before it, the status to answer with.
  init(script: @escaping @Sendable (Call, Int) -> HTTPResponse.Status) { self.script = script }

  var calls: [Call] { recorded.withLock { $0 } }

  /// Serves on `port` (0: any) while `body` runs, which is told the port.
  func serve<Result: Sendable>(port: Int = 0, body: @escaping @Sendable (Int) async throws -> Result) async throws
    -> Result
  {
    let router = Router(context: BasicRequestContext.self)
    for method in [HTTPRequest.Method.post, .delete] {
      router.on("/**", method: method) { request, _ in
        var request = request
        let body = try await request.collectBody(upTo: 1 << 22)
        let call = Call(
          method: request.method.rawValue, path: request.uri.path, authorization: request.headers[.authorization],
          body: String(buffer: body), contentType: request.headers[.contentType],
          bytes: Array(body.readableBytesView))
        let before = self.recorded.withLock { calls in
          calls.append(call)
          return calls.count - 1
        }
        return Response(status: self.script(call, before))
      }
    }
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "fake")
    logger.logLevel = .critical
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { found.yield($0.localAddress?.port ?? 0) }, logger: logger)
    return try await running(application) {
      var iterator = ports.makeAsyncIterator()
      return try await body(await iterator.next() ?? 0)
    }
  }
}

/// Runs `service` while `body` runs, then stops it gracefully and waits for its end. An error of either ends both.
func running<Result: Sendable>(
  _ service: any Service, body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
  return try await withThrowingTaskGroup(of: Result?.self) { tasks in
    tasks.addTask {
      try await group.run()
      return nil
    }
    tasks.addTask {
      let result = try await body()
      await group.triggerGracefulShutdown()
      return result
    }
    var result: Result?
    while let ended = try await tasks.next() { result = ended ?? result }
    guard let result else { throw NeverCameTrue(description: "the test's body ended without a result") }
    return result
  }
}

struct NeverCameTrue: Error, CustomStringConvertible {
  let description: String
}

/// Looks again until `condition` holds, a bounded number of times.
func eventually(_ what: String, attempts: Int = 12_000, _ condition: () async throws -> Bool) async throws {
  for _ in 0..<attempts {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(25))
  }
  throw NeverCameTrue(description: "never came true: \(what)")
}

import DeployPlan
import FleetModel
import Platform
import TestSupport
import Testing

@testable import ClusterControl

/// How single requests are bounded, sent again, and told of.
@Suite struct RequestTests {
  private static let pod = Manifest.ID(group: "", kind: "Pod", namespace: "shop", name: "a")

  /// Runs `body` against a script for everything but discovery; time passes quickly.
  static func with(
    _ settings: ClusterClientSettings = .init(requestTimeout: .seconds(3_600)), token: String? = nil,
    _ script: @escaping @Sendable (Int, SeenRequest) -> Reply,
    run body: @escaping @Sendable (ClusterClient, ReplayServer, SimulatedTime) async throws -> Void
  ) async throws {
    let counter = Counter()
    try await ReplayServer.with { request in
      ["/api", "/apis"].contains(request.place) ? .json(WatchTests.pods) : script(counter.next(), request)
    } run: { server in
      let time = SimulatedTime()
      var settings = settings
      // Connections are made in real time, which a busy machine needs.
      settings.connectTimeout = .seconds(300)
      let client = try ClusterClient(
        ClusterConnection(server: server.url, token: token), settings: settings, time: time,
        random: SeededRandom(seed: 7))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(1))
            time.advance(by: .milliseconds(20))
          }
        }
        defer { group.cancelAll() }
        try await body(client, server, time)
      }
      await client.shutdown()
    }
  }

  private static func sent(_ server: ReplayServer) -> Int {
    server.requests.count { !["/api", "/apis"].contains($0.place) }
  }

  /// Failures, with what they are and whether a request that does no harm twice is sent again.
  enum Failure: CaseIterable, CustomTestStringConvertible {
    case cut, status429, status500, status500WithoutReason, status502, status503, status504, status400, status403
    case status409, status410, status422, html200, html502

    var testDescription: String { "\(self)" }

    var reply: Reply {
      switch self {
      case .cut: .cut
      case .status429: .status(429, reason: "TooManyRequests", retryAfter: 2)
      case .status500: .status(500, reason: "InternalError")
      case .status500WithoutReason:
        .json(["kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "bad", "code": 500], status: 500)
      case .status502: .answer(502, headers: [("content-type", "text/html")], body: Array("<h1>Bad Gateway</h1>".utf8))
      case .status503: .status(503, reason: "ServiceUnavailable")
      case .status504: .status(504, reason: "Timeout", retryAfter: 1)
      case .status400: .status(400, reason: "BadRequest")
      case .status403: .status(403, reason: "Forbidden")
      case .status409: .status(409, reason: "Conflict")
      case .status410: .status(410, reason: "Expired")
      case .status422: .status(422, reason: "Invalid")
      case .html200: .answer(200, headers: [("content-type", "text/html")], body: Array("<h1>Log in</h1>".utf8))
      case .html502: .answer(503, headers: [("content-type", "text/html")], body: [])
      }
    }

    var kind: ClusterError.Kind {
      switch self {
      case .cut: .unreachable
      case .status429: .tooManyRequests
      case .status500, .status502, .status503, .status504, .html502: .serverFailure
      case .status500WithoutReason, .status400, .status422: .invalid
      case .status403: .forbidden
      case .status409: .conflict
      case .status410: .expired
      case .html200: .malformedAnswer
      }
    }

    /// Before anything is known to be done.
    var isRefusal: Bool { self == .status429 }

    var passes: Bool {
      switch kind {
      case .unreachable, .tooManyRequests, .serverFailure: true
      default: false
      }
    }
  }

  enum Verb: CaseIterable, CustomTestStringConvertible {
    case get, list, apply, create, replace, delete, guardedDelete, logs, evict
    var testDescription: String { "\(self)" }

    var isHarmlessTwice: Bool { ![.create, .replace, .delete, .evict].contains(self) }
    /// Does not look at the answer's body.
    var takesAnything: Bool { [.delete, .guardedDelete, .logs, .evict].contains(self) }

    func make(_ client: ClusterClient) async throws(ClusterError) {
      let object = WatchTests.pod("a", 1)
      switch self {
      case .get: _ = try await client.get(RequestTests.pod)
      case .list: _ = try await client.list(.pod, namespace: "shop")
      case .apply: _ = try await client.apply(object)
      case .create: _ = try await client.create(object)
      case .replace: _ = try await client.replace(object)
      case .delete: try await client.delete(RequestTests.pod)
      case .guardedDelete: try await client.delete(RequestTests.pod, uid: "u1")
      case .logs: _ = try await client.logs(pod: "a", namespace: "shop")
      case .evict: try await client.evict(RequestTests.pod)
      }
    }
  }

  @Test(arguments: Verb.allCases, Failure.allCases)
  func everyVerbThroughEveryFailure(_ verb: Verb, _ failure: Failure) async throws {
    let good: Reply = verb == .list ? WatchTests.list(5, "a") : .json(WatchTests.pod("a", 2))
    try await Self.with(.init(requestTimeout: .seconds(3600))) { number, _ in
      number == 0 ? failure.reply : good
    } run: { client, server, _ in
      // A list that is too old is begun again, at once.
      let beginsAnew = failure == .status410 && verb == .list
      let isSentAgain = failure.isRefusal || (failure.passes && verb.isHarmlessTwice) || beginsAnew
      do throws(ClusterError) {
        try await verb.make(client)
        #expect(isSentAgain || (failure == .html200 && verb.takesAnything))
      } catch {
        #expect(!isSentAgain)
        #expect(error.kind == failure.kind, "\(error)")
        #expect(!error.message.isEmpty)
      }
      #expect(Self.sent(server) == (isSentAgain ? 2 : 1))
    }
  }

  @Test(arguments: [
    (Reply.status(503, reason: "ServiceUnavailable"), 4), (.cut, 4), (.status(422, reason: "Invalid"), 1),
  ])
  func triesAreBounded(_ reply: Reply, _ count: Int) async throws {
    try await Self.with(.init(requestTimeout: .seconds(3_600), attempts: 4)) { _, _ in
      reply
    } run: { client, server, time in
      await #expect(throws: ClusterError.self) { _ = try await client.get(Self.pod) }
      #expect(Self.sent(server) == count)
      if count > 1 { #expect(time.monotonic() >= .milliseconds(875)) }
    }
  }

  @Test func whatTheServerAsksToWaitIsWaited() async throws {
    try await Self.with(.init(requestTimeout: .seconds(3600))) { number, _ in
      number == 0 ? .status(429, reason: "TooManyRequests", retryAfter: 7) : .json(WatchTests.pod("a", 1))
    } run: { client, _, time in
      let start = time.monotonic()
      _ = try await client.get(Self.pod)
      #expect(time.monotonic() - start >= .seconds(7))
    }
  }

  @Test func anAnswerThatDoesNotComeEnds() async throws {
    try await Self.with(.init(requestTimeout: .seconds(5), attempts: 1)) { _, _ in
      .silence
    } run: { client, _, _ in
      await #expect {
        _ = try await client.get(Self.pod)
      } throws: {
        ($0 as? ClusterError)?.kind == .timedOut
      }
    }
  }

  @Test func aCancelledRequestEndsAtOnce() async throws {
    try await Self.with(.init(requestTimeout: .seconds(36_000))) { _, _ in
      .silence
    } run: { client, server, _ in
      await withTaskGroup(of: ClusterError.Kind?.self) { group in
        group.addTask {
          do throws(ClusterError) {
            _ = try await client.get(Self.pod)
            return nil
          } catch {
            return error.kind
          }
        }
        while Self.sent(server) == 0 { await Task.yield() }
        group.cancelAll()
        for await kind in group { #expect(kind == .cancelled) }
      }
    }
  }

  @Test func noServerAtAllIsTold() async throws {
    let time = SimulatedTime()
    let port = try ReservedPort()
    let client = try ClusterClient(
      ClusterConnection(server: "http://127.0.0.1:\(port.port)"), settings: .patient(attempts: 1), time: time)
    await #expect {
      _ = try await client.version()
    } throws: {
      let error = $0 as? ClusterError
      return error?.kind == .unreachable && error?.message.contains("connection refused") == true
    }
    await client.shutdown()
  }

  @Test func requestsUnderWayAreBoundedAndAllAreMade() async throws {
    let under = Shared((now: 0, most: 0))
    let gate = RequestGate(3)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<200 {
        group.addTask {
          try await gate.pass(cancelled: CancellationError()) { () async throws(CancellationError) in
            under.change { under in
              under.now += 1
              under.most = max(under.most, under.now)
            }
            await Task.yield()
            under.change { $0.now -= 1 }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(under.value.most == 3)
  }

  @Test func whoLeavesTheQueueLeavesHisPlaceToTheNext() async throws {
    let gate = RequestGate(1)
    let passed = Shared(0)
    for _ in 0..<200 {
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<6 {
          group.addTask {
            try? await gate.pass(cancelled: CancellationError()) { () async throws(CancellationError) in
              await Task.yield()
              passed.change { $0 += 1 }
            }
          }
          if number == 3 { group.cancelAll() }
        }
      }
    }
    // Whatever was cancelled when, the gate is open again.
    let isOpen = try await gate.pass(cancelled: CancellationError()) { () async throws(CancellationError) in true }
    #expect(isOpen)
  }

  @Test func theRateIsKeptOnAverageAndBurstsPass() {
    var rate = RequestRate(perSecond: 10, burst: 5)
    let times = (0..<8).map { _ in rate.reserve(at: .seconds(100)) }
    #expect(times.prefix(5).allSatisfy { $0 == .seconds(100) })
    #expect(Array(times.suffix(3)) == [.milliseconds(100_100), .milliseconds(100_200), .milliseconds(100_300)])
    #expect(rate.reserve(at: .seconds(200)) == .seconds(200))
  }

  @Test func pausesGrowAndAreBounded() {
    let policy = RetryPolicy(.init(firstPause: .milliseconds(250), longestPause: .seconds(30)))
    let random = SeededRandom(seed: 3)
    for attempt in 1...100 {
      let pause = policy.pause(attempt: attempt, random: random)
      #expect(pause >= .milliseconds(125) && pause <= .seconds(30))
      if attempt == 1 { #expect(pause <= .milliseconds(250)) }
      if attempt > 8 { #expect(pause >= .seconds(15)) }
    }
  }

  // MARK: Lists

  @Test func aListIsReadPageByPageAndBegunAgainWhenItIsTooOld() async throws {
    func page(_ names: [String], _ next: String?) -> Reply {
      var metadata: [JSONValue.Member] = [.init(key: "resourceVersion", value: "7")]
      if let next { metadata.append(.init(key: "continue", value: .string(next))) }
      return .json([
        "kind": "PodList", "apiVersion": "v1", "metadata": .object(metadata),
        "items": .array(names.map { ["metadata": ["name": .string($0), "namespace": "shop"]] }),
      ])
    }
    let replies = [
      page(["x"], "one"), .status(410, reason: "Expired"), page(["a", "b"], "two/=+"), page(["c"], ""),
    ]
    try await Self.with(.init(requestTimeout: .seconds(3_600), pageSize: 2)) { number, _ in
      replies[number]
    } run: { client, server, _ in
      let listing = try await client.list(.pod, namespace: "shop", labels: "app in (a,b)")
      #expect(listing.items.map(\.id.description) == ["Pod shop/a", "Pod shop/b", "Pod shop/c"])
      #expect(listing.resourceVersion == "7")
      let queries = server.requests.filter { $0.place.hasSuffix("pods") }.map(\.query)
      #expect(queries.map { $0["continue"] } == [nil, "one", nil, "two/=+"])
      #expect(queries.allSatisfy { $0["limit"] == "2" && $0["labelSelector"] == "app in (a,b)" })
    }
  }

  // MARK: Secrets

  @Test(arguments: [422, 400, 500])
  func aRefusedSecretIsNotQuoted(_ code: Int) async throws {
    let words = "Secret \"x\" is invalid: data: Invalid value: \"aHVudGVyMg==\" hunter2"
    let reply = Reply.json(
      [
        "kind": "Status", "status": "Failure", "message": .string(words), "reason": code == 500 ? "" : "Invalid",
        "details": ["causes": [["reason": "FieldValueInvalid", "message": .string(words), "field": "data.password"]]],
        "code": .number(Double(code)),
      ], status: code)
    try await Self.with(token: "hunter2-token") { _, _ in
      reply
    } run: { client, server, _ in
      let request = ClusterRequest(
        method: .patch, path: "/api/v1/namespaces/shop/secrets/x", subject: "Secret shop/x", repetition: .harmful,
        isSecret: true)
      let error = await #expect(throws: ClusterError.self) { try await client.perform(request) }
      let text = "\(error as Any) \(String(reflecting: error))"
      #expect(!text.contains("hunter2") && !text.contains("aHVudGVyMg"))
      #expect(text.contains("data.password"))
      #expect(server.requests.last?.headers["authorization"] == "Bearer hunter2-token")
      #expect(!String(reflecting: client.connection).contains("hunter2"))
    }
  }

  // MARK: Discovery

  /// A Lease that is renewed behind everything else would be lost.
  @Test func whatIsUrgentWaitsForNoOther() async throws {
    let settings = ClusterClientSettings(
      maximumInFlight: 1, queriesPerSecond: 1, burst: 1, requestTimeout: .seconds(3_600), attempts: 1)
    try await Self.with(settings) { _, request in
      request.place == "/held" ? .silence : .json([:])
    } run: { client, server, time in
      let held = Task {
        try await client.perform(ClusterRequest(method: .get, path: "/held", repetition: .harmless))
      }
      defer { held.cancel() }
      while Self.sent(server) == 0 { try await Task.sleep(for: .milliseconds(1)) }
      for _ in 0..<5 {
        _ = try await client.perform(
          ClusterRequest(method: .put, path: "/lease", repetition: .harmful, isUrgent: true))
      }
      #expect(time.monotonic() < .seconds(3_600))
      #expect(server.requests.map(\.place) == ["/held"] + Array(repeating: "/lease", count: 5))
    }
  }

  @Test func aServerWithoutAggregatedDiscoveryIsRead() async throws {
    guard Recorded.isPresent else { return }
    let replies = [
      "/api": try Recorded("discovery/05-api-plain.json").reply,
      "/apis": try Recorded("discovery/04-apis-plain.json").reply,
      "/api/v1": try Recorded("discovery/07-resources-core-v1.json").reply,
      "/apis/apps/v1": try Recorded("discovery/08-resources-apps-v1.json").reply,
      "/apis/networking.istio.io/v1": try Recorded("discovery/09-resources-istio-networking-v1.json").reply,
    ]
    try await ReplayServer.with {
      replies[$0.place] ?? .answer(404, headers: [("content-type", "text/plain")], body: [])
    } run: {
      server in
      let client = try ClusterClient(ClusterConnection(server: server.url), settings: .patient(attempts: 1))
      let deployment = try await client.resource(for: ResourceKind(group: "apps", kind: "Deployment"))
      #expect(deployment.plural == "deployments" && deployment.isNamespaced && deployment.apiVersion == "apps/v1")
      #expect(try await client.resource(for: .namespace).isNamespaced == false)
      #expect(try await client.resource(for: .pod).plural == "pods")
      let istio = ResourceKind(group: "networking.istio.io", kind: "VirtualService")
      #expect(try await client.resource(for: istio).version == "v1")
      _ = try await client.resource(for: ResourceKind(group: "apps", kind: "StatefulSet"))
      #expect(
        server.requests.map(\.place) == ["/api", "/apis", "/apis/apps/v1", "/api/v1", "/apis/networking.istio.io/v1"])
      await client.shutdown()
    }
  }

  @Test func aKindThatIsMissingIsAskedForAgain() async throws {
    let counter = Counter()
    let time = SimulatedTime()
    try await ReplayServer.with { request in
      switch request.place {
      case "/apis": .json(counter.next() == 0 ? ["kind": "APIGroupDiscoveryList", "items": []] : WatchTests.pods)
      case "/api": .json(["kind": "APIGroupDiscoveryList", "items": []])
      default: .json(WatchTests.pod("a", 1))
      }
    } run: { server in
      let client = try ClusterClient(ClusterConnection(server: server.url), settings: .patient(), time: time)
      await #expect {
        _ = try await client.get(Self.pod)
      } throws: {
        ($0 as? ClusterError)?.kind == .kindNotServed
      }
      time.advance(by: .seconds(6))
      #expect(try await client.get(Self.pod)?.name == "a")
      #expect(server.requests.map(\.place) == ["/api", "/apis", "/api", "/apis", "/api/v1/namespaces/shop/pods/a"])
      await client.shutdown()
    }
  }

  @Test(arguments: [
    ("299 - \"one\"", ["one"]), ("299 - \"a \\\"b\\\" c\"", ["a \"b\" c"]),
    ("299 - \"one\", 299 - \"two, three\"", ["one", "two, three"]),
    ("299 kube \"x\" \"Mon, 01 Jan 2024 00:00:00 GMT\", 299 - \"y\"", ["x", "y"]), ("rubbish", ["rubbish"]),
    ("299 - \"open", ["299 - \"open"]), ("", []), ("299 - \"\\\\\"", ["\\"]),
  ])
  func warningsAreReadFromTheirHeader(_ field: String, _ texts: [String]) {
    #expect(WarningHeader.texts(field) == texts)
  }
}

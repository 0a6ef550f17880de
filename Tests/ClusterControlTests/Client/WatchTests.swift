import DeployPlan
import FleetModel
import Synchronization
import TestSupport
import Testing

@testable import ClusterControl

/// What a script remembers between requests.
final class Counter: Sendable {
  private let counts = Mutex<[String: Int]>([:])

  /// How often this was asked for before.
  func next(_ key: String = "") -> Int {
    counts.withLock { counts in
      defer { counts[key, default: 0] += 1 }
      return counts[key, default: 0]
    }
  }
}

@Suite struct WatchTests {
  static let pods: JSONValue = [
    "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
    "items": [
      [
        "metadata": [:],
        "versions": [
          [
            "version": "v1",
            "resources": [
              [
                "resource": "pods", "responseKind": ["group": "", "version": "", "kind": "Pod"],
                "scope": "Namespaced", "verbs": ["get", "list", "watch", "create", "delete", "patch"],
              ]
            ],
          ]
        ],
      ]
    ],
  ]

  static func pod(_ name: String, _ version: Int) -> JSONValue {
    [
      "kind": "Pod", "apiVersion": "v1",
      "metadata": ["name": .string(name), "namespace": "shop", "resourceVersion": .string("\(version)")],
    ]
  }

  static func list(_ version: Int, _ names: String...) -> Reply {
    .json([
      "kind": "PodList", "apiVersion": "v1", "metadata": ["resourceVersion": .string("\(version)")],
      "items": .array(names.map { pod($0, version) }),
    ])
  }

  static func line(_ type: String, _ object: JSONValue) -> [UInt8] {
    Array("\(JSONValue.object([.init(key: "type", value: .string(type)), .init(key: "object", value: object)]))\n".utf8)
  }

  static let expired: JSONValue = [
    "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410,
    "message": "too old resource version",
  ]

  static func bookmark(_ version: Int) -> [UInt8] {
    line(
      "BOOKMARK", ["kind": "Pod", "apiVersion": "v1", "metadata": ["resourceVersion": .string("\(version)")]])
  }

  /// Runs a watch of pods against a script of lists and watches, each given its number from 0, and reads so many events.
  static func events(
    _ count: Int, time: SimulatedTime = SimulatedTime(), duration: Duration = .seconds(3600),
    list: @escaping @Sendable (Int) -> Reply,
    watch: @escaping @Sendable (Int, SeenRequest) -> Reply
  ) async throws -> (events: [WatchEvent], requests: [SeenRequest]) {
    let counter = Counter()
    return try await ReplayServer.with { request in
      switch request.place {
      case "/api", "/apis": return .json(pods)
      default:
        return request.query["watch"] == "true"
          ? watch(counter.next("watch"), request) : list(counter.next("list"))
      }
    } run: { server in
      let client = try ClusterClient(
        ClusterConnection(server: server.url),
        settings: .init(
          connectTimeout: .seconds(300), requestTimeout: .seconds(3600), attempts: 1, watchDuration: duration),
        time: time,
        random: SeededRandom(seed: 1))
      var events: [WatchEvent] = []
      try await withThrowingTaskGroup(of: Void.self) { group in
        // Pauses pass quickly; the bounds of requests and of silence are longer than all of them together.
        group.addTask {
          while !Task.isCancelled {
            await Task.yield()
            if time.sleeping > 0 { time.advance(by: .milliseconds(20)) }
            try await Task.sleep(for: .milliseconds(1))
          }
        }
        for try await event in client.watch(.pod, namespace: "shop") {
          events.append(event)
          if events.count == count { break }
        }
        group.cancelAll()
      }
      let requests = server.requests
      await client.shutdown()
      return (events, requests)
    }
  }

  private static func words(_ events: [WatchEvent]) -> [String] {
    events.map { event in
      switch event {
      case .initial(let objects): "all \(objects.map(\.name).joined(separator: ","))"
      case .applied(let object): "applied \(object.name) \(object.resourceVersion)"
      case .deleted(let object): "deleted \(object.name) \(object.resourceVersion)"
      case .interrupted(let error): "interrupted \(error.kind)"
      }
    }
  }

  @Test func aCutWatchGoesOnFromWhereItStood() async throws {
    let (events, requests) = try await Self.events(
      5, list: { _ in Self.list(10, "a") },
      watch: { number, request in
        switch number {
        case 0: .stream([Self.line("ADDED", Self.pod("b", 11)), Array(#"{"type":"MODIF"#.utf8)], then: .cut)
        case 1: .stream([Self.line("MODIFIED", Self.pod("b", 12))], then: .end)
        case 2: .stream([Self.bookmark(20)], then: .cut)
        case 3: .stream([Self.line("DELETED", Self.pod("b", 21)), Self.line("ADDED", Self.pod("c", 22))], then: .end)
        default: .silence
        }
      })
    #expect(
      Self.words(events) == ["all a", "applied b 11", "applied b 12", "deleted b 21", "applied c 22"])
    let watches = requests.filter { $0.query["watch"] == "true" }
    #expect(watches.prefix(4).map { $0.query["resourceVersion"] } == ["10", "11", "12", "20"])
    #expect(watches.allSatisfy { $0.query["allowWatchBookmarks"] == "true" && $0.query["timeoutSeconds"] == "3600" })
    #expect(requests.count { $0.place.hasSuffix("/pods") && $0.query["watch"] == nil } == 1)
  }

  @Test(arguments: [
    Reply.stream([line("ERROR", expired)], then: .end), .status(410, reason: "Expired"),
  ])
  func aStaleWatchListsAgain(_ reply: Reply) async throws {
    let (events, _) = try await Self.events(
      3, list: { $0 == 0 ? Self.list(10, "a", "b") : Self.list(30, "b", "c") },
      watch: { number, _ in
        number == 0 ? reply : .stream([Self.line("DELETED", Self.pod("c", 31))], then: .silence)
      })
    #expect(Self.words(events) == ["all a,b", "all b,c", "deleted c 31"])
  }

  @Test func aWatchThatSaysNothingAtAllIsFollowedByAList() async throws {
    let (events, _) = try await Self.events(
      2, list: { $0 == 0 ? Self.list(999_999) : Self.list(5, "a") },
      watch: { number, _ in number == 0 ? .stream([], then: .end) : .silence })
    #expect(Self.words(events) == ["all ", "all a"])
  }

  @Test func aServerThatIsSilentIsLeftForAnotherConnection() async throws {
    let time = SimulatedTime()
    let (events, requests) = try await Self.events(
      3, time: time, duration: .seconds(60), list: { _ in Self.list(10) },
      watch: { number, _ in
        number == 0
          ? .stream([Self.bookmark(11)], then: .silence)
          : .stream([Self.line("ADDED", Self.pod("a", 12))], then: .silence)
      })
    #expect(Self.words(events) == ["all ", "interrupted timedOut", "applied a 12"])
    #expect(requests.filter { $0.query["watch"] == "true" }.map { $0.query["resourceVersion"] } == ["10", "11"])
    #expect(time.monotonic() >= .seconds(75))
  }

  @Test func anOutageIsToldOnceAndSurvived() async throws {
    let (events, _) = try await Self.events(
      5, list: { $0 == 2 ? Self.list(10, "a") : .status(503, reason: "ServiceUnavailable") },
      watch: { number, _ in
        switch number {
        case 0: .stream([Self.line("ADDED", Self.pod("b", 11))], then: .cut)
        case 1, 2: .cut
        case 3: .status(500, reason: "InternalError")
        default: .stream([Self.line("ADDED", Self.pod("c", 12))], then: .silence)
        }
      })
    #expect(
      Self.words(events) == [
        "interrupted serverFailure", "all a", "applied b 11", "interrupted unreachable", "applied c 12",
      ])
  }

  @Test func aLineThatIsNoLineOfAWatchIsNotTakenForOne() async throws {
    let (events, _) = try await Self.events(
      3, list: { _ in Self.list(10) },
      watch: { number, _ in
        number == 0
          ? .stream([Array("{\"type\":\"NEWS\",\"object\":{}}\n".utf8)], then: .silence)
          : .stream([Self.line("ADDED", Self.pod("a", 12))], then: .silence)
      })
    #expect(Self.words(events) == ["all ", "interrupted malformedAnswer", "applied a 12"])
  }

  @Test(arguments: [
    (403, "Forbidden", ClusterError.Kind.forbidden), (401, "Unauthorized", .unauthorized), (422, "Invalid", .invalid),
  ])
  func whatCannotGetBetterEndsTheWatch(_ status: Int, _ reason: String, _ kind: ClusterError.Kind) async throws {
    await #expect {
      _ = try await Self.events(9, list: { _ in Self.list(10) }, watch: { _, _ in .status(status, reason: reason) })
    } throws: {
      ($0 as? ClusterError)?.kind == kind
    }
  }

  @Test func aCancelledReaderIsLetGoAtOnce() async throws {
    try await ReplayServer.with { request in
      switch request.place {
      case "/api", "/apis": .json(Self.pods)
      default: request.query["watch"] == "true" ? .stream([], then: .silence) : Self.list(10)
      }
    } run: { server in
      let client = try ClusterClient(ClusterConnection(server: server.url), settings: .patient())
      let (started, signal) = AsyncStream.makeStream(of: Void.self)
      try await withThrowingTaskGroup(of: Int.self) { group in
        group.addTask {
          var count = 0
          for try await _ in client.watch(.pod, namespace: "shop") {
            count += 1
            signal.yield()
          }
          return count
        }
        for await _ in started.prefix(1) {}
        group.cancelAll()
        let told = try await group.next()
        #expect(told == 1)
      }
      await client.shutdown()
    }
  }

  @Test(
    .enabled(if: Recorded.isPresent, "needs ../shared/kubernetes"),
    arguments: Recorded.all(["watch"]).filter { $0.isStream && $0.query["sendInitialEvents"] == nil })
  func aRecordedWatchIsTold(_ recorded: Recorded) async throws {
    let target = try #require(recorded.target)
    let version = recorded.query["resourceVersion"] ?? "1"
    let kind = [
      "pods": "Pod", "deployments": "Deployment", "replicasets": "ReplicaSet", "events": "Event",
      "configmaps": "ConfigMap", "virtualservices": "VirtualService", "namespaces": "Namespace",
    ][target.plural]
    let counter = Counter()
    let reply = recorded.reply
    try await RecordedVerbTests.with { request in
      if request.query["watch"] == "true" { return counter.next("watch") == 0 ? reply : .silence }
      return .json([
        "kind": "List", "metadata": ["resourceVersion": .string(counter.next("list") == 0 ? version : "888888")],
        "items": [],
      ])
    } run: { client, server in
      var expected: [WatchEvent] = [.initial([])]
      for line in recorded.body.elements {
        let object = LiveObject(line["object"] ?? .null)
        switch line["type"]?.string {
        case "ADDED", "MODIFIED": expected.append(.applied(object))
        case "DELETED": expected.append(.deleted(object))
        // After a stale one, and after silence, everything is told anew.
        case "ERROR": expected.append(.initial([]))
        default: break
        }
      }
      if recorded.body.elements.isEmpty { expected.append(.initial([])) }
      var told: [WatchEvent] = []
      let watch = client.watch(
        ResourceKind(group: target.group, version: target.version, kind: try #require(kind)),
        namespace: target.namespace, labels: recorded.query["labelSelector"], fields: recorded.query["fieldSelector"])
      for try await event in watch {
        told.append(event)
        if told.count == expected.count { break }
      }
      #expect(told == expected)
      let seen = try #require(server.requests.first { $0.query["watch"] == "true" })
      #expect(seen.place == recorded.place)
      for key in ["resourceVersion", "labelSelector", "fieldSelector"] where key != "resourceVersion" || version != "1"
      {
        #expect(seen.query[key] == recorded.query[key])
      }
    }
  }
}

import DeployPlan
import FleetModel
import Platform
import Synchronization
import TestSupport
import Testing

@testable import ClusterControl

/// One Lease with the rules that the recordings in `lease` show: versions and uids guard a PUT, a POST finds what is there.
final class LeaseKeeper: Sendable {
  struct State: Sendable {
    var version = 100
    var uid = 0
    var lease: JSONValue?
    /// Answers to give in place of the own, by method; `nil` carries the request out and then cuts the connection.
    var failures: [(method: String, reply: Reply?)] = []
    var holders: [String] = []
  }

  let state = Mutex(State())

  var holder: String? { state.withLock { $0.lease?["spec"]?["holderIdentity"]?.string } }
  /// Each change of the holder.
  var holders: [String] { state.withLock { $0.holders } }

  func fail(_ method: String, _ reply: Reply?, times: Int = 1) {
    state.withLock { $0.failures += Array(repeating: (method, reply), count: times) }
  }

  func remove() { state.withLock { $0.lease = nil } }

  /// Somebody else writes.
  func put(holder: String) {
    state.withLock { state in
      state.store(Self.lease(holder), keepsUID: state.lease != nil)
    }
  }

  static func lease(_ holder: String) -> JSONValue {
    [
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": "skep-shop", "namespace": "shop"],
      "spec": ["holderIdentity": .string(holder), "leaseDurationSeconds": 15, "leaseTransitions": 0],
    ]
  }

  func answer(_ request: SeenRequest) -> Reply {
    if ["/api", "/apis"].contains(request.place) { return .json(Self.discovery) }
    return state.withLock { state in
      if let index = state.failures.firstIndex(where: { $0.method == request.method }) {
        let failure = state.failures.remove(at: index)
        if let reply = failure.reply { return reply }
        _ = state.carryOut(request)
        return .cut
      }
      return state.carryOut(request)
    }
  }

  private static let discovery: JSONValue = [
    "kind": "APIGroupDiscoveryList",
    "items": [
      [
        "metadata": ["name": "coordination.k8s.io"],
        "versions": [
          [
            "version": "v1",
            "resources": [
              [
                "resource": "leases", "responseKind": ["kind": "Lease"], "scope": "Namespaced",
                "verbs": ["get", "create", "update"],
              ]
            ],
          ]
        ],
      ]
    ],
  ]
}

extension LeaseKeeper.State {
  fileprivate mutating func store(_ lease: JSONValue, keepsUID: Bool) {
    version += 1
    if !keepsUID { uid += 1 }
    let holder = lease["spec"]?["holderIdentity"]?.string ?? ""
    if holders.last != holder { holders.append(holder) }
    self.lease = [
      "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
      "metadata": [
        "name": "skep-shop", "namespace": "shop", "uid": .string("u\(uid)"), "resourceVersion": .string("\(version)"),
      ],
      "spec": lease["spec"] ?? .null,
    ]
  }

  fileprivate mutating func carryOut(_ request: SeenRequest) -> Reply {
    let sent = request.json ?? .null
    switch request.method {
    case "GET": return lease.map { .json($0) } ?? .status(404, reason: "NotFound")
    case "POST":
      if lease != nil { return .status(409, reason: "AlreadyExists") }
      store(sent, keepsUID: false)
      return .json(lease ?? .null, status: 201)
    case "PUT":
      guard let lease else {
        if sent["metadata"]?["uid"] != nil { return .status(409, reason: "Conflict") }
        store(sent, keepsUID: false)
        return .json(self.lease ?? .null, status: 201)
      }
      for key in ["uid", "resourceVersion"] where sent["metadata"]?[key] != lease["metadata"]?[key] {
        return .status(409, reason: "Conflict")
      }
      store(sent, keepsUID: true)
      return .json(self.lease ?? .null)
    default: return .status(405, reason: "MethodNotAllowed")
    }
  }
}

@Suite struct ClusterLeaseTests {
  /// Runs `body` with a client whose time runs fifteen times as fast as ours.
  static func with(
    _ keeper: LeaseKeeper, _ body: @escaping @Sendable (ClusterClient, SimulatedTime) async throws -> Void
  ) async throws {
    try await ReplayServer.with {
      keeper.answer($0)
    } run: { server in
      let time = SimulatedTime()
      var settings = ClusterClientSettings.patient(attempts: 1)
      // A renewal that nobody answers ends before the lease does.
      settings.requestTimeout = .seconds(30)
      let client = try ClusterClient(
        ClusterConnection(server: server.url), settings: settings, time: time,
        random: SeededRandom(seed: 1))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(2))
            time.advance(by: .milliseconds(30))
          }
        }
        defer { group.cancelAll() }
        try await body(client, time)
      }
      await client.shutdown()
    }
  }

  private static func hold(
    _ client: ClusterClient, _ identity: String = "me", patience: Duration = .zero,
    _ body: @escaping @Sendable (ClusterLease) async throws -> Void
  ) async throws {
    try await ClusterLease.hold(
      client, name: "skep-shop", namespace: "shop", identity: identity, options: .init(patience: patience), body: body)
  }

  @Test func aNewLeaseIsHeldRenewedAndFreed() async throws {
    let keeper = LeaseKeeper()
    try await Self.with(keeper) { client, time in
      try await Self.hold(client) { lease in
        #expect(keeper.holder == "me")
        // Longer than it would last without renewal.
        try await time.sleep(for: .seconds(40))
        try lease.check()
        #expect(keeper.holder == "me")
      }
      #expect(keeper.holder == "")
      // And again, over the freed one.
      try await Self.hold(client, "me again") { _ in #expect(keeper.holder == "me again") }
    }
    #expect(keeper.holders == ["me", "", "me again", ""])
  }

  @Test func aHolderWhoLivesIsNamed() async throws {
    let keeper = LeaseKeeper()
    keeper.put(holder: "other")
    try await Self.with(keeper) { client, time in
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled {
            try? await time.sleep(for: .seconds(5))
            keeper.put(holder: "other")
          }
        }
        await #expect {
          try await Self.hold(client) { _ in Issue.record("held by two") }
        } throws: {
          if case LeaseError.held(_, let holder)? = $0 as? LeaseError { holder.identity == "other" } else { false }
        }
        group.cancelAll()
      }
    }
    #expect(keeper.holders == ["other"])
  }

  @Test func aHolderWhoIsGoneIsFollowed() async throws {
    let keeper = LeaseKeeper()
    keeper.put(holder: "killed")
    try await Self.with(keeper) { client, time in
      try await Self.hold(client) { _ in
        #expect(time.monotonic() >= .seconds(15))
        #expect(keeper.state.withLock { $0.lease }?["spec"]?["leaseTransitions"]?.integer == 1)
      }
    }
    #expect(keeper.holders == ["killed", "me", ""])
  }

  @Test func onlyOneOfManyHoldsItAtATime() async throws {
    let keeper = LeaseKeeper()
    let inside = Shared((now: 0, most: 0, runs: 0))
    try await Self.with(keeper) { client, time in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<4 {
          group.addTask {
            try await Self.hold(client, "run \(number)", patience: .seconds(3600)) { lease in
              inside.change { inside in
                inside.now += 1
                inside.runs += 1
                inside.most = max(inside.most, inside.now)
              }
              try await time.sleep(for: .seconds(6))
              try lease.check()
              inside.change { $0.now -= 1 }
            }
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(inside.value.most == 1)
    #expect(inside.value.runs == 4)
  }

  enum Loss: String, CaseIterable, CustomTestStringConvertible {
    case taken, deleted, freed, unreachable
    var testDescription: String { rawValue }
  }

  @Test(arguments: Loss.allCases)
  func aLostLeaseStopsTheWork(_ loss: Loss) async throws {
    let keeper = LeaseKeeper()
    try await Self.with(keeper) { client, time in
      await #expect {
        try await Self.hold(client) { lease in
          switch loss {
          case .taken: keeper.put(holder: "thief")
          case .deleted: keeper.remove()
          case .freed: keeper.put(holder: "")
          case .unreachable: keeper.fail("PUT", .cut, times: 1_000)
          }
          do { try await time.sleep(for: .seconds(3600)) } catch {
            // Cancelled: and nothing may be written any more.
            #expect(throws: LeaseError.self) { try lease.check() }
            throw error
          }
        }
      } throws: {
        if case LeaseError.lost? = $0 as? LeaseError { true } else { false }
      }
      #expect(time.monotonic() < .seconds(30))
    }
    if loss == .taken { #expect(keeper.holder == "thief") }
    if loss == .deleted { #expect(keeper.holder == nil) }
  }

  @Test func answersThatAreLostDoNotLoseTheLease() async throws {
    let keeper = LeaseKeeper()
    // Carried out, but we never hear of it: the creation, a renewal, and the release's first try.
    keeper.fail("POST", nil)
    keeper.fail("PUT", nil)
    keeper.fail("PUT", .status(500, reason: "InternalError"))
    try await Self.with(keeper) { client, time in
      try await Self.hold(client) { lease in
        try await time.sleep(for: .seconds(30))
        try lease.check()
      }
    }
    #expect(keeper.holders == ["me", ""])
  }

  @Test func aCancelledRunFreesItsLease() async throws {
    let keeper = LeaseKeeper()
    try await Self.with(keeper) { client, time in
      let (started, signal) = AsyncStream.makeStream(of: Void.self)
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          try? await Self.hold(client) { _ in
            signal.yield()
            try await time.sleep(for: .seconds(3600))
          }
        }
        for await _ in started.prefix(1) {}
        group.cancelAll()
      }
      #expect(keeper.holder == "")
    }
  }

  @Test func whoMayNotUseLeasesIsTold() async throws {
    let keeper = LeaseKeeper()
    keeper.fail("POST", .status(403, reason: "Forbidden", message: "leases is forbidden"))
    try await Self.with(keeper) { client, _ in
      await #expect(
        throws: LeaseError.failed(
          ClusterError(
            .forbidden, request: "POST Lease shop/skep-shop", status: 403, message: "leases is forbidden"))
      ) {
        try await Self.hold(client) { _ in }
      }
    }
  }
}

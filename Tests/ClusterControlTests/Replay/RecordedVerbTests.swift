import DeployPlan
import FleetModel
import Testing

@testable import ClusterControl

/// Every recorded exchange that a verb of the client can make: the verb sends what was recorded and returns what was answered.
@Suite(.enabled(if: Recorded.isPresent, "needs ../shared/kubernetes"))
struct RecordedVerbTests {
  /// What the client sends more than the recordings have: pages of a list, and the check for unknown fields.
  private static let additions: Set<String> = ["limit", "fieldValidation"]

  static func with(
    settings: ClusterClientSettings = .patient(attempts: 1), _ answer: @escaping @Sendable (SeenRequest) -> Reply,
    run body: (ClusterClient, ReplayServer) async throws -> Void
  ) async throws {
    let core = try Recorded("discovery/02-api-aggregated.json").reply
    let groups = try Recorded("discovery/03-apis-aggregated.json").reply
    try await ReplayServer.with { request in
      switch request.place {
      case "/api": core
      case "/apis": groups
      default: answer(request)
      }
    } run: { server in
      let client = try ClusterClient(ClusterConnection(server: server.url), settings: settings)
      try await body(client, server)
      await client.shutdown()
    }
  }

  @Test(arguments: Recorded.all(["apply", "delete", "lease", "read"]).filter { RecordedCall($0) != nil })
  func aVerbDoesAsRecorded(_ recorded: Recorded) async throws {
    let call = try #require(RecordedCall(recorded))
    let reply = recorded.reply
    var settings = ClusterClientSettings.patient(attempts: 1)
    settings.pageSize = recorded.query["limit"].flatMap { Int($0) } ?? 500
    try await Self.with(settings: settings) { _ in
      reply
    } run: { client, server in
      do throws(ClusterError) {
        try await call.make(client, recorded)
        #expect(recorded.status < 300 || call.isAbsence(recorded))
      } catch {
        #expect(recorded.status >= 300)
        #expect(error.kind == RecordedFailures.kind(of: recorded), "\(error)")
        #expect(error.request.hasPrefix(recorded.method))
      }
      let seen = try #require(server.requests.first { !["/api", "/apis"].contains($0.place) })
      #expect(seen.method == recorded.method)
      #expect(SeenRequest.unescaped(seen.place) == SeenRequest.unescaped(recorded.place))
      let keys = Set(seen.query.keys).union(recorded.query.keys)
      for key in keys where recorded.query[key] != nil || !Self.additions.contains(key) {
        #expect(seen.query[key] == recorded.query[key], "\(key)")
      }
      if let body = recorded.sentObject { #expect(body.sorted == seen.json?.sorted) }
      if let type = recorded.header("content-type") { #expect(seen.headers["content-type"] == type) }
      #expect(seen.headers["accept"] == recorded.header("accept"))
      #expect(seen.headers["user-agent"] == "skep")
    }
  }

  @Test func allVerbsAreAmongTheRecordings() {
    let calls = Recorded.all(["apply", "delete", "lease", "read"]).compactMap { RecordedCall($0)?.name }
    let counts = Dictionary(grouping: calls, by: \.self).mapValues(\.count)
    for name in ["apply", "create", "replace", "get", "list", "delete", "evict", "logs", "selfSubject"] {
      #expect(counts[name, default: 0] > 0, "\(name)")
    }
    #expect(calls.count > 150)
  }
}

/// The verb that makes a recorded request.
struct RecordedCall {
  enum Verb: String {
    case apply, create, replace, get, list, delete, evict, logs, selfSubject
  }

  var verb: Verb
  var name: String { verb.rawValue }

  /// - Returns: `nil` where no verb makes such a request: other media types, deliberate mistakes, parts that the client does not use.
  init?(_ recorded: Recorded) {
    guard let target = recorded.target else { return nil }
    // What the server does not serve is told by discovery, before anything is sent.
    guard Self.resources[target.group + "/" + target.plural] != nil else { return nil }
    let query = Set(recorded.query.keys)
    let isJSON = recorded.header("accept") == "application/json"
    switch (recorded.method, target.subresource) {
    case ("PATCH", nil):
      guard recorded.header("content-type") == "application/apply-patch+yaml",
        recorded.query["fieldValidation"] == "Strict", recorded.query["fieldManager"] != nil, Self.agrees(recorded)
      else { return nil }
      verb = .apply
    case ("POST", nil):
      if target.plural == "selfsubjectreviews" {
        verb = .selfSubject
        break
      }
      guard recorded.query["fieldManager"] != nil, ["Strict", nil].contains(recorded.query["fieldValidation"]),
        recorded.header("content-type") == "application/json", Self.agrees(recorded)
      else { return nil }
      verb = .create
    case ("PUT", nil):
      guard recorded.query["fieldManager"] != nil, Self.agrees(recorded) else { return nil }
      verb = .replace
    case ("POST", "eviction"): verb = .evict
    case ("GET", "log"):
      guard query.isSubset(of: ["container", "previous", "tailLines"]) else { return nil }
      verb = .logs
    case ("GET", nil):
      guard isJSON else { return nil }
      if target.name != nil {
        guard query.isEmpty else { return nil }
        verb = .get
      } else {
        guard query.isSubset(of: ["labelSelector", "fieldSelector", "limit"]), recorded.query["limit"] == nil
        else { return nil }
        verb = .list
      }
    case ("DELETE", nil):
      // A collection at once, and a request without options, are nothing that the client sends.
      guard target.name != nil, recorded.sentObject?["propagationPolicy"] != nil else { return nil }
      verb = .delete
    default: return nil
    }
  }

  /// Whether kind, name and namespace of the body are those of the path, and all of them served.
  private static func agrees(_ recorded: Recorded) -> Bool {
    guard let object = recorded.sentObject.map(LiveObject.init), let target = recorded.target,
      let resource = resources[target.group + "/" + target.plural]
    else { return false }
    return object.kind == resource.kind && object.namespace == target.namespace ?? ""
      && (recorded.method == "POST" || object.name == target.name) && !object.name.isEmpty
  }

  /// By group and plural.
  private static let resources: [String: APIResource] = {
    var catalog: [String: APIResource] = [:]
    for file in ["discovery/02-api-aggregated.json", "discovery/03-apis-aggregated.json"] {
      for group in (try? Recorded(file))?.body["items"]?.elements ?? [] {
        let name = group["metadata"]?["name"]?.string ?? ""
        for version in (group["versions"]?.elements ?? []).reversed() {
          for resource in version["resources"]?.elements ?? [] {
            let plural = resource["resource"]?.string ?? ""
            catalog[name + "/" + plural] = APIResource(
              group: name, version: version["version"]?.string ?? "",
              kind: resource["responseKind"]?["kind"]?.string ?? "", plural: plural,
              isNamespaced: resource["scope"]?.string == "Namespaced", verbs: [])
          }
        }
      }
    }
    return catalog
  }()

  /// Whether the answer is no failure for the verb, but says that there is nothing.
  func isAbsence(_ recorded: Recorded) -> Bool {
    recorded.status == 404 && (verb == .get || verb == .delete)
  }

  func make(_ client: ClusterClient, _ recorded: Recorded) async throws(ClusterError) {
    guard let target = recorded.target else { return }
    let dryRun = recorded.query["dryRun"] != nil
    let kind = Self.resources[target.group + "/" + target.plural]?.kind ?? ""
    let id = Manifest.ID(
      group: target.group, kind: kind, namespace: target.namespace ?? "", name: target.name ?? "")
    let manager = recorded.query["fieldManager"] ?? "skep"
    switch verb {
    case .apply:
      let applied = try await client.apply(
        recorded.sentObject ?? .null, manager: manager, force: recorded.query["force"] == "true", dryRun: dryRun)
      #expect(applied.object.json == recorded.body)
      #expect(applied.created == (recorded.status == 201))
    case .create:
      let made = try await client.create(recorded.sentObject ?? .null, manager: manager, dryRun: dryRun)
      #expect(made.json == recorded.body)
    case .replace:
      let made = try await client.replace(recorded.sentObject ?? .null, manager: manager, dryRun: dryRun)
      #expect(made.json == recorded.body)
    case .get:
      let object = try await client.get(id, version: target.version)
      #expect(object?.json == (recorded.status == 200 ? recorded.body : nil))
    case .list:
      let listing = try await client.list(
        ResourceKind(group: target.group, version: target.version, kind: kind), namespace: target.namespace,
        labels: recorded.query["labelSelector"], fields: recorded.query["fieldSelector"])
      #expect(listing.resourceVersion == recorded.body["metadata"]?["resourceVersion"]?.string)
      #expect(listing.items.map(\.name) == (recorded.body["items"]?.elements ?? []).map { LiveObject($0).name })
      #expect(listing.items.allSatisfy { $0.kind == kind && !$0.apiVersion.isEmpty })
    case .delete:
      let conditions = recorded.sentObject?["preconditions"]
      let propagation = recorded.sentObject?["propagationPolicy"]?.string
      let found = try await client.delete(
        id, version: target.version,
        propagation: propagation.flatMap { DeletePropagation(rawValue: $0) } ?? .background,
        uid: conditions?["uid"]?.string, resourceVersion: conditions?["resourceVersion"]?.string, dryRun: dryRun)
      #expect(found == (recorded.status != 404))
    case .evict:
      try await client.evict(
        Manifest.ID(group: "", kind: "Pod", namespace: target.namespace ?? "", name: target.name ?? ""), dryRun: dryRun)
    case .logs:
      let text = try await client.logs(
        pod: target.name ?? "", namespace: target.namespace ?? "", container: recorded.query["container"],
        previous: recorded.query["previous"] == "true", tailLines: recorded.query["tailLines"].flatMap { Int($0) })
      #expect(Array(text.utf8) == recorded.bytes)
    case .selfSubject:
      #expect(try await client.selfSubject() == recorded.body["status"]?["userInfo"]?["username"]?.string)
    }
  }
}

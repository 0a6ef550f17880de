import FleetModel
import Platform

/// What is known of the server's kinds; asked for once, and again when a kind is missing.
actor DiscoveryCache {
  /// A kind that is missing is not asked for more often.
  private static let askingAgain: Duration = .seconds(5)

  private var catalog: APICatalog?
  /// When it was asked for, on the monotonic clock.
  private var askedAt: Duration = .zero
  private let gate = RequestGate(1)

  /// How the server serves a kind.
  ///
  /// - Parameter after: a resource that turned out not to be served any more.
  /// - Throws: ``ClusterError``: `kindNotServed` where it does not.
  func resource(
    for kind: ResourceKind, _ client: ClusterClient, after gone: APIResource? = nil
  ) async throws(ClusterError) -> APIResource {
    if gone == nil, let known = catalog?.find(kind) { return known }
    let cancelled = ClusterError(.cancelled, request: "discovery", message: "cancelled")
    return try await gate.pass(cancelled: cancelled) { () async throws(ClusterError) in
      if let known = catalog?.find(kind), known != gone { return known }
      if gone == nil, catalog != nil, let found = try await search(kind, client) { return found }
      // What is missing may have been installed since.
      if gone != nil || isOld(client) {
        catalog = try await Self.fetch(client)
        askedAt = client.time.monotonic()
        if let found = try await search(kind, client) { return found }
      }
      throw missing(kind)
    }
  }

  /// Every kind, once, in the version that the server prefers.
  func resources(_ client: ClusterClient) async throws(ClusterError) -> [APIResource] {
    let cancelled = ClusterError(.cancelled, request: "discovery", message: "cancelled")
    return try await gate.pass(cancelled: cancelled) { () async throws(ClusterError) in
      if catalog == nil {
        catalog = try await Self.fetch(client)
        askedAt = client.time.monotonic()
      }
      for (group, versions) in catalog?.unread ?? [:] {
        for version in versions {
          let path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
          let list = try await Self.read(RequestPath.plain(path), client, accept: "application/json")
          catalog?.add(resources: list, group: group, version: version)
        }
      }
      return catalog?.preferred ?? []
    }
  }

  private func isOld(_ client: ClusterClient) -> Bool {
    catalog == nil || client.time.monotonic() - askedAt >= Self.askingAgain
  }

  private func missing(_ kind: ResourceKind) -> ClusterError {
    if catalog?.staleGroups.contains(kind.group) == true {
      return ClusterError(
        .serverFailure, request: "discovery of \(kind.words)",
        message: "the server that serves the group \(kind.group) does not answer now; look at its APIService")
    }
    return ClusterError(
      .kindNotServed, request: "discovery of \(kind.words)", status: 404,
      message: "the cluster does not know this kind; install what defines it (its CRDs)")
  }

  private func search(_ kind: ResourceKind, _ client: ClusterClient) async throws(ClusterError) -> APIResource? {
    while true {
      if let found = catalog?.find(kind) { return found }
      let unread = catalog?.unread[kind.group] ?? []
      guard let version = kind.version.map({ unread.contains($0) ? $0 : nil }) ?? unread.first else { return nil }
      let path = kind.group.isEmpty ? "/api/\(version)" : "/apis/\(kind.group)/\(version)"
      let list = try await Self.read(RequestPath.plain(path), client, accept: "application/json")
      catalog?.add(resources: list, group: kind.group, version: version)
    }
  }

  private static let aggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

  /// Two requests, to a server without aggregated discovery too.
  private static func fetch(_ client: ClusterClient) async throws(ClusterError) -> APICatalog {
    var catalog = APICatalog()
    for path in ["/api", "/apis"] {
      let list = try await read(path, client, accept: aggregated)
      switch list["kind"]?.string {
      case "APIGroupDiscoveryList": catalog.add(aggregated: list)
      case "APIVersions": catalog.add(coreVersions: list)
      case "APIGroupList": catalog.add(groups: list)
      default:
        throw ClusterError(
          .malformedAnswer, request: "GET \(path)",
          message: "the answer is no list of API groups; check the server's address")
      }
    }
    return catalog
  }

  private static func read(
    _ path: String, _ client: ClusterClient, accept: String
  ) async throws(ClusterError) -> JSONValue {
    let request = ClusterRequest(method: .get, path: path, accept: accept, repetition: .harmless)
    return try await client.json(try await client.perform(request), of: request)
  }
}

extension RequestPath {
  /// A path whose segments come from outside.
  static func plain(_ path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).map { segment(String($0)) }.joined(separator: "/")
  }
}

extension ClusterClient {
  /// How the server serves a kind: asked for once, and again when it turns out to be missing.
  ///
  /// - Throws: ``ClusterError``: `kindNotServed` where it does not.
  public func resource(for kind: ResourceKind) async throws(ClusterError) -> APIResource {
    try await discovery.resource(for: kind, self)
  }

  /// Every kind that the server serves, once, in the version that it prefers. Two requests of most servers, one for each group of
  /// those without aggregated discovery.
  public func resources() async throws(ClusterError) -> [APIResource] { try await discovery.resources(self) }

  /// Makes a request for a kind and performs it; if the kind has gone since it was discovered, once more as it is served now.
  func asking(
    _ kind: ResourceKind, _ request: (APIResource) throws(ClusterError) -> ClusterRequest
  ) async throws(ClusterError) -> (ClusterAnswer, ClusterRequest) {
    let resource = try await resource(for: kind)
    do throws(ClusterError) {
      let request = try request(resource)
      return (try await perform(request), request)
    } catch  where error.kind == .kindNotServed {
      let now = try await discovery.resource(for: kind, self, after: resource)
      guard now != resource else { throw error }
      let request = try request(now)
      return (try await perform(request), request)
    }
  }
}

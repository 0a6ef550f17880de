import FleetModel

extension ClusterState {
  /// The answer to a request whose user is known and may do it.
  mutating func answer(_ request: StandRequest) -> StandAnswer {
    if request.method == "GET",
      let answer = Discovery(table: table).answer(request.segments, accept: request.accept)
        ?? OpenAPI(table: table).answer(request.segments)
    {
      return answer
    }
    do {
      if let answer = try review(request) { return answer }
      guard let target = Target(request.segments, table) else { return .text(404, "404 page not found\n") }
      return try answer(request, target)
    } catch {
      return .failure(error)
    }
  }

  private mutating func answer(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    switch (request.method, target.name, target.subresource) {
    case ("GET", _, "") where request.isSet("watch"): return try watch(request, target)
    case ("GET", nil, _): return try list(request, target)
    case ("GET", _?, "log") where target.resource.kind == "Pod": return try log(request, target)
    case ("GET", _?, _): return try get(request, target)
    case ("POST", nil, _): return try create(request, target)
    case ("POST", _?, "eviction") where target.resource.kind == "Pod": return try evict(request, target)
    case ("POST", _?, ""): throw .methodNotAllowed
    case ("POST", _?, let subresource): throw .notDone("POST to the subresource \(subresource)")
    case ("PUT", _?, ""), ("PUT", _?, "status"), ("PUT", _?, "scale"), ("PUT", _?, "finalize"):
      return try replace(request, target)
    case ("PATCH", _?, _): return try patch(request, target)
    case ("DELETE", nil, _): return try deleteCollection(request, target)
    case ("DELETE", _?, _): return try delete(request, target)
    default: throw .methodNotAllowed
    }
  }

  /// Objects that are only asked and never stored.
  private mutating func review(_ request: StandRequest) throws(StatusError) -> StandAnswer? {
    switch request.segments {
    case ["apis", "authentication.k8s.io", "v1", "selfsubjectreviews"]:
      guard request.method == "POST" else { throw .methodNotAllowed }
      let info: Tree = [
        "username": .string(request.user.name), "groups": .array(request.user.groups.map { .string($0) }),
      ]
      return .tree(
        201,
        [
          "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1",
          "metadata": ["creationTimestamp": .string(now)], "status": ["userInfo": info],
        ])
    default: return nil
    }
  }
}

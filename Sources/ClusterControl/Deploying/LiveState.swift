import DeployPlan
import FleetModel

/// What of the objects in question is in the cluster.
struct LiveState: Sendable {
  /// How a namespace is.
  enum NamespaceState: Sendable, Hashable {
    case absent
    case present
    /// Nothing can be made in it any more.
    case terminating
  }

  var objects: [Manifest.ID: LiveObject] = [:]
  var namespaces: [String: NamespaceState] = [:]
  /// Kinds that the server does not serve, with what it answered.
  var notServed: [ResourceKind: ClusterError] = [:]

  func isReachable(_ namespace: String) -> Bool { namespaces[namespace] == .present }
}

/// Reads what is there of a system with few requests: one list by label for each kind and namespace; then, for what is not
/// in it and may still be there as somebody else's, one look at each object, or a list without labels where many are missing.
struct LiveReading: Sendable {
  let client: ClusterClient
  let system: String
  /// Above this many missing objects of one kind and namespace one list is asked for in place of single objects.
  private static let looksAtMost = 8

  /// An object in question, as the manifests or an inventory name it.
  struct Place: Sendable, Hashable {
    var kind: ResourceKind
    var namespace: String
  }

  static func labels(of system: String) -> String {
    "\(SystemLabels.instance)=\(system),\(SystemLabels.managedBy)=\(SystemLabels.skep)"
  }

  /// - Parameters:
  ///   - desired: what is to be applied; asked for in the version that its manifest has.
  ///   - others: further objects that may be there.
  ///   - isRecorded: whether anything was ever applied; without it lists by label come back empty and are not asked for.
  func read(
    desired: [Manifest], others: [Manifest.ID], isRecorded: Bool = true
  ) async throws(ClusterError) -> LiveState {
    var state = LiveState()
    var wanted: [Place: Set<Manifest.ID>] = [:]
    var versions: [String: ResourceKind] = [:]
    for manifest in desired {
      let kind = ResourceKind(apiVersion: manifest.apiVersion, kind: manifest.kind)
      versions["\(manifest.group)/\(manifest.kind)"] = kind
      wanted[Place(kind: kind, namespace: manifest.namespace ?? ""), default: []].insert(manifest.id)
    }
    for id in others {
      let kind = versions["\(id.group)/\(id.kind)"] ?? ResourceKind(id)
      wanted[Place(kind: kind, namespace: id.namespace), default: []].insert(id)
    }
    try await readNamespaces(of: wanted, into: &state)
    let places = wanted.filter {
      !$0.key.isNamespace && ($0.key.namespace.isEmpty || state.isReachable($0.key.namespace))
    }
    let found = try await concurrently(places.map { ($0.key, $0.value) }) { place, ids throws(ClusterError) in
      try await objects(at: place, ids, isRecorded: isRecorded)
    }
    for (place, result) in found {
      switch result {
      case .success(let objects): for object in objects { state.objects[object.id] = object }
      case .failure(let error): state.notServed[place.kind] = error
      }
    }
    return state
  }

  private func readNamespaces(of wanted: [Place: Set<Manifest.ID>], into state: inout LiveState)
    async throws(ClusterError)
  {
    let names = Set(wanted.flatMap { place, ids in place.isNamespace ? ids.map(\.name) : [place.namespace] })
      .subtracting([""])
    let found = try await concurrently(names.map { ($0, $0) }) { name, _ throws(ClusterError) in
      try await client.get(Manifest.ID(group: "", kind: "Namespace", namespace: "", name: name))
    }
    for (name, object) in found {
      guard let object else {
        state.namespaces[name] = .absent
        continue
      }
      let isEnding = object.isBeingDeleted || object.json["status"]?["phase"]?.string == "Terminating"
      state.namespaces[name] = isEnding ? .terminating : .present
      state.objects[object.id] = object
    }
  }

  private func objects(
    at place: Place, _ ids: Set<Manifest.ID>, isRecorded: Bool
  ) async throws(ClusterError) -> Result<[LiveObject], ClusterError> {
    let namespace = place.namespace.isEmpty ? nil : place.namespace
    do throws(ClusterError) {
      var objects: [LiveObject] = []
      if isRecorded {
        objects = try await client.list(
          place.kind, namespace: namespace, labels: Self.labels(of: system)
        ).items.filter { ids.contains($0.id) }
      }
      let missing = ids.subtracting(objects.map(\.id))
      if missing.count > Self.looksAtMost {
        objects += try await client.list(place.kind, namespace: namespace)
          .items.filter { missing.contains($0.id) }
      } else {
        let found = try await concurrently(missing.map { ($0, $0) }) { id, _ throws(ClusterError) in
          try await client.get(id)
        }
        objects += found.compactMap(\.1)
      }
      return .success(objects)
    } catch {
      guard error.kind == .kindNotServed else { throw error }
      return .failure(error)
    }
  }
}

extension LiveReading.Place {
  var isNamespace: Bool { kind.group.isEmpty && kind.kind == "Namespace" }
}

/// The labels by which Skep knows its own.
enum SystemLabels {
  static let instance = "app.kubernetes.io/instance"
  static let managedBy = "app.kubernetes.io/managed-by"
  static let skep = "skep"
  static let agent = "agent-id"
  /// Of a record's ConfigMap and Secrets: the system.
  static let record = "skep.dev/record"
  /// An annotation of a namespace that Skep made: the system.
  static let createdBy = "skep.dev/created-by"

  /// The part of a system that an object is of: an agent, or Skep itself; empty for neither.
  static func part(of object: LiveObject) -> String {
    object.labels[agent] ?? (DeployOrder.isOfControlPlane(object.labels) ? DeployOrder.controlPlane : "")
  }
}

/// Asks for all at once; the client bounds how many requests are under way. What fails first ends the others.
func concurrently<Key: Sendable, Input: Sendable, Output: Sendable>(
  _ inputs: [(Key, Input)], _ body: @escaping @Sendable (Key, Input) async throws(ClusterError) -> Output
) async throws(ClusterError) -> [(Key, Output)] {
  let results = await withTaskGroup(of: (Int, Result<Output, ClusterError>).self) { group in
    for (index, input) in inputs.enumerated() {
      group.addTask {
        do throws(ClusterError) {
          return (index, .success(try await body(input.0, input.1)))
        } catch {
          return (index, .failure(error))
        }
      }
    }
    var results: [(Int, Result<Output, ClusterError>)] = []
    for await result in group {
      results.append(result)
      if case .failure = result.1 { group.cancelAll() }
    }
    return results
  }
  // Those after the first failure are cancelled: it stands first.
  var outputs: [(Int, Output)] = []
  for (index, result) in results { outputs.append((index, try result.get())) }
  return outputs.sorted { $0.0 < $1.0 }.map { (inputs[$0.0].0, $0.1) }
}

import DeployPlan
import FleetModel

/// Finds out what an apply would do, with no request for what is proved to be as it should.
struct Planning: Sendable {
  let client: ClusterClient
  let request: DeployRequest
  let options: DeployOptions
  /// Whether objects that are not there are tried too.
  let triesNewObjects: Bool

  /// What one object needs.
  fileprivate struct Verdict: Sendable {
    var change: ObjectChange
    /// `nil` for what is not sent.
    var document: JSONValue?
    var refusals: [String] = []
    var isAdopted = false
  }

  func plan(_ recorded: RecordedState) async throws(DeployFailure) -> DeploymentPlan {
    let wanted = Set(request.manifests.map(\.id))
    let others = recorded.inventory.filter { !wanted.contains($0) }
    let live = try await DeployFailure.wrapping { () throws(ClusterError) in
      try await LiveReading(client: client, system: request.system).read(
        desired: request.manifests, others: others, isRecorded: !recorded.records.isEmpty)
    }
    var plan = DeploymentPlan()
    plan.live = live
    plan.refusals = refusals(of: live)
    // Single objects would only say the same again.
    if !plan.refusals.isEmpty { return plan }
    let verdicts = try await DeployFailure.wrapping { () throws(ClusterError) in
      try await concurrently(request.manifests.map { ($0.id, $0) }) { id, manifest throws(ClusterError) in
        try await verdict(on: manifest, live: live)
      }
    }
    for (id, verdict) in verdicts {
      plan.changes.append(verdict.change)
      plan.documents[id] = verdict.document
      plan.refusals += verdict.refusals
      if verdict.isAdopted { plan.adopted.insert(id) }
    }
    plan.adopted.formUnion(recorded.adopted.intersection(wanted))
    addRemovals(of: others, recorded, to: &plan)
    if recorded.records.isEmpty { plan.notes += await otherPlaces() }
    return plan
  }

  /// A system that moved to another namespace leaves behind what it was, which nobody but its own records knows of. One that is in
  /// several on purpose, as by environments, is told once.
  private func otherPlaces() async -> [String] {
    // Who may not list namespaces is told nothing.
    let labels = LiveReading.labels(of: request.system)
    guard let namespaces = try? await client.list(.namespace, namespace: nil, labels: labels).items else { return [] }
    return namespaces.filter { $0.name != request.namespace && !$0.isBeingDeleted }.map(\.name).sorted().map {
      "system \(request.system) is in namespace \($0) too; if it has moved, this removes it there: "
        + "skep deploy delete --system \(request.system) --namespace \($0)"
    }
  }

  private func addRemovals(of others: [Manifest.ID], _ recorded: RecordedState, to plan: inout DeploymentPlan) {
    plan.removals = Removal.all(
      of: others.filter { $0.kind != "Namespace" }, in: plan.live.objects, adopted: recorded.adopted,
      system: request.system)
    for removal in plan.removals {
      guard let object = plan.live.objects[removal.id] else { continue }
      switch removal.fate {
      case .delete: plan.changes.append(.removing(object))
      case .release:
        plan.changes.append(.removing(object, notes: ["it was there before Skep and stays; only what Skep set goes"]))
      case .leave(let reason): plan.notes.append("\(removal.id) left the system and stays: \(reason)")
      case .gone: continue
      }
    }
    plan.outdated = plan.removals.filter { $0.fate != .gone }.map(\.id)
  }

  /// What keeps all objects of a kind or namespace from being applied.
  private func refusals(of live: LiveState) -> [String] {
    var refusals: [String] = []
    let desiredKinds = Set(request.manifests.map { ResourceKind(apiVersion: $0.apiVersion, kind: $0.kind) })
    for kind in live.notServed.keys.filter(desiredKinds.contains).sorted(by: { $0.words < $1.words }) {
      let count = request.manifests.count { $0.group == kind.group && $0.kind == kind.kind }
      refusals.append("the cluster does not serve \(kind.words), of which there are \(count); \(Self.mend(for: kind))")
    }
    let made = Set(request.manifests.filter { $0.kind == "Namespace" }.map(\.name))
    for (name, state) in live.namespaces.sorted(by: { $0.key < $1.key }) {
      switch state {
      case .absent where !made.contains(name):
        if request.manifests.contains(where: { $0.namespace == name }) {
          refusals.append("namespace \(name) is not there; create it, or name another in the system file")
        }
      case .terminating: refusals.append("namespace \(name) is being deleted; apply again when it is gone")
      case .absent, .present: continue
      }
    }
    return refusals
  }

  private static func mend(for kind: ResourceKind) -> String {
    if kind.group.hasSuffix("istio.io") { return "install Istio, or set mesh.type: none" }
    if kind.group == "monitoring.coreos.com" { return "install the Prometheus Operator (or its CRDs alone)" }
    return "install what serves it"
  }

  private func verdict(on manifest: Manifest, live state: LiveState) async throws(ClusterError) -> Verdict {
    guard let live = state.objects[manifest.id], !live.isBeingDeleted else {
      return try await verdict(onNew: manifest, live: state)
    }
    var refusals: [String] = []
    var isAdopting = false
    switch Ownership(of: live, system: request.system) {
    case .own: break
    case .otherSystem(let other):
      refusals.append("\(manifest.id) belongs to system \(other); give each system a namespace of its own")
    case .owned: refusals.append("\(manifest.id) is there and something else owns it; give this one another name")
    case .stranger:
      isAdopting = true
      // Skep puts its labels on it and takes nothing away: namespaces are often made before what goes into them.
      if !options.adopts, manifest.kind != "Namespace" {
        refusals.append(
          "\(manifest.id) is there and was not made by Skep; --adopt takes it over, with the changes shown")
      }
    }
    let owners = ManagedFields(of: live)
    let document = InitialReplicas.document(
      manifest.json, live: live, ownsReplicas: owners.isSoleApplier("skep", of: InitialReplicas.fieldPath))
    if !isAdopting, UnchangedProof.isSurelyUnchanged(desired: document, live: live) {
      return Verdict(change: .unchanged(live), refusals: refusals)
    }
    var verdict = try await verdict(on: document, live: live, isAdopting: isAdopting)
    verdict.refusals = refusals + verdict.refusals
    if verdict.document != nil, !owners.clientSideAppliers.isEmpty {
      verdict.change.notes.append("fields that kubectl set and the manifest leaves out stay as they are")
    }
    return verdict
  }

  private func verdict(
    on document: JSONValue, live: LiveObject, isAdopting: Bool
  ) async throws(ClusterError) -> Verdict {
    do throws(ClusterError) {
      let applied = try await client.apply(document, dryRun: true)
      return judged(applied, document, live: live, isAdopting: isAdopting)
    } catch {
      guard error.kind == .fieldConflict else { return try Verdict.refusing(document, live: live, error) }
      // The autoscaler has taken the number over since it was read.
      if error.causes.allSatisfy({ $0.field == InitialReplicas.path }), document["kind"]?.string == "Deployment" {
        return try await verdict(
          on: InitialReplicas.removed(from: document), live: live, isAdopting: isAdopting)
      }
      let conflicting = ObjectChange.conflicting(
        live: live, desired: LiveObject(document), causes: error.causes.map { ($0.field, $0.message) },
        adopting: isAdopting)
      guard options.takesFields else {
        let fields = conflicting.conflicts.map { "\($0.path) (\($0.manager))" }.joined(separator: ", ")
        return Verdict(
          change: conflicting, document: document,
          refusals: ["\(live.id): others own fields with other values: \(fields); --force-conflicts takes them"],
          isAdopted: isAdopting)
      }
      do throws(ClusterError) {
        let applied = try await client.apply(document, force: true, dryRun: true)
        var verdict = judged(applied, document, live: live, isAdopting: isAdopting)
        verdict.change.conflicts = conflicting.conflicts
        return verdict
      } catch {
        return try Verdict.refusing(document, live: live, error)
      }
    }
  }

  private func judged(_ applied: Applied, _ document: JSONValue, live: LiveObject, isAdopting: Bool) -> Verdict {
    var change = ObjectChange.comparing(
      live: live, applied: applied.object, adopting: isAdopting, warnings: applied.warnings)
    guard change.action == .unchanged else {
      return Verdict(change: change, document: document, isAdopted: isAdopting)
    }
    // Fields that Skep does not own would stay when they leave the file.
    let isOwnershipSame =
      Self.owners(of: live) == Self.owners(of: applied.object)
      && live.metadata["ownerReferences"] == applied.object.metadata["ownerReferences"]
    if isOwnershipSame { return Verdict(change: change) }
    change.action = .change
    change.notes.append("only who owns its fields changes")
    return Verdict(change: change, document: document)
  }

  /// All entries but for when they were written, which a dry run sets anew.
  private static func owners(of object: LiveObject) -> Set<JSONValue> {
    Set(
      object.managedFields.map { entry in
        .object(entry.members.filter { $0.key != "time" }.sorted { $0.key < $1.key })
      })
  }

  private func verdict(onNew manifest: Manifest, live state: LiveState) async throws(ClusterError) -> Verdict {
    let document = InitialReplicas.document(manifest.json, live: nil, ownsReplicas: false)
    let shown = LiveObject(document)
    if state.objects[manifest.id] != nil {
      return Verdict(
        change: .creating(shown, notes: ["the one that is there is being deleted; it is made when that is gone"]),
        document: document)
    }
    guard triesNewObjects else { return Verdict(change: .creating(shown), document: document) }
    let namespace = manifest.namespace ?? ""
    guard namespace.isEmpty || state.isReachable(namespace) else {
      return Verdict(
        change: .creating(shown, notes: ["not tried: its namespace is not there yet"]), document: document)
    }
    do throws(ClusterError) {
      let applied = try await client.apply(document, dryRun: true)
      return Verdict(change: .creating(applied.object, warnings: applied.warnings), document: document)
    } catch {
      return try Verdict.refusing(document, live: nil, error)
    }
  }
}

extension Planning.Verdict {
  /// - Throws: what says nothing about this object.
  fileprivate static func refusing(
    _ document: JSONValue, live: LiveObject?, _ error: ClusterError
  ) throws(ClusterError) -> Planning.Verdict {
    switch error.kind {
    case .invalid, .denied, .forbidden, .fieldConflict:
      let object = LiveObject(document)
      return Planning.Verdict(
        change: live.map { .conflicting(live: $0, desired: object, causes: []) } ?? .creating(object),
        document: document, refusals: ["\(object.id): the API server refuses it: \(error.words)"])
    default: throw error
    }
  }
}

extension InitialReplicas {
  static let fieldPath = FieldPath([.field("spec"), .field("replicas")])
}

extension ClusterError {
  /// What the server said, without the request.
  var words: String {
    let untold = causes.filter { !message.contains($0.message) }
    return ([message] + untold.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }).joined(
      separator: "; ")
  }
}

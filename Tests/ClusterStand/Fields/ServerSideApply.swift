/// Lays a configuration over a live object, as `PATCH` with `application/apply-patch+yaml` does.
///
/// 1. What the configuration has is merged into the live object. 2. What the manager owned before, no longer has, and nobody else
/// owns, is removed. 3. What then differs from the live object may belong to others: a conflict for each, unless forced
/// (<https://kubernetes.io/docs/reference/using-api/server-side-apply/>).
struct ServerSideApply {
  struct Conflict: Hashable {
    /// `conflict with "hpa" using apps/v1`.
    var owner: String
    var path: [String]
  }

  struct Conflicts: Error { var all: [Conflict] }

  /// The merged object, before defaults.
  private(set) var object: Tree
  private(set) var managed: ManagedFields
  /// Whether anything but owners has changed.
  private(set) var changesValues: Bool

  /// - Parameters:
  ///   - live: `nil` where there is none; without managed fields.
  ///   - configuration: without what the endpoint does not take, such as `status`.
  /// - Throws: ``Conflicts``.
  init(
    _ configuration: Tree, to live: Tree?, _ managed: ManagedFields, _ schema: Schema, manager: String,
    apiVersion: String, subresource: String, isForced: Bool, time: String
  ) throws(Conflicts) {
    self.managed = managed
    let own = FieldSet(applying: configuration, schema).subtracting(ManagedFields.ownerless)
    var entry = ManagedFields.Entry(
      manager: manager, isApply: true, apiVersion: apiVersion, subresource: subresource, fields: own)
    let place = managed.entries.firstIndex { $0.isSame(as: entry) }
    let before = place.map { managed.entries[$0].fields }
    entry.time = place.flatMap { managed.entries[$0].time }
    if let place { self.managed.entries[place] = entry } else { self.managed.entries.append(entry) }
    var merged = live.map { $0.merging(configuration, schema) } ?? configuration
    if let before {
      merged = Self.prune(merged, schema, owned: before, by: self.managed.entries.map(\.fields))
    }
    let comparison = Comparison(live ?? [:], merged, schema)
    changesValues = live == nil || !comparison.isSame
    let taken = comparison.modified.union(comparison.added)
    var conflicts: [Conflict] = []
    for index in self.managed.entries.indices where !self.managed.entries[index].isSame(as: entry) {
      let other = self.managed.entries[index]
      conflicts += other.fields.intersection(taken).paths.map { Conflict(owner: Self.name(other), path: $0) }
      self.managed.entries[index].fields = other.fields.subtracting(taken).subtracting(comparison.removed)
    }
    guard conflicts.isEmpty || isForced else { throw Conflicts(all: conflicts) }
    self.managed.entries.removeAll { $0.fields.isEmpty }
    if changesValues, let index = self.managed.entries.firstIndex(where: { $0.isSame(as: entry) }) {
      self.managed.entries[index].time = time
    }
    object = merged
  }

  /// Takes away what was owned and has no owner left.
  private static func prune(_ merged: Tree, _ schema: Schema, owned: FieldSet, by owners: [FieldSet]) -> Tree {
    let last = owned.withNamedFields(of: schema)
    let pruned = merged.removing(last, schema)
    let kept = owners.reduce(FieldSet()) { $0.union($1) }.withNamedFields(of: schema)
    let gone = FieldSet(applying: merged, schema).withNamedFields(of: schema)
      .subtracting(FieldSet(applying: pruned, schema).withNamedFields(of: schema))
    var result = merged.removing(gone.subtracting(kept).intersection(last), schema)
    // What names the object, and what the server writes, nobody owns: it is there when nobody owns the rest any more.
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation"] {
      if let value = merged["metadata"]?[key] { result[path: "metadata", key] = value }
    }
    return result
  }

  private static func name(_ entry: ManagedFields.Entry) -> String {
    var name = "\"\(entry.manager)\""
    if !entry.subresource.isEmpty { name += " with subresource \"\(entry.subresource)\"" }
    return entry.isApply ? name : name + " using \(entry.apiVersion)"
  }
}

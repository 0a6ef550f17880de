public import FleetModel

/// Proof that an apply would change nothing, so that it need not be sent.
///
/// An apply sets the fields of its document, takes away what its manager owned and no longer names, and records the new set.
/// So it changes nothing if the manager owns exactly what the document names, and all of that has the document's values
/// (<https://github.com/kubernetes-sigs/structured-merge-diff>, `ToFieldSet` and `Merge`). Which lists are matched by keys
/// and which are taken as a whole is read from the owned set itself: no schema is needed.
public struct UnchangedProof: Sendable {
  /// Whether an apply of `desired` by `manager` would surely leave `live` as it is, webhooks that change objects aside.
  ///
  /// False means only that it is not sure: a quantity written otherwise than the server keeps it, a default within a list
  /// that is taken as a whole, `null`, an empty list. O(fields).
  public static func isSurelyUnchanged(
    desired: JSONValue, live: LiveObject, manager: String = "skep"
  ) -> Bool {
    guard isSame(desired["apiVersion"], live.json["apiVersion"]), isSame(desired["kind"], live.json["kind"]),
      !live.isBeingDeleted, let owned = owned(by: manager, of: live, apiVersion: live.apiVersion)
    else { return false }
    // What names the object belongs to nobody.
    guard let metadata = desired["metadata"], isSame(metadata["name"], live.metadata["name"]),
      isSame(metadata["namespace"] ?? "", live.metadata["namespace"] ?? "")
    else { return false }
    let naming: Set<String> = ["name", "namespace"]
    var members = desired.members.filter { !["apiVersion", "kind", "metadata"].contains($0.key) }
    let rest = metadata.members.filter { !naming.contains($0.key) }
    if !rest.isEmpty { members.append(JSONValue.Member(key: "metadata", value: .object(rest))) }
    let proof = UnchangedProof(isKnown: isKnown(live.id.group))
    return proof.holds(members: members, live: live.json.members, owned: owned)
  }

  /// Groups whose schemas are known here: Kubernetes' own, and the Prometheus Operator's, which has its selectors from there.
  private static func isKnown(_ group: String) -> Bool {
    !group.contains(".") || group.hasSuffix(".k8s.io") || group == "monitoring.coreos.com"
  }

  /// Mappings of these groups that have one owner as a whole (`x-kubernetes-map-type: atomic`). Any other mapping
  /// that is owned without what is in it was empty when it was applied.
  private static let atomicMappings: Set<String> = [
    "selector", "labelSelector", "podSelector", "namespaceSelector", "nodeSelector", "roleRef", "secretKeyRef",
    "configMapKeyRef", "fieldRef", "resourceFieldRef",
  ]

  private let isKnown: Bool

  private static func isSame(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
    guard let left, let right else { return false }
    return ExactValue.isSame(left, right)
  }

  /// What the manager's applies own; `nil` where that cannot be told.
  private static func owned(by manager: String, of live: LiveObject, apiVersion: String) -> FieldSet? {
    let fields = ManagedFields(of: live)
    let own = fields.owners.filter { ExactText.isSame($0.manager, manager) && $0.operation == .apply }
    guard fields.isComplete, own.count == 1, own[0].subresource.isEmpty,
      ExactText.isSame(own[0].apiVersion, apiVersion)
    else { return nil }
    return own[0].fields
  }

  /// - Parameter key: the name of the field; `nil` for an item.
  private func holds(_ desired: JSONValue, live: JSONValue, owned: FieldSet, key: String?) -> Bool {
    switch (desired, live) {
    case _ where owned.children.isEmpty:
      // Owned as a whole: a scalar, a list, or a mapping that is atomic or empty.
      let whole = isKnown && key == "fieldRef" ? Self.fieldReference(desired) : desired
      guard owned.isMember, desired != .null, ExactValue.isSame(whole, live) else { return false }
      return desired.members.isEmpty || (isKnown && key.map { Self.atomicMappings.contains($0) } ?? false)
    case (.object(let members), .object(let others)): return holds(members: members, live: others, owned: owned)
    case (.array(let items), .array(let others)): return holds(items: items, live: others, owned: owned)
    default: return false
    }
  }

  /// As the server keeps it: the version of the object that the path is of defaults to `v1`, within a mapping that has one
  /// owner as a whole.
  private static func fieldReference(_ desired: JSONValue) -> JSONValue {
    guard case .object(let members) = desired, ExactValue.value(of: "apiVersion", in: members) == nil else {
      return desired
    }
    return .object(members + [JSONValue.Member(key: "apiVersion", value: "v1")])
  }

  private func holds(members: [JSONValue.Member], live: [JSONValue.Member], owned: FieldSet) -> Bool {
    guard !members.isEmpty, members.count == owned.children.count else { return false }
    return members.allSatisfy { member in
      guard let below = owned[field: member.key], let value = ExactValue.value(of: member.key, in: live) else {
        return false
      }
      return holds(member.value, live: value, owned: below, key: member.key)
    }
  }

  /// Every item is an owned one, every owned item is there, and they stand in the same order among themselves: an apply
  /// brings its own order.
  private func holds(items: [JSONValue], live: [JSONValue], owned: FieldSet) -> Bool {
    guard !items.isEmpty, items.count == owned.children.count else { return false }
    var left = owned.children
    var position = 0
    for item in items {
      let owners = left.indices.filter { Self.isItem(item, left[$0]) }
      guard owners.count == 1 else { return false }
      let child = left.remove(at: owners[0])
      // The first that fits must be the only one, or the list is no map.
      let places = live.indices.filter { Self.isLive(live[$0], child.step) }
      guard places.count == 1, places[0] >= position, child.set.isMember else { return false }
      position = places[0] + 1
      switch child.step {
      // Nothing is below an item of a set.
      case .value: guard child.set.children.isEmpty else { return false }
      default: guard holds(item, live: live[places[0]], owned: child.set, key: nil) else { return false }
      }
    }
    return true
  }

  /// Whether `item` of the document can be the owned one. A key that the document leaves to its default (`protocol`) is
  /// not among the fields owned below the item.
  private static func isItem(_ item: JSONValue, _ child: FieldSet.Child) -> Bool {
    switch child.step {
    case .item(let keys):
      keys.allSatisfy { key in
        guard let value = ExactValue.value(of: key.key, in: item.members) else {
          return child.set[field: key.key] == nil
        }
        return ExactValue.isSame(value, key.value)
      }
    case .value(let value): ExactValue.isSame(value, item)
    case .field, .index: false
    }
  }

  private static func isLive(_ item: JSONValue, _ step: FieldPath.Step) -> Bool {
    switch step {
    case .item(let keys):
      keys.allSatisfy { key in
        ExactValue.value(of: key.key, in: item.members).map { ExactValue.isSame($0, key.value) } ?? false
      }
    case .value(let value): ExactValue.isSame(value, item)
    case .field, .index: false
    }
  }
}

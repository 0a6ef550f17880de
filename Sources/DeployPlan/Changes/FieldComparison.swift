import FleetModel

/// The difference of two states of one object, field by field. Items of lists are matched by what tells them apart.
struct FieldComparison {
  /// Written by the server; they say nothing about what somebody wants.
  private static let written: Set<String> = [
    "managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink", "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ]

  private let object: LiveObject
  private let before: ManagedFields
  private let after: ManagedFields
  /// Whether only what the second state names counts: it is a document, not a whole object.
  private let onlyNamed: Bool
  private var found: [FieldChange] = []

  /// - Parameter old: `nil` for an object that is not there: all fields are new.
  static func changes(from old: LiveObject?, to new: LiveObject, onlyNamed: Bool = false) -> [FieldChange] {
    var comparison = FieldComparison(
      object: new, before: ManagedFields(of: old ?? new), after: ManagedFields(of: new), onlyNamed: onlyNamed)
    comparison.compare(old?.json.shown, new.json.shown, at: FieldPath())
    return comparison.found
  }

  private init(object: LiveObject, before: ManagedFields, after: ManagedFields, onlyNamed: Bool) {
    self.object = object
    self.before = before
    self.after = after
    self.onlyNamed = onlyNamed
  }

  private mutating func compare(_ old: JSONValue?, _ new: JSONValue?, at path: FieldPath) {
    switch (old, new) {
    case (nil, nil): return
    case (let old?, let new?) where ExactValue.isSame(old, new): return
    case (.object(let old)?, .object(let new)?): compare(members: old, new, at: path)
    case (.array(let old)?, .array(let new)?): compare(items: old, new, at: path)
    // What comes or goes is shown leaf by leaf.
    case (nil, .object(let new)?) where !new.isEmpty: compare(members: [], new, at: path)
    case (.object(let old)?, nil) where !old.isEmpty: compare(members: old, [], at: path)
    case (nil, .array(let new)?) where !new.isEmpty: compare(items: [], new, at: path)
    case (.array(let old)?, nil) where !old.isEmpty: compare(items: old, [], at: path)
    default: add(old, new, at: path)
    }
  }

  private mutating func add(_ old: JSONValue?, _ new: JSONValue?, at path: FieldPath) {
    if onlyNamed, new == nil { return }
    let owners = old == nil ? [] : before.owners(of: path).map(\.description).filter { $0 != "skep" }
    found.append(
      FieldChange(
        path, before: old, after: new, owners: owners, isSecret: SecretFields.isSecret(path, of: object)))
  }

  private mutating func compare(members old: [JSONValue.Member], _ new: [JSONValue.Member], at path: FieldPath) {
    for member in new {
      compare(
        ExactValue.value(of: member.key, in: old), member.value, at: path.appending(.field(member.key)))
    }
    if onlyNamed { return }
    for member in old where ExactValue.value(of: member.key, in: new) == nil {
      compare(member.value, nil, at: path.appending(.field(member.key)))
    }
  }

  private mutating func compare(items old: [JSONValue], _ new: [JSONValue], at path: FieldPath) {
    if let keys = keys(of: old, new, at: path) {
      compare(keyed: old, new, keys: keys, at: path)
    } else if (old + new).allSatisfy(\.isScalar) {
      // Short lists of texts read best as a whole.
      add(old.isEmpty ? nil : .array(old), new.isEmpty ? nil : .array(new), at: path)
    } else {
      compare(indexed: old, new, at: path)
    }
  }

  /// What tells all items apart: what their owners go by, or a `name` that each has of its own.
  private func keys(of old: [JSONValue], _ new: [JSONValue], at path: FieldPath) -> [String]? {
    let candidates = [after.keys(ofListAt: path), before.keys(ofListAt: path), ["name"], ["mountPath"], ["type"]]
    return candidates.compactMap(\.self).first { keys in Self.areKeys(keys, of: old) && Self.areKeys(keys, of: new) }
  }

  private static func areKeys(_ keys: [String], of items: [JSONValue]) -> Bool {
    var seen: Set<[JSONValue]> = []
    return items.allSatisfy { item in
      let values = keys.compactMap { item[$0] }
      return values.count == keys.count && seen.insert(values).inserted
    }
  }

  private mutating func compare(keyed old: [JSONValue], _ new: [JSONValue], keys: [String], at path: FieldPath) {
    func step(_ item: JSONValue) -> FieldPath.Step {
      .item(keys.compactMap { key in item[key].map { JSONValue.Member(key: key, value: $0) } })
    }
    var rest = old
    for item in new {
      let step = step(item)
      let twin = rest.firstIndex { other in keys.allSatisfy { other[$0] == item[$0] } }.map { rest.remove(at: $0) }
      compare(twin, item, at: path.appending(step))
    }
    for item in rest { compare(item, nil, at: path.appending(step(item))) }
  }

  /// By place, after what is the same at both ends has been set aside.
  private mutating func compare(indexed old: [JSONValue], _ new: [JSONValue], at path: FieldPath) {
    let same = zip(old, new).prefix { ExactValue.isSame($0, $1) }.count
    let room = min(old.count, new.count) - same
    let end = zip(old.reversed(), new.reversed()).prefix(room).prefix { ExactValue.isSame($0, $1) }.count
    let left = old[same..<old.count - end]
    let right = new[same..<new.count - end]
    for offset in 0..<max(left.count, right.count) {
      compare(
        offset < left.count ? left[same + offset] : nil, offset < right.count ? right[same + offset] : nil,
        at: path.appending(.index(same + offset)))
    }
  }

  fileprivate static func isShown(_ member: JSONValue.Member) -> Bool { !written.contains(member.key) }
}

extension JSONValue {
  fileprivate var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// An object without its status, its identity and what the server writes into its metadata.
  fileprivate var shown: JSONValue {
    .object(
      members.compactMap { member in
        switch member.key {
        case "apiVersion", "kind", "status": return nil
        case "metadata":
          let rest = member.value.members.filter {
            FieldComparison.isShown($0) && $0.key != "name" && $0.key != "namespace"
          }
          return rest.isEmpty ? nil : Member(key: "metadata", value: .object(rest))
        default: return member
        }
      })
  }
}

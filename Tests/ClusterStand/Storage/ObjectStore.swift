/// The objects, and every change in order, by which lists of the past and watches are answered.
struct ObjectStore {
  struct Key: Hashable, Comparable {
    var namespace: String
    var name: String
    static func < (left: Key, right: Key) -> Bool { (left.namespace, left.name) < (right.namespace, right.name) }
  }

  /// One change; for a watcher it is what it makes of both states.
  struct Change: Sendable {
    var version: Int
    /// Group and plural name.
    var resource: String
    var before: Tree?
    /// `nil` once the object is gone.
    var after: Tree?
    /// The last state, with the version of its removal.
    var removed: Tree?

    var key: Key {
      let metadata = (after ?? before)?["metadata"]
      return Key(namespace: metadata?["namespace"]?.string ?? "", name: metadata?["name"]?.string ?? "")
    }
  }

  /// The version of the last change.
  private(set) var version = 1_000
  /// Changes up to here are forgotten.
  private(set) var compacted = 999
  private(set) var log: [Change] = []
  private var objects: [String: [Key: Tree]] = [:]

  func object(_ resource: Resource, _ key: Key) -> Tree? { objects[resource.qualified]?[key] }

  /// In the order of keys.
  func list(_ resource: Resource, namespace: String?) -> [Tree] {
    sorted(objects[resource.qualified] ?? [:], namespace: namespace)
  }

  private func sorted(_ objects: [Key: Tree], namespace: String?) -> [Tree] {
    objects.filter { namespace == nil || $0.key.namespace == namespace }.sorted { $0.key < $1.key }.map(\.value)
  }

  /// As they were at a version that is not forgotten.
  func list(_ resource: Resource, namespace: String?, at past: Int) -> [Tree] {
    var state = objects[resource.qualified] ?? [:]
    for change in log.reversed() {
      guard change.version > past else { break }
      if change.resource == resource.qualified { state[change.key] = change.before }
    }
    return sorted(state, namespace: namespace)
  }

  /// Changes of a kind after a version.
  func changes(of resource: Resource, after past: Int) -> [Change] {
    let start = log.partitioningIndex { $0.version > past }
    return log[start...].filter { $0.resource == resource.qualified }
  }

  /// Puts the object in, with its new version.
  mutating func put(_ object: Tree, _ resource: Resource) -> Change {
    version += 1
    var object = object
    object[path: "metadata", "resourceVersion"] = .string("\(version)")
    var change = Change(version: version, resource: resource.qualified, before: nil, after: object)
    change.before = objects[resource.qualified]?[change.key]
    objects[resource.qualified, default: [:]][change.key] = object
    log.append(change)
    return change
  }

  mutating func remove(_ resource: Resource, _ key: Key) -> Change? {
    guard let before = objects[resource.qualified]?.removeValue(forKey: key) else { return nil }
    version += 1
    var removed = before
    removed[path: "metadata", "resourceVersion"] = .string("\(version)")
    let change = Change(version: version, resource: resource.qualified, before: before, after: nil, removed: removed)
    log.append(change)
    return change
  }

  /// Forgets the changes so far, as etcd does every some minutes.
  mutating func compact() {
    compacted = version
    log.removeAll()
  }

  /// Every object there is, with its kind's group and plural name.
  var everything: [(resource: String, object: Tree)] {
    objects.flatMap { entry in entry.value.values.map { (entry.key, $0) } }
  }
}

extension Array {
  /// The first index whose element is true, in an array whose false elements come first. O(log n).
  func partitioningIndex(where isSecond: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

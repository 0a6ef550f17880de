import FleetModel

/// Lays an environment's overlay onto a file: mappings are merged key by key, lists of things with a name item by item,
/// `null` takes a key away, and everything else replaces what was there.
///
/// Every value keeps the place where it stands in the text, so that what is wrong with it is told there.
struct OverlayMerge {
  /// Where a value of the merged file comes from, where that is the overlay.
  struct Origin {
    /// What the overlay's value stands for; `nil` where the file had none.
    var replaced: YAMLTree?
    /// Where the overlay says it.
    var place: YAMLTree.Place
  }

  let environment: String
  /// By path in the merged file; what stands below such a path comes from there too.
  private(set) var origins: [String: Origin] = [:]
  /// What the overlay takes away with `null`.
  private(set) var removed: [String: Origin] = [:]
  private let reader: Reader

  /// The lists whose items have a name, and the key that is it. The order of other lists has a meaning of its own.
  static let namedLists = [
    "agents": "agent_id", "alert_rules": "name", "recording_rules": "record", "receivers": "name",
    "time_intervals": "name", "mute_time_intervals": "name",
  ]

  /// - Parameter reader: told of what cannot be merged.
  init(environment: String, reader: Reader) {
    self.environment = environment
    self.reader = reader
  }

  /// The file in the environment, without `environments`. O(file + overlay).
  mutating func merged(_ file: YAMLTree, with overlay: YAMLTree) -> YAMLTree {
    var base = file
    base.content = .mapping(file.entries.filter { $0.key != "environments" })
    return merge(base, overlay, at: "")
  }

  /// The path within the overlay itself, for messages.
  private func overlayPath(_ path: String) -> String {
    let root = Path.key(environment, in: "environments")
    if path.isEmpty { return root }
    return path.hasPrefix("[") ? root + path : "\(root).\(path)"
  }

  private mutating func merge(_ base: YAMLTree, _ overlay: YAMLTree, at path: String) -> YAMLTree {
    switch (base.content, overlay.content) {
    case (.mapping(let entries), .mapping(let changes)):
      return YAMLTree(content: .mapping(merge(entries, changes, at: path)), place: base.place)
    case (.sequence(let items), .sequence(let changes)):
      if let key = Self.namedLists[path] {
        return YAMLTree(content: .sequence(merge(items, changes, by: key, at: path)), place: base.place)
      }
    case (.sequence(let items), .mapping(let changes)):
      if let key = Self.namedLists[path] {
        return YAMLTree(content: .sequence(merge(items, named: changes, by: key, at: path)), place: base.place)
      }
    default: break
    }
    origins[path] = Origin(replaced: base, place: overlay.place)
    return overlay
  }

  private mutating func merge(
    _ entries: [YAMLTree.Entry], _ changes: [YAMLTree.Entry], at path: String
  ) -> [YAMLTree.Entry] {
    var merged = entries
    var positions: [String: Int] = [:]
    for (index, entry) in entries.enumerated() { positions[entry.key] = index }
    var gone: Set<Int> = []
    for change in changes {
      let changePath = Path.key(change.key, in: path)
      if change.value.isNull {
        guard let position = positions[change.key] else {
          reader.error(
            overlayPath(changePath), at: change.place, "takes away what the file does not have",
            mend: KeyDistance.nearest(to: change.key, among: entries.map(\.key)).map { "did you mean \"\($0)\"?" }
              ?? "remove it")
          continue
        }
        gone.insert(position)
        removed[changePath] = Origin(replaced: merged[position].value, place: change.place)
      } else if let position = positions[change.key] {
        merged[position].place = change.place
        merged[position].value = merge(entries[position].value, change.value, at: changePath)
      } else {
        origins[changePath] = Origin(replaced: nil, place: change.value.place)
        merged.append(change)
      }
    }
    if gone.isEmpty { return merged }
    return merged.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
  }

  /// The same under their names, where `null` takes one away.
  private mutating func merge(
    _ items: [YAMLTree], named changes: [YAMLTree.Entry], by key: String, at path: String
  ) -> [YAMLTree] {
    var kept = items
    var laid: [YAMLTree] = []
    let names = items.compactMap { $0[key]?.text }
    for change in changes {
      let changePath = overlayPath(Path.key(change.key, in: path))
      if change.value.isNull {
        kept.removeAll { $0[key]?.text == change.key }
        if names.contains(change.key) { continue }
        reader.error(
          changePath, at: change.place, "takes away what the file does not have",
          mend: KeyDistance.nearest(to: change.key, among: names).map { "did you mean \"\($0)\"?" } ?? "remove it")
      } else if case .mapping(let entries) = change.value.content, change.value[key] == nil {
        let name = YAMLTree(content: .scalar(change.key, plain: false), place: change.place)
        let entry = YAMLTree.Entry(key: key, place: change.place, value: name)
        laid.append(YAMLTree(content: .mapping([entry] + entries), place: change.value.place))
      } else {
        reader.error(
          changePath, at: change.place, "is no mapping of other keys than \(key)",
          mend: "write what is laid onto it, {} for nothing, or null to take it away")
      }
    }
    return merge(kept, laid, by: key, at: path)
  }

  private mutating func merge(
    _ items: [YAMLTree], _ changes: [YAMLTree], by key: String, at path: String
  ) -> [YAMLTree] {
    var merged = items
    var positions: [String: [Int]] = [:]
    for (index, item) in items.enumerated() {
      if let name = item[key]?.text { positions[name, default: []].append(index) }
    }
    var seen: Set<String> = []
    for (index, change) in changes.enumerated() {
      let changePath = overlayPath(Path.index(index, in: path))
      guard let name = change[key]?.text, change[key]?.isNull == false else {
        reader.error(
          changePath, at: change.place, "lacks the key \"\(key)\", which says what it is laid onto",
          mend: "give the \(key) of one of the \(path), or a new one")
        continue
      }
      guard seen.insert(name).inserted else {
        reader.error(
          changePath, at: change.place, "\"\(YAMLTree.shortened(name))\" is overlaid twice", mend: "make one of the two"
        )
        continue
      }
      let found = positions[name] ?? []
      if found.count > 1 {
        reader.error(
          changePath, at: change.place,
          "\(found.count) of the \(path) are called \"\(YAMLTree.shortened(name))\": which is meant cannot be told",
          mend: "give each a name of its own")
      } else if let position = found.first {
        merged[position] = merge(items[position], change, at: Path.index(position, in: path))
      } else {
        origins[Path.index(merged.count, in: path)] = Origin(replaced: nil, place: change.place)
        merged.append(change)
      }
    }
    return merged
  }
}

import FleetModel

/// A mapping that is being made, to be written: absent values leave no key.
struct YAMLMapping {
  private var entries: [YAMLTree.Entry] = []

  init(_ entries: [(String, YAMLTree)] = []) {
    for (key, value) in entries { add(key, value) }
  }

  var tree: YAMLTree { YAMLTree(content: .mapping(entries), place: .none) }

  mutating func add(_ key: String, _ value: YAMLTree?) {
    if let value { entries.append(YAMLTree.Entry(key: key, place: .none, value: value)) }
  }

  mutating func add(_ key: String, _ text: String?) { add(key, text.map { .text($0) }) }

  mutating func add(_ key: String, _ secret: SecretText?) { add(key, secret.map { .text($0.description) }) }

  /// Only what differs from `standard`.
  mutating func add(_ key: String, _ value: Bool, standard: Bool) {
    if value != standard { add(key, .boolean(value)) }
  }

  mutating func add(_ key: String, list: [YAMLTree]) {
    if !list.isEmpty { add(key, .sequence(list)) }
  }

  mutating func add(_ key: String, texts: [String]) { add(key, list: texts.map { .text($0) }) }

  /// Sorted by key.
  mutating func add(_ key: String, texts: [String: String]) {
    if texts.isEmpty { return }
    add(key, YAMLMapping(texts.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) }).tree)
  }
}

extension YAMLTree {
  static func text(_ text: String) -> YAMLTree { YAMLTree(content: .scalar(text, plain: false), place: .none) }

  static func boolean(_ value: Bool) -> YAMLTree {
    YAMLTree(content: .scalar(value ? "true" : "false", plain: true), place: .none)
  }

  static func integer(_ value: Int) -> YAMLTree { YAMLTree(content: .scalar("\(value)", plain: true), place: .none) }

  static func sequence(_ items: [YAMLTree]) -> YAMLTree { YAMLTree(content: .sequence(items), place: .none) }
}

extension YAMLTree.Place {
  /// Of what stands in no file.
  static let none = YAMLTree.Place(line: 0, column: 0)
}

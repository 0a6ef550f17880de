/// One Kubernetes object: rendered from a system file, or read from a file of somebody else's.
///
/// Keys stand in the order that people know: `apiVersion`, `kind`, `metadata`, then the rest.
public struct Manifest: Sendable, Hashable {
  /// A mapping.
  public var tree: YAMLTree
  /// The file it was read from; `nil` for what was rendered.
  public var file: String?

  public init(tree: YAMLTree, file: String? = nil) {
    self.tree = tree
    self.file = file
  }

  /// What tells objects of one cluster apart. Versions of a group are views of the same object and no part of it.
  public struct ID: Sendable, Hashable, CustomStringConvertible {
    /// Empty for the core group.
    public var group: String
    public var kind: String
    /// Empty for what has none.
    public var namespace: String
    public var name: String

    public init(group: String, kind: String, namespace: String, name: String) {
      self.group = group
      self.kind = kind
      self.namespace = namespace
      self.name = name
    }

    /// `Deployment multi-agents/agent-planner`; what has no name is called by its kind alone.
    public var description: String {
      let kind = kind.isEmpty ? "object" : kind
      return name.isEmpty ? kind : "\(kind) \(namespace.isEmpty ? "" : namespace + "/")\(name)"
    }
  }

  public var apiVersion: String { tree["apiVersion"]?.text ?? "" }
  public var kind: String { tree["kind"]?.text ?? "" }
  public var name: String { tree["metadata"]?["name"]?.text ?? "" }
  public var namespace: String? { tree["metadata"]?["namespace"]?.text }
  public var labels: [String: String] { tree["metadata"]?["labels"]?.texts ?? [:] }
  public var annotations: [String: String] { tree["metadata"]?["annotations"]?.texts ?? [:] }

  /// The part of `apiVersion` before the slash; empty for the core group.
  public var group: String {
    let version = apiVersion
    return version.firstIndex(of: "/").map { String(version[..<$0]) } ?? ""
  }

  /// Its own keys: `apiVersion`, `kind`, …
  public var keys: Set<String> { Set(tree.entries.map(\.key)) }

  public var id: ID { ID(group: group, kind: kind, namespace: namespace ?? "", name: name) }
}

extension YAMLTree {
  /// The text of a scalar, as written; `nil` for lists and mappings.
  var text: String? {
    if case .scalar(let text, _) = content { return text }
    return nil
  }

  /// The items of a list; none for anything else.
  var items: [YAMLTree] {
    if case .sequence(let items) = content { return items }
    return []
  }

  /// The keys and values of a mapping in the order of the file; none for anything else.
  var entries: [Entry] {
    if case .mapping(let entries) = content { return entries }
    return []
  }

  /// A mapping's values that are scalars, by key.
  var texts: [String: String] {
    var texts: [String: String] = [:]
    for entry in entries { if let text = entry.value.text { texts[entry.key] = text } }
    return texts
  }
}

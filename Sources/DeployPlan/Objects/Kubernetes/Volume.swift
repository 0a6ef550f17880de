extension Kubernetes {
  /// A directory that containers of a pod may mount
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/>).
  public struct Volume: Sendable, Hashable, ManifestPart {
    public enum Source: Sendable, Hashable {
      /// A directory on the node that lives as long as the pod.
      case emptyDirectory
      /// The keys of several objects as files in one directory.
      case projected([Projection])
    }

    public var name: String
    public var source: Source

    public init(name: String, _ source: Source) {
      self.name = name
      self.source = source
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping([("name", .text(name))])
      switch source {
      case .emptyDirectory: mapping.add("emptyDir", YAMLTree.emptyMapping)
      case .projected(let sources):
        mapping.add("projected", YAMLMapping([("sources", .sequence(sources.map(\.tree)))]).tree)
      }
      return mapping.tree
    }
  }

  /// One object's part of a projected volume.
  public struct Projection: Sendable, Hashable, ManifestPart {
    public enum Kind: String, Sendable, Hashable {
      case configMap
      case secret
    }

    public var kind: Kind
    public var name: String
    /// Only these keys; all of them where there are none.
    public var keys: [String]

    public init(_ kind: Kind, _ name: String, keys: [String] = []) {
      self.kind = kind
      self.name = name
      self.keys = keys
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping([("name", .text(name))])
      mapping.add(
        "items", list: keys.map { YAMLMapping([("key", .text($0)), ("path", .text($0))]).tree })
      return YAMLMapping([(kind.rawValue, mapping.tree)]).tree
    }
  }
}

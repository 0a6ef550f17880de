extension Istio {
  /// Whether connections to pods must be by mutual TLS
  /// (<https://istio.io/latest/docs/reference/config/security/peer_authentication/>).
  public struct PeerAuthentication: KubernetesObject {
    public static let apiVersion = "security.istio.io/v1"
    public static let kind = "PeerAuthentication"

    public enum Mode: String, Sendable, Hashable, CaseIterable {
      case disable = "DISABLE"
      case permissive = "PERMISSIVE"
      case strict = "STRICT"
    }

    public var metadata: Kubernetes.ObjectMeta
    /// Labels of the pods; `nil` for the whole namespace.
    public var selector: [String: String]?
    public var mode: Mode
    /// By port of the pods; only with a selector.
    public var portModes: [Int: Mode]

    public init(
      metadata: Kubernetes.ObjectMeta, selector: [String: String]? = nil, mode: Mode, portModes: [Int: Mode] = [:]
    ) {
      self.metadata = metadata
      self.selector = selector
      self.mode = mode
      self.portModes = portModes
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      spec.add("selector", selector.map { YAMLMapping([("matchLabels", .texts($0))]).tree })
      spec.add("mtls", YAMLMapping([("mode", .text(mode.rawValue))]).tree)
      if !portModes.isEmpty {
        let ports = portModes.sorted { $0.key < $1.key }.map { port, mode in
          ("\(port)", YAMLMapping([("mode", .text(mode.rawValue))]).tree)
        }
        spec.add("portLevelMtls", YAMLMapping(ports).tree)
      }
      return YAMLMapping.spec(spec)
    }
  }
}

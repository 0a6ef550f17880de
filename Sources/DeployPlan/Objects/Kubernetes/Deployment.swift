extension Kubernetes {
  /// Pods of one template, as many as are wanted
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/>).
  public struct Deployment: KubernetesObject {
    public static let apiVersion = "apps/v1"
    public static let kind = "Deployment"

    public var metadata: ObjectMeta
    /// `nil` where an autoscaler decides: whoever applies a number undoes what it decided.
    public var replicas: Int?
    /// It cannot be changed later.
    public var selector: LabelSelector
    public var strategy: RollingUpdate?
    public var template: PodTemplate

    public init(metadata: ObjectMeta, selector: LabelSelector, template: PodTemplate) {
      self.metadata = metadata
      self.selector = selector
      self.template = template
    }

    /// How old pods give way to new ones.
    public struct RollingUpdate: Sendable, Hashable, ManifestPart {
      /// Pods above the wanted number at one time.
      public var maxSurge: IntOrPercent
      /// Pods below the wanted number at one time.
      public var maxUnavailable: IntOrPercent

      public init(maxSurge: IntOrPercent, maxUnavailable: IntOrPercent) {
        self.maxSurge = maxSurge
        self.maxUnavailable = maxUnavailable
      }

      var tree: YAMLTree {
        let bounds = YAMLMapping([("maxSurge", maxSurge.tree), ("maxUnavailable", maxUnavailable.tree)])
        return YAMLMapping([("type", .text("RollingUpdate")), ("rollingUpdate", bounds.tree)]).tree
      }
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      spec.add("replicas", replicas)
      spec.add("selector", selector)
      spec.add("strategy", strategy)
      spec.add("template", template)
      return YAMLMapping.spec(spec)
    }
  }

  /// A number of pods, or a share of the wanted number.
  public enum IntOrPercent: Sendable, Hashable, ManifestPart {
    case count(Int)
    case percent(Int)

    var tree: YAMLTree {
      switch self {
      case .count(let count): .integer(count)
      case .percent(let percent): .text("\(percent)%")
      }
    }
  }
}

extension Kubernetes {
  /// Changes how many pods a Deployment has, by what they use
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/>).
  public struct HorizontalPodAutoscaler: KubernetesObject {
    public static let apiVersion = "autoscaling/v2"
    public static let kind = "HorizontalPodAutoscaler"

    public var metadata: ObjectMeta
    /// The name of the Deployment.
    public var deployment: String
    public var minReplicas: Int
    public var maxReplicas: Int
    /// The one that asks for most pods counts.
    public var metrics: [Metric]
    public var scaleUp: Scaling?
    public var scaleDown: Scaling?

    public init(metadata: ObjectMeta, deployment: String, minReplicas: Int, maxReplicas: Int, metrics: [Metric]) {
      self.metadata = metadata
      self.deployment = deployment
      self.minReplicas = minReplicas
      self.maxReplicas = maxReplicas
      self.metrics = metrics
    }

    /// The mean use of a resource by the pods, in percent of what they request.
    public struct Metric: Sendable, Hashable, ManifestPart {
      /// `cpu` or `memory`.
      public var resource: String
      public var averageUtilization: Int

      public init(resource: String, averageUtilization: Int) {
        self.resource = resource
        self.averageUtilization = averageUtilization
      }

      var tree: YAMLTree {
        let target = YAMLMapping([
          ("type", .text("Utilization")), ("averageUtilization", .integer(averageUtilization)),
        ])
        let source = YAMLMapping([("name", .text(resource)), ("target", target.tree)])
        return YAMLMapping([("type", .text("Resource")), ("resource", source.tree)]).tree
      }
    }

    /// How fast the number changes in one direction.
    public struct Scaling: Sendable, Hashable, ManifestPart {
      public enum Step: Sendable, Hashable, ManifestPart {
        case pods(Int, periodSeconds: Int)
        case percent(Int, periodSeconds: Int)

        var tree: YAMLTree {
          let (type, value, period) =
            switch self {
            case .pods(let value, let period): ("Pods", value, period)
            case .percent(let value, let period): ("Percent", value, period)
            }
          return YAMLMapping([
            ("type", .text(type)), ("value", .integer(value)), ("periodSeconds", .integer(period)),
          ]).tree
        }
      }

      /// The most careful wish of this time counts.
      public var stabilizationWindowSeconds: Int
      /// The step that changes most counts.
      public var policies: [Step]

      public init(stabilizationWindowSeconds: Int, policies: [Step]) {
        self.stabilizationWindowSeconds = stabilizationWindowSeconds
        self.policies = policies
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("stabilizationWindowSeconds", stabilizationWindowSeconds)
        mapping.add("selectPolicy", "Max")
        mapping.add("policies", list: policies)
        return mapping.tree
      }
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      let target = YAMLMapping([
        ("apiVersion", .text(Deployment.apiVersion)), ("kind", .text(Deployment.kind)), ("name", .text(deployment)),
      ])
      spec.add("scaleTargetRef", target.tree)
      spec.add("minReplicas", minReplicas)
      spec.add("maxReplicas", maxReplicas)
      spec.add("metrics", list: metrics)
      if scaleUp != nil || scaleDown != nil {
        var behavior = YAMLMapping()
        behavior.add("scaleUp", scaleUp)
        behavior.add("scaleDown", scaleDown)
        spec.add("behavior", behavior.tree)
      }
      return YAMLMapping.spec(spec)
    }
  }
}

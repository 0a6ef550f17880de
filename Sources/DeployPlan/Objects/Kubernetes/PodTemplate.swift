extension Kubernetes {
  /// What pods are made of
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec>).
  public struct PodTemplate: Sendable, Hashable, ManifestPart {
    public var labels: [String: String]
    public var annotations: [String: String] = [:]
    public var serviceAccountName: String?
    public var automountServiceAccountToken: Bool?
    public var terminationGracePeriodSeconds: Int?
    public var securityContext: PodSecurityContext?
    public var topologySpread: [TopologySpread] = []
    public var containers: [Container]
    public var volumes: [Volume] = []

    public init(labels: [String: String], containers: [Container]) {
      self.labels = labels
      self.containers = containers
    }

    var tree: YAMLTree {
      var spec = YAMLMapping()
      spec.add("serviceAccountName", serviceAccountName)
      spec.add("automountServiceAccountToken", automountServiceAccountToken)
      spec.add("terminationGracePeriodSeconds", terminationGracePeriodSeconds)
      spec.add("securityContext", securityContext)
      spec.add("topologySpreadConstraints", list: topologySpread)
      spec.add("containers", list: containers)
      spec.add("volumes", list: volumes)
      let metadata = ObjectMeta(name: "", labels: labels, annotations: annotations)
      return YAMLMapping([("metadata", metadata.tree), ("spec", spec.tree)]).tree
    }
  }

  /// The part of the restricted Pod Security Standard that concerns pods
  /// (<https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>).
  public struct PodSecurityContext: Sendable, Hashable, ManifestPart {
    public var runAsNonRoot: Bool
    /// `RuntimeDefault`, `Localhost` or `Unconfined`.
    public var seccompProfile: String
    /// The number of the user that containers run as; `nil` leaves it to the image.
    public var user: Int?
    /// The number of the group that volumes belong to.
    public var volumeGroup: Int?

    public init(runAsNonRoot: Bool, seccompProfile: String) {
      self.runAsNonRoot = runAsNonRoot
      self.seccompProfile = seccompProfile
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping([("runAsNonRoot", .boolean(runAsNonRoot))])
      mapping.add("runAsUser", user)
      mapping.add("fsGroup", volumeGroup)
      mapping.add("seccompProfile", YAMLMapping([("type", .text(seccompProfile))]).tree)
      return mapping.tree
    }
  }

  /// How evenly pods lie over nodes or zones
  /// (<https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/>).
  public struct TopologySpread: Sendable, Hashable, ManifestPart {
    public enum Unsatisfiable: String, Sendable, Hashable, CaseIterable {
      case doNotSchedule = "DoNotSchedule"
      case scheduleAnyway = "ScheduleAnyway"
    }

    public var maxSkew: Int
    /// The label of nodes that names a node or zone.
    public var topologyKey: String
    public var whenUnsatisfiable: Unsatisfiable
    public var labelSelector: LabelSelector
    /// Pods are counted apart by these labels.
    public var matchLabelKeys: [String]

    public init(
      maxSkew: Int, topologyKey: String, whenUnsatisfiable: Unsatisfiable, labelSelector: LabelSelector,
      matchLabelKeys: [String] = []
    ) {
      self.maxSkew = maxSkew
      self.topologyKey = topologyKey
      self.whenUnsatisfiable = whenUnsatisfiable
      self.labelSelector = labelSelector
      self.matchLabelKeys = matchLabelKeys
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping()
      mapping.add("maxSkew", maxSkew)
      mapping.add("topologyKey", topologyKey)
      mapping.add("whenUnsatisfiable", whenUnsatisfiable.rawValue)
      mapping.add("labelSelector", labelSelector)
      mapping.add("matchLabelKeys", texts: matchLabelKeys)
      return mapping.tree
    }
  }
}

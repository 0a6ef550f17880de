extension Kubernetes {
  /// Pods with names and volumes of their own
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/>).
  public struct StatefulSet: KubernetesObject {
    public static let apiVersion = "apps/v1"
    public static let kind = "StatefulSet"

    public var metadata: ObjectMeta
    public var replicas: Int
    /// The Service that gives the pods their names. It cannot be changed later.
    public var serviceName: String
    /// It cannot be changed later.
    public var selector: LabelSelector
    public var template: PodTemplate
    /// One of each for each pod, kept when the pod goes. They cannot be changed later.
    public var volumeClaims: [VolumeClaim] = []

    public init(
      metadata: ObjectMeta, replicas: Int, serviceName: String, selector: LabelSelector, template: PodTemplate
    ) {
      self.metadata = metadata
      self.replicas = replicas
      self.serviceName = serviceName
      self.selector = selector
      self.template = template
    }

    /// A volume of a pod's own (a PersistentVolumeClaim's template).
    public struct VolumeClaim: Sendable, Hashable, ManifestPart {
      /// What mounts call it.
      public var name: String
      /// As a quantity.
      public var storage: String
      /// `nil` for the cluster's default.
      public var storageClass: String?

      public init(name: String, storage: String, storageClass: String? = nil) {
        self.name = name
        self.storage = storage
        self.storageClass = storageClass
      }

      var tree: YAMLTree {
        var spec = YAMLMapping()
        spec.add("accessModes", texts: ["ReadWriteOnce"])
        spec.add("storageClassName", storageClass)
        spec.add("resources", YAMLMapping([("requests", .texts(["storage": storage]))]).tree)
        let metadata = YAMLMapping([("name", .text(name))])
        return YAMLMapping([("metadata", metadata.tree), ("spec", spec.tree)]).tree
      }
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      spec.add("replicas", replicas)
      spec.add("serviceName", serviceName)
      spec.add("selector", selector)
      spec.add("template", template)
      spec.add("volumeClaimTemplates", list: volumeClaims)
      return YAMLMapping.spec(spec)
    }
  }
}

extension PrometheusOperator {
  /// Services whose endpoints Prometheus scrapes
  /// (<https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor>).
  ///
  /// It selects *service* ports by name: a Service without a port of that name is never scraped, and nothing says so.
  public struct ServiceMonitor: KubernetesObject {
    public static let apiVersion = "monitoring.coreos.com/v1"
    public static let kind = "ServiceMonitor"

    public var metadata: Kubernetes.ObjectMeta
    /// The Service's label that becomes `job`; the Service's name where it is `nil`.
    public var jobLabel: String?
    /// Labels of the Service that its series get.
    public var targetLabels: [String] = []
    /// Labels of the pods that their series get.
    public var podTargetLabels: [String] = []
    public var selector: Kubernetes.LabelSelector
    /// Names of the Services' namespaces; the monitor's own where there are none.
    public var namespaces: [String] = []
    public var endpoints: [Endpoint]
    /// Per scrape.
    public var sampleLimit: Int?
    public var labelLimit: Int?
    /// In bytes.
    public var labelNameLengthLimit: Int?
    /// In bytes.
    public var labelValueLengthLimit: Int?
    /// Such as `16MiB`.
    public var bodySizeLimit: String?

    public init(metadata: Kubernetes.ObjectMeta, selector: Kubernetes.LabelSelector, endpoints: [Endpoint]) {
      self.metadata = metadata
      self.selector = selector
      self.endpoints = endpoints
    }

    public struct Endpoint: Sendable, Hashable, ManifestPart {
      /// The name of the Service's port.
      public var port: String
      public var path: String?
      /// `http` where it is `nil`.
      public var scheme: String?
      /// A Prometheus duration.
      public var interval: String?
      /// A Prometheus duration, never above the interval.
      public var scrapeTimeout: String?
      public var honorLabels: Bool?
      public var relabelings: [RelabelConfig] = []
      public var metricRelabelings: [RelabelConfig] = []

      public init(port: String) { self.port = port }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("port", port)
        mapping.add("path", path)
        mapping.add("scheme", scheme)
        mapping.add("interval", interval)
        mapping.add("scrapeTimeout", scrapeTimeout)
        mapping.add("honorLabels", honorLabels)
        mapping.add("relabelings", list: relabelings)
        mapping.add("metricRelabelings", list: metricRelabelings)
        return mapping.tree
      }
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      spec.add("jobLabel", jobLabel)
      spec.add("targetLabels", texts: targetLabels)
      spec.add("podTargetLabels", texts: podTargetLabels)
      spec.add("selector", selector)
      if !namespaces.isEmpty {
        spec.add("namespaceSelector", YAMLMapping([("matchNames", .sequence(namespaces.map { .text($0) }))]).tree)
      }
      spec.add("endpoints", list: endpoints)
      spec.add("sampleLimit", sampleLimit)
      spec.add("labelLimit", labelLimit)
      spec.add("labelNameLengthLimit", labelNameLengthLimit)
      spec.add("labelValueLengthLimit", labelValueLengthLimit)
      spec.add("bodySizeLimit", bodySizeLimit)
      return YAMLMapping.spec(spec)
    }
  }
}

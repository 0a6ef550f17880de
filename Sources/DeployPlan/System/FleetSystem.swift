public import FleetModel

/// A system file, read and checked: every value is there, every default filled in.
public struct FleetSystem: Sendable, Hashable {
  /// A DNS-1123 label.
  public var name: String
  public var namespace = "multi-agents"
  public var monitoring = Monitoring()
  public var mesh = Mesh.istio
  /// The mesh's control plane that injects the namespace's pods (`istio.io/rev`); `nil` for the default one.
  public var meshRevision: String?
  public var agents: [AgentSpec] = []
  public var alertRules: [AlertRule] = []
  public var recordingRules: [RecordingRule] = []
  /// Prometheus rule files or globs; relative ones beside the system file.
  public var ruleFiles: [String] = []
  /// The `alertmanager.yml` that says who is told of which alerts, in place of the keys from ``globals`` to
  /// ``templates``; a relative path begins beside the system file.
  public var alertmanagerConfig: String?
  public var globals = NotificationGlobals()
  /// With what they leave to ``globals`` filled in.
  public var receivers: [Receiver] = []
  /// The root of the routing tree; where it is `nil`, ``notificationPolicy`` says what stands in.
  public var route: Route?
  /// Below the root that stands in.
  public var routes: [Route] = []
  public var inhibitRules: [InhibitRule] = []
  public var timeIntervals: [TimeInterval] = []
  /// The older place of time intervals.
  public var muteTimeIntervals: [TimeInterval] = []
  /// Files of Go templates, or globs; relative ones beside the system file.
  public var templates: [String] = []
  public var storage = StorageOptions()
  public var tracing = TracingOptions()
  public var limits = CollectionLimits()
  public var prices = PriceTable()
  /// `nil` renders no control plane.
  public var controlPlane: ControlPlaneOptions?
  public var external = ExternalObjects()
  public var waivers: [Waiver] = []
  /// Overlays by environment (`staging`, `production`), as they stand in the file.
  public var environments: [String: YAMLTree] = [:]

  public init(name: String) { self.name = name }

  public enum Mesh: String, Sendable, Hashable, CaseIterable {
    case istio
    case none
  }

  public struct Monitoring: Sendable, Hashable {
    public var collectionInterval: Duration = .seconds(30)
    public var collectionTimeout: Duration = .seconds(10)
    public var retention: Duration = .seconds(15 * 86_400)
    /// In bytes; `nil` without a bound.
    public var retentionSize: UInt64?
    public var failureThreshold = 1
    /// `file_sd` files or globs to follow.
    public var discoveryFiles: [String] = []
    /// Whether agents are asked for native histograms.
    public var nativeHistograms = false
    public var kubernetes = MonitoringOnKubernetes()

    public init() {}
  }
}

/// One agent of a system file.
public struct AgentSpec: Sendable, Hashable {
  public var agentID: AgentID
  public var image: String?
  public var tag = "latest"
  /// argv for the local runtime; `$(PORT)` and `$(AGENT_ID)` are expanded when it starts.
  public var command: [String] = []
  public var ports: [Int] = [8080]
  public var metrics = MetricsEndpoint.port(nil, path: "/metrics")
  public var healthCheck = HealthCheck()
  public var resources = Resources()
  /// In the order of the file.
  public var environment: [EnvironmentVariable] = []
  public var scaling = Scaling()
  public var loadBalancer = LoadBalancer.roundRobin
  public var routingRules: [RoutingRule] = []
  /// The header by whose value requests always go to the same instance (`sticky_sessions.header`).
  public var stickyHeader: String?
  public var labels: [String: String] = [:]
  /// Whether its container may not write to its image, but to `/tmp` alone (`read_only_root`).
  public var hasReadOnlyRoot = false
  /// Overrides of the system's `monitoring`.
  public var collectionInterval: Duration?
  public var collectionTimeout: Duration?
  public var progress: Progress?
  /// Whether the agent's own labels win over Skep's in a clash, as Prometheus' `honor_labels`.
  public var honorLabels = false
  /// What it serves; `nil` where the file does not say.
  public var exposes: [ExposedMetric]?
  /// Agents that must be ready before this one is started.
  public var dependsOn: [AgentID] = []
  /// How long a roll waits for runs in flight before it ends an instance.
  public var drainTimeout: Duration = .seconds(30)
  /// ``drainTimeout`` in whole seconds, rounded up: what agents find in `DRAIN_TIMEOUT`.
  public var drainSeconds: Int {
    let (seconds, attoseconds) = drainTimeout.components
    return Int(clamping: seconds) + (attoseconds > 0 ? 1 : 0)
  }
  /// Parts of its pods that routing rules name. Where there are none, subset `X` means the pods with label
  /// `version: X`.
  public var subsets: [Subset] = []
  public var revision = Revision()

  public init(agentID: AgentID) { self.agentID = agentID }

  public enum MetricsEndpoint: Sendable, Hashable {
    /// A port of the agent (its first where `nil`) and a path.
    case port(Int?, path: String)
    /// An absolute URL.
    case url(String)
  }

  public struct HealthCheck: Sendable, Hashable {
    public var path = "/health"
    public var readinessPath = "/ready"
    public var port = 8080

    public init() {}
  }

  /// Kubernetes quantities, as written; checked.
  public struct Resources: Sendable, Hashable {
    public var cpuRequest = "100m"
    public var memoryRequest = "256Mi"
    public var cpuLimit = "500m"
    public var memoryLimit = "1Gi"

    public init() {}
  }

  public struct EnvironmentVariable: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
      case text(String)
      case secret(name: String, key: String)
      case configMap(name: String, key: String)
    }

    public var name: String
    public var value: Value

    public init(name: String, value: Value) {
      self.name = name
      self.value = value
    }
  }

  public struct Scaling: Sendable, Hashable {
    public var initialReplicas = 3
    /// Whether the file says how many: the local runtime starts one instance where it does not.
    public var initialReplicasGiven = false
    public var minReplicas = 2
    public var maxReplicas = 10
    /// Percent of the request.
    public var targetCPU = 70
    public var targetMemory = 80

    public init() {}
  }

  public enum LoadBalancer: String, Sendable, Hashable, CaseIterable {
    case roundRobin = "ROUND_ROBIN"
    case leastRequest = "LEAST_REQUEST"
    case random = "RANDOM"
    case passthrough = "PASSTHROUGH"
  }

  /// What makes one version of an agent, beside its image.
  public struct Revision: Sendable, Hashable {
    public var model: String?
    /// A hash or version of its prompt.
    public var prompt: String?
    /// Hashes or versions by tool.
    public var tools: [String: String] = [:]

    public init() {}
  }

  /// Work that must get on (`progress`): stuck when `metric` has not grown for `timeout`.
  public struct Progress: Sendable, Hashable {
    public var metric: String
    public var timeout: Duration

    public init(metric: String, timeout: Duration) {
      self.metric = metric
      self.timeout = timeout
    }
  }
}

import FleetModel

/// The keys of an agent.
enum AgentDeclaration {
  static var shape: Shape<AgentSpec> {
    .object(AgentSpec(agentID: placeholder), fields, check: AgentChecks.check)
  }

  /// Stands where a file gives no valid id; such a file is never taken.
  private static var placeholder: AgentID {
    guard let id = try? AgentID("unnamed") else { preconditionFailure("BUG: \"unnamed\" is a DNS label") }
    return id
  }

  private static var fields: [Field<AgentSpec>] {
    typealias F = Field<AgentSpec>
    return [
      F("agent_id", \.agentID, Shapes.agentID, required: true, "name of the agent, a DNS-1123 label, unique"),
      F(
        "image", optional: \.image, Shapes.text(check: ImageReference.flaw),
        "container image, needed on Kubernetes; may carry a tag or a digest"),
      F(
        "tag", \.tag, Shapes.looseText(pattern: ImageReference.tagPattern, check: ImageReference.tagFlaw),
        "the image's tag"),
      F(
        "command", \.command, Shapes.list(Shapes.looseText(emptyAllowed: true)),
        "argv for the local runtime; $(PORT) and $(AGENT_ID) expand"),
      F("ports", \.ports, Shapes.list(Shapes.port, minimum: 1), "ports the agent listens on, the main one first"),
      F("metrics", \.metricsOptions, metrics, "where its metrics are"),
      F(
        "metrics_endpoint", optional: \.metricsURL, Shapes.url,
        "absolute URL of its metrics, in place of metrics.port and metrics.path"),
      F("health_check", \.healthCheck, health, "where it says that it lives and is ready"),
      F("resources", \.resources, resources(of: AgentSpec.Resources()), "Kubernetes requests and limits"),
      F(
        "read_only_root", \.hasReadOnlyRoot, Shapes.boolean,
        "whether it may write to /tmp alone, which is empty at every start, and not to its image"),
      F("environment", \.environment, environment, "environment variables"),
      F("scaling", \.scaling, scaling, "how many instances run"),
      F("load_balancer", \.loadBalancer, Shapes.choice(), "how the mesh spreads requests"),
      F(
        "routing_rules", \.routingRules, Shapes.list(Shapes.reference("routing_rule") { TrafficDeclaration.shape }),
        "how the mesh routes requests"),
      F(
        "sticky_sessions", optional: \.stickyHeader, DeploymentDeclaration.stickySessions,
        "whether requests of one conversation go to one instance"),
      F("subsets", \.subsets, TrafficDeclaration.subsets, "parts of its pods that routing rules name, by their labels"),
      F("labels", \.labels, labels, "free labels, carried to series, pods and traces"),
      F(
        "collection_interval", optional: \.collectionInterval, Shapes.positiveDuration,
        "in place of monitoring.collection_interval"),
      F(
        "collection_timeout", optional: \.collectionTimeout, Shapes.positiveDuration,
        "in place of monitoring.collection_timeout"),
      F("progress", optional: \.progress, progress, "the work that must get on for the agent not to be stuck"),
      F("depends_on", \.dependsOn, Shapes.list(Shapes.agentID), "agents that must be ready before this one is started"),
      F(
        "drain_timeout", \.drainTimeout, Shapes.duration(.zero ... .seconds(7 * 86_400)),
        "how long a roll waits for runs in flight"),
      F("revision", \.revision, revision, "what makes one version of the agent, beside its image"),
    ]
  }

  private static var metrics: Shape<MetricsOptions> {
    typealias F = Field<MetricsOptions>
    return .object(
      MetricsOptions(),
      [
        F("port", optional: \.port, Shapes.port, "the first of ports where it is not given"),
        F("path", \.path, Shapes.absolutePath, "path of the metrics"),
        F("honor_labels", \.honorLabels, Shapes.boolean, "whether the agent's own labels win over Skep's in a clash"),
        F(
          "exposes", optional: \.exposes, Shapes.list(DeploymentDeclaration.exposedMetric),
          "what it serves, by which rules and panels are proven; what Skep's Swift library serves where it is not given"
        ),
      ])
  }

  private static var health: Shape<AgentSpec.HealthCheck> {
    typealias F = Field<AgentSpec.HealthCheck>
    return .object(
      AgentSpec.HealthCheck(),
      [
        F("path", \.path, Shapes.absolutePath, "path that answers 2xx while the agent lives"),
        F("readiness_path", \.readinessPath, Shapes.absolutePath, "path that answers 2xx once it takes work"),
        F("port", \.port, Shapes.port, "port of both"),
      ])
  }

  /// - Parameter usual: the defaults.
  static func resources(of usual: AgentSpec.Resources) -> Shape<AgentSpec.Resources> {
    typealias F = Field<AgentSpec.Resources>
    return .object(
      usual,
      [
        F("cpu_request", \.cpuRequest, Shapes.quantity, "CPU that is set aside"),
        F("memory_request", \.memoryRequest, Shapes.quantity, "memory that is set aside"),
        F("cpu_limit", \.cpuLimit, Shapes.quantity, "CPU at most"),
        F("memory_limit", \.memoryLimit, Shapes.quantity, "memory at most"),
      ], check: ResourceChecks.check)
  }

  private static var scaling: Shape<AgentSpec.Scaling> {
    typealias F = Field<AgentSpec.Scaling>
    let replicas = Shapes.integer(1...10_000)
    return .object(
      AgentSpec.Scaling(),
      [
        F(
          "initial_replicas", \.givenInitialReplicas, replicas,
          "instances at first; the local runtime starts one where it is not given"),
        F("min_replicas", \.minReplicas, replicas, "instances at least"),
        F("max_replicas", \.maxReplicas, replicas, "instances at most"),
        F("target_cpu", \.targetCPU, Shapes.percent, "mean CPU in percent of the request that the autoscaler aims at"),
        F(
          "target_memory", \.targetMemory, Shapes.percent,
          "mean memory in percent of the request that the autoscaler aims at"),
      ], check: ScalingChecks.check)
  }

  private static var labels: Shape<[String: String]> {
    Shapes.dictionary(
      Shapes.looseText(emptyAllowed: true, check: NameRules.kubernetesLabelValue),
      keyPattern: NameRules.kubernetesLabelPattern, key: NameRules.agentLabel)
  }

  private static var progress: Shape<AgentSpec.Progress> {
    typealias F = Field<AgentSpec.Progress>
    return Shape<AgentSpec.Progress>.object(
      AgentSpec.Progress(metric: "", timeout: .seconds(300)),
      [
        F(
          "metric", \.metric, Shapes.text(pattern: NameRules.metricNamePattern, check: NameRules.metricName),
          required: true, "a counter that grows when work is finished"),
        F("timeout", \.timeout, Shapes.positiveDuration, "stuck when it has not grown for this long"),
      ]
    )
  }

  private static var revision: Shape<AgentSpec.Revision> {
    typealias F = Field<AgentSpec.Revision>
    return .object(
      AgentSpec.Revision(),
      [
        F("model", optional: \.model, Shapes.text(), "the model it runs on"),
        F("prompt", optional: \.prompt, Shapes.looseText(), "hash or version of its prompt"),
        F("tools", \.tools, Shapes.dictionary(Shapes.looseText()), "hash or version by tool"),
      ])
  }

  private static var environment: Shape<[AgentSpec.EnvironmentVariable]> {
    Shapes.entries(
      EnvironmentDeclaration.value, keyPattern: NameRules.environmentNamePattern, key: NameRules.environmentName
    ).mapped(
      { $0.map { AgentSpec.EnvironmentVariable(name: $0.key, value: $0.value) } },
      back: { $0.map { (key: $0.name, value: $0.value) } })
  }
}

/// `metrics` as it stands in the file.
struct MetricsOptions {
  var port: Int?
  var path = "/metrics"
  var honorLabels = false
  var exposes: [ExposedMetric]?
}

extension AgentSpec {
  var metricsOptions: MetricsOptions {
    get {
      guard case .port(let port, let path) = metrics else {
        return MetricsOptions(honorLabels: honorLabels, exposes: exposes)
      }
      return MetricsOptions(port: port, path: path, honorLabels: honorLabels, exposes: exposes)
    }
    set {
      honorLabels = newValue.honorLabels
      exposes = newValue.exposes
      if metricsURL == nil { metrics = .port(newValue.port, path: newValue.path) }
    }
  }

  var metricsURL: String? {
    get {
      guard case .url(let url) = metrics else { return nil }
      return url
    }
    set { if let newValue { metrics = .url(newValue) } }
  }
}

extension AgentSpec.Scaling {
  var givenInitialReplicas: Int {
    get { initialReplicas }
    set {
      initialReplicas = newValue
      initialReplicasGiven = true
    }
  }
}

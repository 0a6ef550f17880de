import FleetModel

/// The Deployment of an agent: its pods, and how new ones take the place of old ones.
///
/// It says nothing of how many there are: the autoscaler decides, and every apply would undo what it decided. How many the
/// system file wants at first is an annotation, for whoever creates the Deployment.
enum DeploymentBuilder {
  /// For the endpoints to leave every proxy before the agent is told to stop.
  private static let secondsBeforeStop = 5
  /// For an agent that has drained to close its port, deregister and send its last spans.
  private static let secondsToEnd = 5
  /// The volume where an agent may write that may write nowhere else.
  private static let scratch = Kubernetes.Container.Mount(name: "tmp", path: "/tmp")

  /// `nil` without an image.
  static func deployment(of objects: AgentObjects) -> Kubernetes.Deployment? {
    let agent = objects.agent
    guard let image = agent.fullImage else { return nil }
    let revision = AgentRevision(agent: agent)
    let grace = secondsBeforeStop + agent.drainSeconds + secondsToEnd

    var template = Kubernetes.PodTemplate(
      labels: objects.labels.merging([FleetLabels.revision: revision.name]) { $1 },
      containers: [container(of: objects, image: image)])
    template.annotations = revision.annotations
    if objects.system.mesh == .istio {
      // The proxy lives as long as the agent: what it does while it starts and ends goes through the mesh too.
      template.annotations["proxy.istio.io/config"] =
        "holdApplicationUntilProxyStarts: true\nterminationDrainDuration: \(grace)s\n"
    }
    template.serviceAccountName = FleetObjects.serviceAccount
    template.automountServiceAccountToken = false
    template.terminationGracePeriodSeconds = grace
    template.securityContext = .init(runAsNonRoot: true, seccompProfile: "RuntimeDefault")
    if agent.hasReadOnlyRoot { template.volumes = [.init(name: scratch.name, .emptyDirectory)] }
    if agent.scaling.maxReplicas > 1 { template.topologySpread = spread(of: objects) }

    var deployment = Kubernetes.Deployment(
      metadata: objects.metadata(
        objects.deployment, annotations: ["skep.dev/initial-replicas": "\(agent.scaling.initialReplicas)"]),
      selector: .init(matchLabels: objects.selector), template: template)
    deployment.strategy = .init(maxSurge: .percent(25), maxUnavailable: .count(0))
    return deployment
  }

  private static func container(of objects: AgentObjects, image: String) -> Kubernetes.Container {
    let agent = objects.agent
    var container = Kubernetes.Container(name: objects.container, image: image)
    container.ports = agent.ports.map { .init(name: objects.portName($0), containerPort: $0) }
    container.environment = EnvironmentBuilder.variables(of: agent, in: objects.system)
    container.resources = .init(
      requests: ["cpu": agent.resources.cpuRequest, "memory": agent.resources.memoryRequest],
      limits: ["cpu": agent.resources.cpuLimit, "memory": agent.resources.memoryLimit])
    let health = agent.healthCheck
    var startup = Kubernetes.Probe(path: health.path, port: health.port, periodSeconds: 5)
    // Models and tools may take minutes to load; until then the other probes are not asked.
    startup.failureThreshold = 60
    var liveness = Kubernetes.Probe(path: health.path, port: health.port, periodSeconds: 10)
    liveness.initialDelaySeconds = 30
    var readiness = Kubernetes.Probe(path: health.readinessPath, port: health.port, periodSeconds: 5)
    readiness.initialDelaySeconds = 5
    container.startupProbe = startup
    container.livenessProbe = liveness
    container.readinessProbe = readiness
    container.sleepBeforeStop = secondsBeforeStop
    // The rest of the restricted standard. The root file system stays writable unless the system file says otherwise:
    // many agents keep caches beside themselves, and would not start.
    container.securityContext = .init(allowPrivilegeEscalation: false, droppedCapabilities: ["ALL"])
    if agent.hasReadOnlyRoot {
      container.securityContext?.readOnlyRootFilesystem = true
      container.mounts = [scratch]
    }
    return container
  }

  /// As evenly as can be over zones and over nodes, each revision by itself; never at the price of a pod that waits.
  private static func spread(of objects: AgentObjects) -> [Kubernetes.TopologySpread] {
    ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map { key in
      Kubernetes.TopologySpread(
        maxSkew: 1, topologyKey: key, whenUnsatisfiable: .scheduleAnyway,
        labelSelector: .init(matchLabels: objects.selector), matchLabelKeys: ["pod-template-hash"])
    }
  }
}

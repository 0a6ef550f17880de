import FleetModel

/// The pod of the control plane: one, since its store has one writer, with a volume that outlives it.
enum ControlPlaneBuilder {
  static let fileName = "system.yaml"
  private static let files = "/etc/skep"
  private static let data = "/var/lib/skep"
  /// Some user that is not root, whatever the image says: the volume belongs to it.
  private static let user = 10_001

  static func statefulSet(
    of system: FleetSystem, _ options: ControlPlaneOptions, image: String
  ) -> Kubernetes.StatefulSet {
    var template = Kubernetes.PodTemplate(
      labels: ControlPlaneObjects.labels(of: system), containers: [container(options, image: image)])
    if system.mesh == .istio {
      template.annotations["proxy.istio.io/config"] = "holdApplicationUntilProxyStarts: true\n"
    }
    template.serviceAccountName = ControlPlaneObjects.name
    template.automountServiceAccountToken = true
    // It stops within five seconds.
    template.terminationGracePeriodSeconds = 15
    template.securityContext = .init(runAsNonRoot: true, seccompProfile: "RuntimeDefault")
    template.securityContext?.user = user
    template.securityContext?.volumeGroup = user
    template.volumes = [
      .init(
        name: "files",
        .projected(
          [
            .init(.configMap, ControlPlaneObjects.file, keys: [fileName]),
            .init(.secret, options.tokens, keys: [ControlPlaneObjects.tokensKey]),
          ] + options.configMaps.map { .init(.configMap, $0) } + options.secrets.map { .init(.secret, $0) })),
      .init(name: "tmp", .emptyDirectory),
    ]
    var set = Kubernetes.StatefulSet(
      metadata: ControlPlaneObjects.metadata(
        ControlPlaneObjects.name, of: system,
        annotations: ["skep.dev/waive": "SKEP-P013: its store has one writer, and agents go on without it"]),
      replicas: 1, serviceName: ControlPlaneObjects.name,
      selector: .init(matchLabels: ControlPlaneObjects.selector), template: template)
    set.volumeClaims = [.init(name: "data", storage: options.storage, storageClass: options.storageClass)]
    return set
  }

  private static func container(_ options: ControlPlaneOptions, image: String) -> Kubernetes.Container {
    var container = Kubernetes.Container(name: "skep", image: image)
    container.command = [
      "skep", "serve", "--config", "\(files)/\(fileName)", "--tokens", "\(files)/\(ControlPlaneObjects.tokensKey)",
      "--data-dir", data, "--listen", "0.0.0.0:\(ControlPlaneObjects.port)",
      "--otlp-grpc-listen", "0.0.0.0:\(ControlPlaneObjects.grpcPort)",
      "--otlp-http-listen", "0.0.0.0:\(ControlPlaneObjects.httpPort)", "--discover-pods",
    ]
    container.ports = [
      .init(name: "http", containerPort: ControlPlaneObjects.port),
      .init(name: "otlp-grpc", containerPort: ControlPlaneObjects.grpcPort),
      .init(name: "otlp-http", containerPort: ControlPlaneObjects.httpPort),
    ]
    container.resources = .init(
      requests: ["cpu": options.resources.cpuRequest, "memory": options.resources.memoryRequest],
      limits: ["cpu": options.resources.cpuLimit, "memory": options.resources.memoryLimit])
    var startup = Kubernetes.Probe(path: "/-/healthy", port: ControlPlaneObjects.port, periodSeconds: 5)
    // A large store takes a while to open.
    startup.failureThreshold = 60
    var liveness = Kubernetes.Probe(path: "/-/healthy", port: ControlPlaneObjects.port, periodSeconds: 10)
    liveness.timeoutSeconds = 5
    container.startupProbe = startup
    container.livenessProbe = liveness
    container.readinessProbe = .init(path: "/-/ready", port: ControlPlaneObjects.port, periodSeconds: 5)
    container.securityContext = .init(allowPrivilegeEscalation: false, droppedCapabilities: ["ALL"])
    container.securityContext?.readOnlyRootFilesystem = true
    container.mounts = [
      .init(name: "files", path: files), .init(name: "data", path: data), .init(name: "tmp", path: "/tmp"),
    ]
    return container
  }

  static func service(of system: FleetSystem) -> Kubernetes.Service {
    Kubernetes.Service(
      metadata: ControlPlaneObjects.metadata(ControlPlaneObjects.name, of: system),
      selector: ControlPlaneObjects.selector,
      ports: [
        port("http", ControlPlaneObjects.port, "http"), port("otlp-grpc", ControlPlaneObjects.grpcPort, "grpc"),
        port("otlp-http", ControlPlaneObjects.httpPort, "http"),
      ])
  }

  private static func port(_ name: String, _ port: Int, _ spoken: String) -> Kubernetes.Service.Port {
    .init(name: name, port: port, targetPort: port, appProtocol: spoken)
  }

  /// The cluster reaches the API, which asks for a token; spans come from the system's own pods.
  static func networkPolicy(of system: FleetSystem) -> Kubernetes.NetworkPolicy {
    Kubernetes.NetworkPolicy(
      metadata: ControlPlaneObjects.metadata(ControlPlaneObjects.name, of: system),
      podSelector: .init(matchLabels: ControlPlaneObjects.selector),
      ingress: [
        .init(from: [.namespaces(.init())], ports: [ControlPlaneObjects.port]),
        .init(
          from: [.pods(.init(matchLabels: ["app": FleetLabels.job]))],
          ports: [ControlPlaneObjects.grpcPort, ControlPlaneObjects.httpPort]),
      ])
  }
}

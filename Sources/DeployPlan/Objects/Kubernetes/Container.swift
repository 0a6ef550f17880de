extension Kubernetes {
  /// One program of a pod
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container>).
  public struct Container: Sendable, Hashable, ManifestPart {
    public var name: String
    public var image: String
    /// In place of the image's own entry point.
    public var command: [String] = []
    public var ports: [Port] = []
    /// In order: a value may name earlier ones as `$(NAME)`.
    public var environment: [EnvironmentVariable] = []
    public var resources: Resources?
    public var startupProbe: Probe?
    public var livenessProbe: Probe?
    public var readinessProbe: Probe?
    /// Seconds that the container is left to work on after its pod began to end.
    public var sleepBeforeStop: Int?
    public var securityContext: SecurityContext?
    public var mounts: [Mount] = []

    public init(name: String, image: String) {
      self.name = name
      self.image = image
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping()
      mapping.add("name", name)
      mapping.add("image", image)
      if !command.isEmpty { mapping.add("command", texts: command) }
      mapping.add("ports", list: ports)
      mapping.add("env", list: environment)
      mapping.add("resources", resources)
      mapping.add("volumeMounts", list: mounts)
      mapping.add("startupProbe", startupProbe)
      mapping.add("livenessProbe", livenessProbe)
      mapping.add("readinessProbe", readinessProbe)
      if let sleepBeforeStop {
        let sleep = YAMLMapping([("seconds", .integer(sleepBeforeStop))])
        mapping.add("lifecycle", YAMLMapping([("preStop", YAMLMapping([("sleep", sleep.tree)]).tree)]).tree)
      }
      mapping.add("securityContext", securityContext)
      return mapping.tree
    }

    public struct Port: Sendable, Hashable, ManifestPart {
      /// At most 15 lower-case letters, digits and `-`.
      public var name: String
      public var containerPort: Int

      public init(name: String, containerPort: Int) {
        self.name = name
        self.containerPort = containerPort
      }

      var tree: YAMLTree {
        YAMLMapping([
          ("name", .text(name)), ("containerPort", .integer(containerPort)), ("protocol", .text("TCP")),
        ]).tree
      }
    }

    /// What the container gets at least and at most, as quantities.
    public struct Resources: Sendable, Hashable, ManifestPart {
      public var requests: [String: String]
      public var limits: [String: String]

      public init(requests: [String: String], limits: [String: String]) {
        self.requests = requests
        self.limits = limits
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("requests", texts: requests)
        mapping.add("limits", texts: limits)
        return mapping.tree
      }
    }

    /// Where the container sees one of its pod's volumes.
    public struct Mount: Sendable, Hashable, ManifestPart {
      /// The volume's.
      public var name: String
      public var path: String

      public init(name: String, path: String) {
        self.name = name
        self.path = path
      }

      var tree: YAMLTree { YAMLMapping([("name", .text(name)), ("mountPath", .text(path))]).tree }
    }

    /// The part of the restricted Pod Security Standard that concerns containers.
    public struct SecurityContext: Sendable, Hashable, ManifestPart {
      public var allowPrivilegeEscalation: Bool
      /// `nil` leaves it writable.
      public var readOnlyRootFilesystem: Bool?
      public var droppedCapabilities: [String]

      public init(allowPrivilegeEscalation: Bool, droppedCapabilities: [String]) {
        self.allowPrivilegeEscalation = allowPrivilegeEscalation
        self.droppedCapabilities = droppedCapabilities
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("allowPrivilegeEscalation", allowPrivilegeEscalation)
        mapping.add("readOnlyRootFilesystem", readOnlyRootFilesystem)
        let drop = YAMLTree.sequence(droppedCapabilities.map { .text($0) })
        mapping.add("capabilities", YAMLMapping([("drop", drop)]).tree)
        return mapping.tree
      }
    }
  }

  public struct EnvironmentVariable: Sendable, Hashable, ManifestPart {
    public enum Value: Sendable, Hashable {
      /// `$(NAME)` in it stands for an earlier variable, `$$` for `$`.
      case text(String)
      case secret(name: String, key: String)
      case configMap(name: String, key: String)
      /// A field of the pod, such as `metadata.namespace`.
      case field(String)
    }

    public var name: String
    public var value: Value

    public init(name: String, value: Value) {
      self.name = name
      self.value = value
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping([("name", .text(name))])
      switch value {
      case .text(let text): mapping.add("value", text)
      case .secret(let name, let key): mapping.add("valueFrom", Self.source("secretKeyRef", name, key))
      case .configMap(let name, let key): mapping.add("valueFrom", Self.source("configMapKeyRef", name, key))
      case .field(let path):
        let reference = YAMLMapping([("fieldPath", .text(path))])
        mapping.add("valueFrom", YAMLMapping([("fieldRef", reference.tree)]).tree)
      }
      return mapping.tree
    }

    private static func source(_ kind: String, _ name: String, _ key: String) -> YAMLTree {
      YAMLMapping([(kind, YAMLMapping([("name", .text(name)), ("key", .text(key))]).tree)]).tree
    }
  }

  /// A question that the kubelet asks a container by HTTP
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe>).
  public struct Probe: Sendable, Hashable, ManifestPart {
    public var path: String
    public var port: Int
    public var initialDelaySeconds: Int?
    public var periodSeconds: Int
    public var timeoutSeconds: Int?
    /// Failures in a row that count.
    public var failureThreshold: Int?

    public init(path: String, port: Int, periodSeconds: Int) {
      self.path = path
      self.port = port
      self.periodSeconds = periodSeconds
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping([
        ("httpGet", YAMLMapping([("path", .text(path)), ("port", .integer(port))]).tree)
      ])
      mapping.add("initialDelaySeconds", initialDelaySeconds)
      mapping.add("periodSeconds", periodSeconds)
      mapping.add("timeoutSeconds", timeoutSeconds)
      mapping.add("failureThreshold", failureThreshold)
      return mapping.tree
    }
  }
}

extension Istio {
  /// How requests to a host are routed
  /// (<https://istio.io/latest/docs/reference/config/networking/virtual-service/>).
  public struct VirtualService: KubernetesObject {
    public static let apiVersion = "networking.istio.io/v1"
    public static let kind = "VirtualService"

    public var metadata: Kubernetes.ObjectMeta
    public var hosts: [String]
    /// The first that fits a request takes it; a request that none fits is answered with 404.
    public var http: [HTTPRoute]

    public init(metadata: Kubernetes.ObjectMeta, hosts: [String], http: [HTTPRoute]) {
      self.metadata = metadata
      self.hosts = hosts
      self.http = http
    }

    public var content: [YAMLTree.Entry] {
      var spec = YAMLMapping()
      spec.add("hosts", texts: hosts)
      spec.add("http", list: http)
      return YAMLMapping.spec(spec)
    }
  }

  /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute>
  public struct HTTPRoute: Sendable, Hashable, ManifestPart {
    /// For metrics and debugging.
    public var name: String
    /// Any of them.
    public var match: [HTTPMatch]
    /// Their weights sum to 100.
    public var route: [HTTPDestination]
    /// Istio applies neither timeout nor retries to a route with faults.
    public var fault: Fault?
    public var timeout: Duration?
    public var retries: Retries?

    public init(name: String, match: [HTTPMatch], route: [HTTPDestination]) {
      self.name = name
      self.match = match
      self.route = route
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping()
      mapping.add("name", name)
      mapping.add("match", list: match)
      mapping.add("fault", fault)
      mapping.add("route", list: route)
      mapping.add("timeout", timeout)
      mapping.add("retries", retries)
      return mapping.tree
    }
  }

  /// All of its conditions must hold
  /// (<https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest>).
  public struct HTTPMatch: Sendable, Hashable, ManifestPart {
    public var uri: StringMatch?
    /// By name in lower case: Istio takes no other.
    public var headers: [String: StringMatch]
    /// The port that is addressed.
    public var port: Int?

    public init(uri: StringMatch? = nil, headers: [String: StringMatch] = [:], port: Int? = nil) {
      self.uri = uri
      self.headers = headers
      self.port = port
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping()
      mapping.add("uri", uri)
      if !headers.isEmpty {
        mapping.add("headers", YAMLMapping(headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value.tree) }).tree)
      }
      mapping.add("port", port)
      return mapping.tree
    }
  }

  public struct HTTPDestination: Sendable, Hashable, ManifestPart {
    public var host: String
    public var port: Int?
    /// One that the host's ``DestinationRule`` names.
    public var subset: String?
    /// Percent; `nil` where it is the only destination.
    public var weight: Int?

    public init(host: String, port: Int? = nil, subset: String? = nil, weight: Int? = nil) {
      self.host = host
      self.port = port
      self.subset = subset
      self.weight = weight
    }

    var tree: YAMLTree {
      var destination = YAMLMapping([("host", .text(host))])
      destination.add("port", port.map { YAMLMapping([("number", .integer($0))]).tree })
      destination.add("subset", subset)
      var mapping = YAMLMapping([("destination", destination.tree)])
      mapping.add("weight", weight)
      return mapping.tree
    }
  }

  /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPFaultInjection>
  public struct Fault: Sendable, Hashable, ManifestPart {
    public var delay: Delay?
    public var abort: Abort?

    public init(delay: Delay? = nil, abort: Abort? = nil) {
      self.delay = delay
      self.abort = abort
    }

    public struct Delay: Sendable, Hashable {
      public var fixedDelay: Duration
      /// 0 to 100, in steps of 0.0001.
      public var percentage: Double

      public init(fixedDelay: Duration, percentage: Double) {
        self.fixedDelay = fixedDelay
        self.percentage = percentage
      }
    }

    public struct Abort: Sendable, Hashable {
      /// 200 to 599; an abort without a status does nothing.
      public var httpStatus: Int
      /// 0 to 100, in steps of 0.0001.
      public var percentage: Double

      public init(httpStatus: Int, percentage: Double) {
        self.httpStatus = httpStatus
        self.percentage = percentage
      }
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping()
      // Without a percentage none of the requests is delayed or aborted.
      if let delay {
        let percentage = YAMLMapping([("value", .number(delay.percentage))])
        mapping.add(
          "delay", YAMLMapping([("fixedDelay", delay.fixedDelay.tree), ("percentage", percentage.tree)]).tree)
      }
      if let abort {
        let percentage = YAMLMapping([("value", .number(abort.percentage))])
        mapping.add(
          "abort", YAMLMapping([("httpStatus", .integer(abort.httpStatus)), ("percentage", percentage.tree)]).tree)
      }
      return mapping.tree
    }
  }

  /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry>
  public struct Retries: Sendable, Hashable, ManifestPart {
    /// After the first; 0 turns Istio's own retries off.
    public var attempts: Int
    public var perTryTimeout: Duration?
    /// Envoy's conditions and status codes.
    public var retryOn: [String]

    public init(attempts: Int, perTryTimeout: Duration? = nil, retryOn: [String] = []) {
      self.attempts = attempts
      self.perTryTimeout = perTryTimeout
      self.retryOn = retryOn
    }

    var tree: YAMLTree {
      var mapping = YAMLMapping([("attempts", .integer(attempts))])
      mapping.add("perTryTimeout", perTryTimeout)
      mapping.add("retryOn", retryOn.isEmpty ? nil : retryOn.joined(separator: ","))
      return mapping.tree
    }
  }
}

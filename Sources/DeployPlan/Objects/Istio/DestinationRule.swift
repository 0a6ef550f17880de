extension Istio {
  /// What holds for connections to a host once a route has chosen it
  /// (<https://istio.io/latest/docs/reference/config/networking/destination-rule/>).
  public struct DestinationRule: KubernetesObject {
    public static let apiVersion = "networking.istio.io/v1"
    public static let kind = "DestinationRule"

    public var metadata: Kubernetes.ObjectMeta
    public var host: String
    public var loadBalancer: LoadBalancer
    public var connectionPool: ConnectionPool
    public var outlierDetection: OutlierDetection
    public var subsets: [Subset] = []

    public init(
      metadata: Kubernetes.ObjectMeta, host: String, loadBalancer: LoadBalancer, connectionPool: ConnectionPool,
      outlierDetection: OutlierDetection
    ) {
      self.metadata = metadata
      self.host = host
      self.loadBalancer = loadBalancer
      self.connectionPool = connectionPool
      self.outlierDetection = outlierDetection
    }

    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings>
    public enum LoadBalancer: Sendable, Hashable, ManifestPart {
      /// `ROUND_ROBIN`, `LEAST_REQUEST`, `RANDOM`, `PASSTHROUGH`
      case simple(String)
      /// Requests with the same value of the header go to the same pod while it lives.
      case consistentHash(header: String)

      var tree: YAMLTree {
        switch self {
        case .simple(let name): YAMLMapping([("simple", .text(name))]).tree
        case .consistentHash(let header):
          YAMLMapping([("consistentHash", YAMLMapping([("httpHeaderName", .text(header))]).tree)]).tree
        }
      }
    }

    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings>
    public struct ConnectionPool: Sendable, Hashable, ManifestPart {
      /// To one host.
      public var maxConnections: Int
      /// Requests that wait for a connection.
      public var http1MaxPendingRequests: Int
      /// Before a connection is made anew.
      public var maxRequestsPerConnection: Int
      /// Whether a request that comes by HTTP/2 (gRPC) goes on by HTTP/2.
      public var useClientProtocol: Bool?

      public init(maxConnections: Int, http1MaxPendingRequests: Int, maxRequestsPerConnection: Int) {
        self.maxConnections = maxConnections
        self.http1MaxPendingRequests = http1MaxPendingRequests
        self.maxRequestsPerConnection = maxRequestsPerConnection
      }

      var tree: YAMLTree {
        var http = YAMLMapping()
        http.add("http1MaxPendingRequests", http1MaxPendingRequests)
        http.add("maxRequestsPerConnection", maxRequestsPerConnection)
        http.add("useClientProtocol", useClientProtocol)
        let tcp = YAMLMapping([("maxConnections", .integer(maxConnections))])
        return YAMLMapping([("tcp", tcp.tree), ("http", http.tree)]).tree
      }
    }

    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection>
    ///
    /// The older `consecutiveErrors` is still in the schema and without effect.
    public struct OutlierDetection: Sendable, Hashable, ManifestPart {
      /// Answers with 5xx in a row after which a pod is ejected.
      public var consecutive5xxErrors: Int
      public var interval: Duration
      /// Times the number of ejections so far.
      public var baseEjectionTime: Duration
      /// Of the pods, 0 to 100.
      public var maxEjectionPercent: Int
      /// Below this share of healthy pods all get requests again.
      public var minHealthPercent: Int

      public init(
        consecutive5xxErrors: Int, interval: Duration, baseEjectionTime: Duration, maxEjectionPercent: Int,
        minHealthPercent: Int
      ) {
        self.consecutive5xxErrors = consecutive5xxErrors
        self.interval = interval
        self.baseEjectionTime = baseEjectionTime
        self.maxEjectionPercent = maxEjectionPercent
        self.minHealthPercent = minHealthPercent
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping()
        mapping.add("consecutive5xxErrors", consecutive5xxErrors)
        mapping.add("interval", interval)
        mapping.add("baseEjectionTime", baseEjectionTime)
        mapping.add("maxEjectionPercent", maxEjectionPercent)
        mapping.add("minHealthPercent", minHealthPercent)
        return mapping.tree
      }
    }

    /// <https://istio.io/latest/docs/reference/config/networking/destination-rule/#Subset>
    public struct Subset: Sendable, Hashable, ManifestPart {
      public var name: String
      /// Of its pods, beside those of the Service.
      public var labels: [String: String]

      public init(name: String, labels: [String: String]) {
        self.name = name
        self.labels = labels
      }

      var tree: YAMLTree {
        var mapping = YAMLMapping([("name", .text(name))])
        mapping.add("labels", texts: labels)
        return mapping.tree
      }
    }

    public var content: [YAMLTree.Entry] {
      let policy = YAMLMapping([
        ("loadBalancer", loadBalancer.tree), ("connectionPool", connectionPool.tree),
        ("outlierDetection", outlierDetection.tree),
      ])
      var spec = YAMLMapping([("host", .text(host)), ("trafficPolicy", policy.tree)])
      spec.add("subsets", list: subsets)
      return YAMLMapping.spec(spec)
    }
  }
}

/// One route of requests to an agent through the mesh (one entry of `routing_rules`).
public struct RoutingRule: Sendable, Hashable {
  /// All must hold; in the order of the file.
  public var headers: [HeaderMatch] = []
  public var pathPrefix = "/"
  public var port = 8080
  /// Percent of the requests that fit this match. Rules with the same headers, prefix and port share them: their
  /// weights sum to 100, where one of them that gives none has been given the rest.
  public var weight = 100
  /// Whether the file gives the weight.
  public var weightGiven = false
  public var subset: String?
  public var faultInjection: FaultInjection?
  public var retryPolicy: RetryPolicy?
  public var timeout: Duration?

  public init() {}

  public struct HeaderMatch: Sendable, Hashable {
    public enum Test: Sendable, Hashable {
      case exact(String)
      case prefix(String)
      case regex(String)
    }

    public var name: String
    public var test: Test

    public init(name: String, test: Test) {
      self.name = name
      self.test = test
    }
  }

  public struct FaultInjection: Sendable, Hashable {
    public var delay: Delay?
    public var abort: Abort?

    public init() {}

    public struct Delay: Sendable, Hashable {
      /// 0 to 100.
      public var percent = 100.0
      public var fixedDelay: Duration = .zero

      public init() {}
    }

    public struct Abort: Sendable, Hashable {
      /// 0 to 100.
      public var percent = 100.0
      /// 200 to 599.
      public var httpStatus = 0

      public init() {}
    }
  }

  public struct RetryPolicy: Sendable, Hashable {
    /// Tries after the first.
    public var attempts = 2
    public var perTryTimeout: Duration?
    /// Envoy's conditions, or status codes.
    public var retryOn = ["connect-failure", "refused-stream", "unavailable", "cancelled", "503"]

    public init() {}
  }
}

/// A named part of an agent's pods (one entry of `subsets`).
public struct Subset: Sendable, Hashable {
  public var name: String
  /// Labels of its pods.
  public var labels: [String: String]

  public init(name: String, labels: [String: String]) {
    self.name = name
    self.labels = labels
  }
}

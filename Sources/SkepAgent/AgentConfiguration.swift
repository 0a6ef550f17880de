public import FleetModel
import FoundationEssentials

/// Who an agent is, where it listens and whom it tells.
public struct AgentConfiguration: Sendable {
  public var agentID: AgentID
  public var namespace: String
  /// Where it listens; loopback unless told otherwise.
  public var host: String
  /// 0 picks a free one.
  public var port: Int
  /// The host by which others reach it; `nil` takes ``host``, or loopback where that is a wildcard.
  public var advertisedHost: String?
  /// The control plane's address, such as `http://127.0.0.1:7540`; `nil` registers nowhere.
  public var server: String?
  /// A file with the bearer token for the control plane; read anew for each call, so that it may be rotated.
  public var tokenFile: String?
  /// Free labels for the registration.
  public var labels: [String: String]
  public var registration = RegistrationPolicy()
  /// How long the agent goes on serving, not ready any more, before it stops: time for load balancers to notice.
  public var drainDelay: Duration = .zero
  /// How long runs in flight may take to end after a stop was asked for; none by default. The agent stops as soon as there are none, so
  /// this is the bound and not the rule.
  public var drainTimeout: Duration = .zero
  /// How long requests that are left after that may take, before they are cancelled.
  public var shutdownGrace: Duration = .seconds(1)

  public init(
    agentID: AgentID, namespace: String = "multi-agents", host: String = "127.0.0.1", port: Int = 8080,
    advertisedHost: String? = nil, server: String? = nil, tokenFile: String? = nil, labels: [String: String] = [:]
  ) {
    self.agentID = agentID
    self.namespace = namespace
    self.host = host
    self.port = port
    self.advertisedHost = advertisedHost
    self.server = server
    self.tokenFile = tokenFile
    self.labels = labels
  }

  /// Reads `AGENT_ID` (required unless `defaultAgentID` is given), `NAMESPACE`, `HOST`, `PORT`, `ADVERTISED_HOST`,
  /// `SKEP_SERVER`, `SKEP_TOKEN_FILE` and `DRAIN_TIMEOUT` (whole seconds): what `skep up` and the generated Kubernetes objects set. Empty
  /// values count as absent.
  ///
  /// - Throws: ``Problem`` naming the variable, what is wrong and how to mend it.
  public init(environment: [String: String], defaultAgentID: String? = nil) throws(Problem) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    guard let name = value("AGENT_ID") ?? defaultAgentID else {
      throw Problem(variable: "AGENT_ID", reason: "is not set; set it to the agent's id, such as \"planner\"")
    }
    if let problem = DNSLabel.problem(in: name, maximumLength: AgentID.maximumLength) {
      throw Problem(variable: "AGENT_ID", reason: "is \"\(name)\", which \(problem)")
    }
    guard let agentID = try? AgentID(name) else {
      throw Problem(variable: "AGENT_ID", reason: "is \"\(name)\", which is no agent id")
    }
    var port = 8080
    if let text = value("PORT") {
      guard let number = UInt16(text) else {
        throw Problem(variable: "PORT", reason: "is \"\(text)\"; it must be a number from 0 to 65535")
      }
      port = Int(number)
    }
    self.init(
      agentID: agentID, namespace: value("NAMESPACE") ?? "multi-agents", host: value("HOST") ?? "127.0.0.1",
      port: port, advertisedHost: value("ADVERTISED_HOST"), tokenFile: value("SKEP_TOKEN_FILE"))
    if let text = value("DRAIN_TIMEOUT") {
      guard let seconds = UInt32(text) else {
        throw Problem(
          variable: "DRAIN_TIMEOUT", reason: "is \"\(text)\"; it must be a number of whole seconds, such as \"30\"")
      }
      drainTimeout = .seconds(Int64(seconds))
    }
    if let server = value("SKEP_SERVER") {
      let scheme = server.lowercased()
      guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://") else {
        throw Problem(
          variable: "SKEP_SERVER", reason: "is \"\(server)\"; it must be a URL such as \"http://127.0.0.1:7540\"")
      }
      self.server = server
    }
  }

  /// As ``init(environment:defaultAgentID:)``, from this process's own environment.
  public static func fromEnvironment(defaultAgentID: String? = nil) throws(Problem) -> AgentConfiguration {
    try AgentConfiguration(environment: ProcessInfo.processInfo.environment, defaultAgentID: defaultAgentID)
  }

  public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    public let variable: String
    public let reason: String

    public var description: String { "environment variable \(variable) \(reason)" }
  }

  /// `http://HOST:PORT` as others reach it.
  func address(port: Int) -> String { "http://" + instance(port: port) }

  /// `HOST:PORT` as others reach it: how the control plane names this process.
  func instance(port: Int) -> String {
    var host = advertisedHost ?? host
    if advertisedHost == nil, host == "0.0.0.0" { host = "127.0.0.1" }
    if advertisedHost == nil, host == "::" { host = "::1" }
    return host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// How an agent registers itself and stays known.
public struct RegistrationPolicy: Sendable, Hashable {
  public var heartbeatInterval: Duration = .seconds(10)
  /// The first wait after a failure; each further failure doubles it.
  public var firstRetry: Duration = .milliseconds(500)
  public var longestRetry: Duration = .seconds(30)
  public var requestTimeout: Duration = .seconds(5)
  /// What deregistering may take at most: short, since somebody waits for the process to end.
  public var farewellTimeout: Duration = .milliseconds(500)
  public var deregistration: Deregistration = .whenCreated

  public init() {}

  public enum Deregistration: Sendable, Hashable {
    case never
    /// Only where this process's registration made the server's entry; one that was there before (made by `skep up`, the
    /// system file or an earlier run) stays.
    case whenCreated
    case always
  }
}

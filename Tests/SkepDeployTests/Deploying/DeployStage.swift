import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import SkepDeploy
import TestSupport
import Testing

/// A cluster for one test, in which pods become ready at once unless the test says otherwise.
final class DeployStage: Sendable {
  let stand: ClusterStand

  init() async throws {
    stand = try await ClusterStand.start()
    // What every namespace gets is there before a test looks.
    _ = stand.settle()
  }

  func end() async { await stand.stop() }

  /// Its pods are not even made, for a reason that no waiting mends.
  func breakImage(_ image: String) { stand.setBehaviour(.refused(Self.refusal), ofImage: image) }

  static let refusal = "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false"

  /// What Skep asked for.
  var skepRequests: [StandLogEntry] { stand.requests.filter { $0.userAgent == "skep-test" } }

  var skepWrites: [StandLogEntry] {
    skepRequests.filter { ["create", "update", "patch", "apply", "delete"].contains($0.verb) && !$0.isDryRun }
  }

  func with<Value>(
    attempts: Int = 4, _ body: (ClusterClient) async throws -> Value
  ) async throws -> Value {
    // A busy machine takes long to connect and to answer.
    var settings = ClusterClientSettings(
      userAgent: "skep-test", connectTimeout: .seconds(300), requestTimeout: .seconds(300))
    settings.attempts = attempts
    settings.firstPause = .milliseconds(1)
    settings.longestPause = .milliseconds(2)
    let client = try ClusterClient(ClusterConnection(server: stand.url), settings: settings)
    do {
      let value = try await body(client)
      await client.shutdown()
      return value
    } catch {
      await client.shutdown()
      throw error
    }
  }

  /// Applies with what a test needs.
  func apply(
    _ system: FleetSystem, attempts: Int = 4, _ change: (inout DeployOptions) -> Void = { _ in },
    report: @escaping @Sendable (DeployProgress) -> Void = { _ in }
  ) async throws -> DeploymentResult {
    var options = DeployOptions()
    options.timeout = .seconds(600)
    change(&options)
    let request = try RenderedSystem(system).deployRequest
    return try await with(attempts: attempts) { client in
      try await Self.deployer(client, system).apply(request, options, report: report)
    }
  }

  static func deployer(_ client: ClusterClient, _ system: FleetSystem) -> Deployer {
    Deployer(client, system: system.name, namespace: system.namespace, holder: "test@here", lease: lease)
  }

  /// Kept however long the machine stands still; those who wait see soon that its holder lives.
  static let lease = ClusterLease.Options(duration: .seconds(600), renewal: .seconds(2), deadline: .seconds(500))

  /// A run that was killed leaves its Lease; here it has run out.
  func forgetLock(_ system: FleetSystem) async throws {
    try await with { client in
      let id = Manifest.ID(
        group: "coordination.k8s.io", kind: "Lease", namespace: system.namespace, name: "skep-\(system.name)")
      _ = try await client.delete(id)
    }
  }

  /// Everything in the cluster that bears the system's labels.
  func own(_ system: FleetSystem) -> Set<Manifest.ID> {
    Set(
      stand.everything.map { LiveObject($0) }.filter {
        $0.labels["app.kubernetes.io/instance"] == system.name && !$0.hasOwner
      }.map(\.id))
  }

  /// Every value of every manifest is in the cluster.
  func expectIsAsRendered(_ system: FleetSystem, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let manifests = try RenderedSystem(system).manifests
    #expect(own(system) == Set(manifests.map(\.id)), sourceLocation: sourceLocation)
    for manifest in manifests {
      let live = stand.object(
        apiVersion: manifest.apiVersion, kind: manifest.kind, namespace: manifest.namespace ?? "", name: manifest.name)
      guard let live else {
        Issue.record("\(manifest.id) is not there", sourceLocation: sourceLocation)
        continue
      }
      let missing = live.firstMissing(of: manifest.json, path: "\(manifest.id)")
      #expect(missing == nil, sourceLocation: sourceLocation)
    }
  }
}

/// Systems for tests.
enum TestSystem {
  /// - Parameter agents: with what each depends on.
  static func make(
    _ agents: KeyValuePairs<String, [String]>, images: [String: String] = [:], name: String = "team"
  ) throws -> FleetSystem {
    var system = FleetSystem(name: name)
    system.namespace = "team-space"
    system.monitoring.kubernetes.namespace = "team-space"
    for (agent, others) in agents {
      var spec = AgentSpec(agentID: try AgentID(agent))
      spec.image = images[agent] ?? "registry.example/\(agent):1.0"
      spec.dependsOn = try others.map { try AgentID($0) }
      system.agents.append(spec)
    }
    return system
  }
}

public import ClusterControl
public import DeployPlan
import FleetModel

/// Brings systems into a cluster from a Swift program: what `skep deploy apply`, `status` and `rollback` do.
///
/// ```swift
/// let client = try ClusterClient(try await ClusterConnection.load())
/// let orchestrator = MultiAgentOrchestrator(client)
/// let result = await orchestrator.deploy(system: system)
/// if !result.success { print(result.errors) }
/// await client.shutdown()
/// ```
public struct MultiAgentOrchestrator: Sendable {
  private let client: ClusterClient
  private let options: DeployOptions
  private let holder: String
  private let lease: ClusterLease.Options

  /// - Parameters:
  ///   - holder: who applies, for those who find the system's lock taken.
  ///   - lease: how that lock is kept.
  public init(
    _ client: ClusterClient, options: DeployOptions = DeployOptions(), holder: String = "skep",
    lease: ClusterLease.Options = ClusterLease.Options()
  ) {
    self.client = client
    self.options = options
    self.holder = holder
    self.lease = lease
  }

  /// Renders the system, applies it, and waits until every agent is ready.
  ///
  /// - Parameter report: told what happens meanwhile.
  /// - Returns: what is in place, whether it went well or not; what never began is an error in it.
  public func deploy(
    system: FleetSystem, report: @escaping @Sendable (DeployProgress) -> Void = { _ in }
  ) async -> DeploymentResult {
    let request: DeployRequest
    do throws(RenderingError) { request = try RenderedSystem(system).deployRequest } catch {
      return Self.nothing(system.name, system.namespace, error.diagnostics.map(\.description))
    }
    do throws(DeployFailure) {
      return try await deployer(system.name, system.namespace).apply(request, options, report: report)
    } catch {
      return Self.nothing(system.name, system.namespace, [error.message])
    }
  }

  /// The newest deployment of the system, and how its agents are now.
  ///
  /// - Throws: ``DeployFailure`` where the cluster does not say.
  public func status(of system: FleetSystem) async throws(DeployFailure) -> SystemStanding {
    try await deployer(system.name, system.namespace).status()
  }

  /// Applies once more what an earlier deployment applied.
  ///
  /// - Parameter id: `nil` for the last that went well before the one in force.
  /// - Returns: as ``deploy(system:report:)``.
  public func rollback(
    _ system: FleetSystem, to id: DeploymentID? = nil, report: @escaping @Sendable (DeployProgress) -> Void = { _ in }
  ) async -> DeploymentResult {
    do throws(DeployFailure) {
      return try await deployer(system.name, system.namespace).rollback(to: id, options, report: report)
    } catch {
      return Self.nothing(system.name, system.namespace, [error.message])
    }
  }

  private func deployer(_ system: String, _ namespace: String) -> Deployer {
    Deployer(client, system: system, namespace: namespace, holder: holder, lease: lease)
  }

  private static func nothing(_ system: String, _ namespace: String, _ errors: [String]) -> DeploymentResult {
    DeploymentResult(
      id: DeploymentID(at: Timestamp(milliseconds: 0)), system: system, namespace: namespace, state: .failed,
      errors: errors)
  }
}

extension RenderedSystem {
  /// The system as a cluster is to get it.
  public var deployRequest: DeployRequest {
    DeployRequest(
      system: system.name, namespace: system.namespace, manifests: manifests,
      dependsOn: DeployOrder.dependencies(in: system))
  }
}

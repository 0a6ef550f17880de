/// The control plane in the cluster, beside the agents that it watches (`control_plane`).
public struct ControlPlaneOptions: Sendable, Hashable {
  /// May carry a tag or a digest; has `skep` in its `PATH`.
  public var image = ""
  public var tag = "latest"
  /// A Secret of the namespace with the keys `tokens`, the token file of the server, and `agent`, the token that agents send spans
  /// with.
  public var tokens = ""
  /// A Kubernetes quantity; how large the volume is that holds what outlives a restart. It cannot be changed by an apply.
  public var storage = "10Gi"
  /// `nil` for the cluster's default.
  public var storageClass: String?
  public var resources = ControlPlaneOptions.usualResources
  /// ConfigMaps of the namespace whose keys lie as files beside the system file.
  public var configMaps: [String] = []
  /// The same for Secrets.
  public var secrets: [String] = []
  /// The system file that it runs with: canonical YAML, one environment's overlay laid onto it, without what only concerns the agents'
  /// processes. `nil` for a system made in code, which cannot be rendered without.
  public var document: String?

  public init() {}

  private static var usualResources: AgentSpec.Resources {
    var resources = AgentSpec.Resources()
    resources.cpuRequest = "250m"
    resources.memoryRequest = "512Mi"
    resources.cpuLimit = "2"
    resources.memoryLimit = "2Gi"
    return resources
  }

  /// The image with its tag, or with its digest alone; `nil` for what is no image.
  var fullImage: String? {
    guard let reference = ImageReference(image) else { return nil }
    return reference.tag == nil && reference.digest == nil ? "\(image):\(tag)" : image
  }
}

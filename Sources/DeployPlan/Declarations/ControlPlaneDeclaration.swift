import FleetModel

/// The key `control_plane`.
enum ControlPlaneDeclaration {
  static var shape: Shape<ControlPlaneOptions> {
    typealias F = Field<ControlPlaneOptions>
    let name = Shapes.text { NameRules.dnsSubdomain($0) }
    return .object(
      ControlPlaneOptions(),
      [
        F(
          "image", \.image, Shapes.text(check: ImageReference.flaw), required: true,
          "container image of Skep, with skep in its PATH; may carry a tag or a digest"),
        F(
          "tag", \.tag, Shapes.looseText(pattern: ImageReference.tagPattern, check: ImageReference.tagFlaw),
          "the image's tag"),
        F(
          "tokens", \.tokens, name, required: true,
          "a Secret of the namespace with the keys tokens, Skep's token file, and agent, the token that agents send spans with"
        ),
        F(
          "storage", \.storage, Shapes.quantity,
          "size of the volume for what outlives a restart; no apply can change it"),
        F("storage_class", optional: \.storageClass, name, "the volume's storage class; the cluster's default without"),
        F(
          "resources", \.resources, AgentDeclaration.resources(of: ControlPlaneOptions().resources),
          "Kubernetes requests and limits"),
        F(
          "config_maps", \.configMaps, Shapes.list(name),
          "ConfigMaps of the namespace whose keys lie as files beside the system file"),
        F("secrets", \.secrets, Shapes.list(name), "the same for Secrets"),
      ])
  }
}

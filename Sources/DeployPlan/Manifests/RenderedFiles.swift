/// One file of what is rendered.
public struct RenderedFile: Sendable, Hashable {
  /// Below the folder that is written to: `agents/planner.yaml`.
  public var path: String
  public var text: String

  public init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}

/// Manifests as files, one for each agent. A file's name depends on what is in it alone, so that a change to one agent
/// changes one file.
///
/// Names begin so that `kubectl apply --recursive`, which goes by the alphabet, finds the Namespace first.
public struct RenderedFiles: Sendable {
  public enum Form: Sendable, Hashable, CaseIterable {
    /// For `kubectl apply --recursive --filename DIRECTORY`.
    case directory
    /// The same with a `kustomization.yaml` that names the files, for overlays of one's own.
    case kustomize
  }

  /// Sorted by path, but for `kustomization.yaml`, which comes first.
  public let files: [RenderedFile]

  public init(_ manifests: [Manifest], form: Form) {
    var byPath: [String: [Manifest]] = [:]
    for manifest in manifests { byPath[Self.path(of: manifest), default: []].append(manifest) }
    let files = byPath.sorted { $0.key < $1.key }.map { path, manifests in
      RenderedFile(path: path, text: ManifestText.yaml(manifests))
    }
    self.files = (form == .kustomize ? [Self.kustomization(of: files.map(\.path))] : []) + files
  }

  private static func path(of manifest: Manifest) -> String {
    let labels = manifest.labels
    let component = labels["app.kubernetes.io/component"] ?? "others"
    if component == "agent", let agent = labels["agent-id"] { return "agents/\(agent).yaml" }
    return switch component {
    case "system": "00-namespace.yaml"
    case "access": "10-access.yaml"
    case "mesh": "20-mesh.yaml"
    // ConfigMaps hold whole files: each is a file of its own.
    default: "\(component)/\(manifest.kind.lowercased())-\(manifest.name).yaml"
    }
  }

  /// <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>
  private static func kustomization(of paths: [String]) -> RenderedFile {
    var mapping = YAMLMapping([
      ("apiVersion", .text("kustomize.config.k8s.io/v1beta1")), ("kind", .text("Kustomization")),
    ])
    mapping.add("resources", YAMLTree.sequence(paths.map { .text($0) }))
    return RenderedFile(path: "kustomization.yaml", text: CanonicalYAML.text(of: mapping.tree))
  }
}

/// Manifests as the texts that `kubectl` takes. The same manifests give the same bytes.
public enum ManifestText {
  /// One YAML stream: documents parted by `---`. Empty for no manifests.
  public static func yaml(_ manifests: [Manifest]) -> String {
    var text = ""
    for (index, manifest) in manifests.enumerated() {
      if index > 0 { text += "---\n" }
      CanonicalYAML.append(manifest.tree, to: &text)
    }
    return text
  }

  /// One JSON document.
  public static func json(_ manifest: Manifest) -> String { CanonicalJSON.text(of: manifest.tree) }

  /// One JSON document for all: an object of kind `List`, as `kubectl get -o json` gives it.
  public static func json(_ manifests: [Manifest]) -> String {
    var list = YAMLMapping([("apiVersion", .text("v1")), ("kind", .text("List"))])
    list.add("items", YAMLTree.sequence(manifests.map(\.tree)))
    return CanonicalJSON.text(of: list.tree)
  }
}

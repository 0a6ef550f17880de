import FleetModel

/// What must hold for a control plane to run in the cluster with the rest of the file.
enum ControlPlaneChecks {
  /// Keys of agents that only concern their processes: no business of the control plane's, and often full of secrets.
  private static let agentKeys: Set = ["environment", "command"]

  static func run(_ system: inout FleetSystem, _ tree: YAMLTree, _ reader: Reader) {
    guard system.controlPlane != nil else { return }
    checkFiles(system, reader)
    let document = document(of: tree)
    if let secret = secret(in: document, reader) {
      reader.error(
        "control_plane", at: secret.place,
        "line \(secret.place.line) holds a secret, which everybody may read in the ConfigMap that the control plane gets the file from",
        mend: "name a file there (such as \"password_file\"), and the Secret that has it under control_plane.secrets")
    }
    system.controlPlane?.document = CanonicalYAML.text(of: document)
  }

  /// In the cluster all files lie in one folder.
  private static func checkFiles(_ system: FleetSystem, _ reader: Reader) {
    let named =
      system.ruleFiles.enumerated().map { (Path.index($0, in: "rule_files"), $1) }
      + system.templates.enumerated().map { (Path.index($0, in: "templates"), $1) }
      + (system.alertmanagerConfig.map { [("alertmanager_config", $0)] } ?? [])
    for (path, file) in named where reader.isSound(path) {
      guard file.utf8.contains(UInt8(ascii: "/")) else { continue }
      reader.error(
        path,
        "\"\(YAMLTree.shortened(file))\" is in a folder, and the control plane has all files beside the system file",
        mend: "put it there, and the ConfigMap that holds it under control_plane.config_maps")
    }
  }

  /// Without what others are to read elsewhere.
  private static func document(of tree: YAMLTree) -> YAMLTree {
    var document = tree
    document.content = .mapping(
      tree.entries.filter { $0.key != "environments" && !$0.key.hasPrefix("x-") }.map { entry in
        guard entry.key == "agents", case .sequence(let agents) = entry.value.content else { return entry }
        var entry = entry
        entry.value.content = .sequence(
          agents.map { agent in
            guard case .mapping(let keys) = agent.content else { return agent }
            var agent = agent
            agent.content = .mapping(keys.filter { !agentKeys.contains($0.key) })
            return agent
          })
        return entry
      })
    return document
  }

  /// The first text that the declaration calls a secret, or that has a password in its address. Trees are of bounded depth.
  private static func secret(in tree: YAMLTree, _ reader: Reader) -> YAMLTree? {
    switch tree.content {
    case .scalar(let text, _):
      let isSecret =
        reader.secretPlaces.contains(tree.place) || (text.contains("://") && WebAddress.shown(text) != text)
      return isSecret ? tree : nil
    case .sequence(let items):
      for item in items { if let found = secret(in: item, reader) { return found } }
    case .mapping(let entries):
      for entry in entries { if let found = secret(in: entry.value, reader) { return found } }
    }
    return nil
  }
}

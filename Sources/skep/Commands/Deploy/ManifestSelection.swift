import DeployPlan
import FleetModel

/// What `--only` names: agents by id, kinds, single objects as `Kind/name`.
struct ManifestSelection {
  private enum Word {
    case agent(String)
    case kind(String)
    case object(kind: String, name: String)
  }

  private let words: [Word]

  /// Without words everything is selected.
  ///
  /// - Throws: ``CommandFailure`` for a word that fits none of `manifests`.
  init(_ texts: [String], of manifests: [Manifest], system: FleetSystem) throws(CommandFailure) {
    var words: [Word] = []
    let agents = Set(system.agents.map(\.agentID.name))
    let kinds = Set(manifests.map { $0.kind.lowercased() })
    for text in texts {
      let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2 {
        words.append(.object(kind: parts[0].lowercased(), name: parts[1]))
        guard manifests.contains(where: { $0.kind.lowercased() == parts[0].lowercased() && $0.name == parts[1] }) else {
          let names = manifests.filter { $0.kind.lowercased() == parts[0].lowercased() }.map(\.name)
          throw .badInput(
            "--only: there is no \(text)"
              + (names.isEmpty
                ? Self.known(kinds, agents) : "; those of this kind are \(names.joined(separator: ", "))"))
        }
      } else if agents.contains(text) {
        words.append(.agent(text))
      } else if kinds.contains(text.lowercased()) {
        words.append(.kind(text.lowercased()))
      } else {
        throw .badInput("--only: \"\(text)\" is neither an agent nor a kind\(Self.known(kinds, agents))")
      }
    }
    self.words = words
  }

  private static func known(_ kinds: Set<String>, _ agents: Set<String>) -> String {
    let shown = agents.sorted().prefix(20).joined(separator: ", ") + (agents.count > 20 ? ", …" : "")
    return "; agents are \(shown), kinds are \(kinds.sorted().joined(separator: ", "))"
  }

  var isEverything: Bool { words.isEmpty }

  func contains(_ manifest: Manifest) -> Bool {
    words.isEmpty
      || words.contains { word in
        switch word {
        case .agent(let id): manifest.labels["agent-id"] == id
        case .kind(let kind): manifest.kind.lowercased() == kind
        case .object(let kind, let name): manifest.kind.lowercased() == kind && manifest.name == name
        }
      }
  }
}

import FleetModel

/// What an integration must have, once what the `global` section says has been filled in.
enum ReceiverChecks {
  /// - Parameter path: that of the list.
  static func run(_ receivers: [Receiver], in path: String, _ reader: Reader) {
    for (index, receiver) in receivers.enumerated() {
      let path = Path.index(index, in: path)
      guard reader.isSound(path) else { continue }
      for lack in receiver.lacks {
        let integration = Path.index(lack.index, in: Path.key(lack.kind, in: path))
        guard reader.isSound([integration] + lack.keys.map { Path.key($0, in: integration) }) else { continue }
        let names = lack.keys.map { "\"\($0)\"" }.joined(separator: ", ")
        reader.error(
          integration, lack.keys.count > 1 ? "needs one of \(names)" : "lacks the key \(names)",
          mend: "give it here or as \(lack.global) in global", spoils: [])
      }
    }
  }
}

extension Receiver {
  /// Something that neither an integration nor the `global` section says.
  struct Lack: Hashable {
    var kind: String
    var index: Int
    /// One of them is needed.
    var keys: [String]
    /// The key of `global` that would do.
    var global: String
  }

  var lacks: [Lack] {
    var lacks: [Lack] = []
    for (index, slack) in slacks.enumerated() where slack.apiURL == nil && slack.apiURLFile == nil {
      lacks.append(
        Lack(kind: "slack_configs", index: index, keys: ["api_url", "api_url_file"], global: "slack_api_url"))
    }
    for (index, opsgenie) in opsgenies.enumerated() where opsgenie.apiKey == nil && opsgenie.apiKeyFile == nil {
      lacks.append(
        Lack(kind: "opsgenie_configs", index: index, keys: ["api_key", "api_key_file"], global: "opsgenie_api_key"))
    }
    for (index, email) in emails.enumerated() {
      if email.smarthost == nil {
        lacks.append(Lack(kind: "email_configs", index: index, keys: ["smarthost"], global: "smtp_smarthost"))
      }
      if email.from == nil {
        lacks.append(Lack(kind: "email_configs", index: index, keys: ["from"], global: "smtp_from"))
      }
    }
    return lacks
  }
}

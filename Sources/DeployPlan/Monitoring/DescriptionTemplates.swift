import FleetModel

/// Turns the texts of Skep's rules into Go templates, which Prometheus fills in
/// (<https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#templating>).
enum DescriptionTemplates {
  /// What stands for the placeholders of a description: Go templates, or texts that hold no brace.
  struct Replacements: Sendable {
    var metricName: String
    var value = "{{ $value }}"
    var threshold: String

    fileprivate func replacement(atStartOf text: Substring) -> (placeholder: String, text: String)? {
      let known = [
        ("{agent_id}", "{{ $labels.agent_id }}"), ("{metric_name}", metricName), ("{value}", value),
        ("{threshold}", threshold),
      ]
      return known.first { text.hasPrefix($0.0) }
    }
  }

  /// The description of a rule whose texts are no templates in Skep: its other braces mean themselves.
  static func plain(_ description: String, _ replacements: Replacements) -> String {
    fill(description, replacements) { _ in nil }
  }

  /// The description of an expression rule, which may hold templates of its own.
  static func template(_ description: String, _ replacements: Replacements) -> String {
    fill(description, replacements) { rest in
      rest.hasPrefix("{{") ? rest.firstRange(of: "}}")?.upperBound ?? rest.endIndex : nil
    }
  }

  /// A text that is to come out as it is.
  static func literal(_ text: String) -> String {
    text.contains("{{") ? text.replacing("{{", with: "{{ \"{{\" }}") : text
  }

  private static func fill(
    _ description: String, _ replacements: Replacements, action: (Substring) -> String.Index?
  ) -> String {
    var text = ""
    var rest = description[...]
    while let open = rest.firstIndex(of: "{") {
      text += rest[..<open]
      rest = rest[open...]
      if let end = action(rest) {
        text += rest[..<end]
        rest = rest[end...]
      } else if let (placeholder, replacement) = replacements.replacement(atStartOf: rest) {
        text += replacement
        rest = rest.dropFirst(placeholder.count)
      } else {
        rest = rest.dropFirst()
        // Two braces begin an action, wherever the second comes from.
        text += rest.hasPrefix("{") ? "{{ \"{\" }}" : "{"
      }
    }
    return text + rest
  }
}

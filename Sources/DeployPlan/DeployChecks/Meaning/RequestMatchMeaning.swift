/// What a route of a VirtualService matches.
struct RequestMatchMeaning {
  static func run(_ match: CheckedNode, _ findings: inout ObjectFindings) {
    for key in ["uri", "scheme", "method", "authority"] { text(match[key], &findings) }
    for key in ["headers", "queryParams", "withoutHeaders"] {
      for entry in match[key]?.entries ?? [] {
        if key != "queryParams",
          let flaw = NameRules.headerName(entry.key.hasPrefix(":") ? String(entry.key.dropFirst()) : entry.key)
        {
          findings.add(
            .badMatch, key: entry.place, path: entry.value.path, "\"\(YAMLTree.shortened(entry.key))\" \(flaw.problem)",
            mend: flaw.mend)
        }
        text(entry.value, &findings)
      }
    }
    for kind in ["exact", "prefix"] {
      guard let node = match["uri"]?[kind], let text = node.string, !text.isEmpty, !text.hasPrefix("/") else {
        continue
      }
      findings.add(
        .badMatch, at: node, "no path begins like \"\(YAMLTree.shortened(text))\"", mend: "begin it with \"/\"")
    }
    PodMeaning.portNumber(match["port"], &findings)
  }

  private static func text(_ node: CheckedNode?, _ findings: inout ObjectFindings) {
    guard let node, let regex = node["regex"], let text = regex.string else { return }
    if let flaw = PatternSyntax.flaw(in: text) {
      findings.add(.badMatch, at: regex, "the pattern \(flaw.problem)", mend: flaw.mend ?? "write it as RE2 takes it")
    }
  }
}

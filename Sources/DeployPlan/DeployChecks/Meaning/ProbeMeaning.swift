/// Probes of a container.
struct ProbeMeaning {
  private static let handlers = ["exec", "httpGet", "tcpSocket", "grpc"]

  static func run(_ container: CheckedNode, _ findings: inout ObjectFindings) {
    let names = Set((container["ports"]?.items ?? []).compactMap { $0["name"]?.string })
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
      guard let probe = container[kind] else { continue }
      oneHandler(probe, &findings)
      for handler in ["httpGet", "tcpSocket", "grpc"] { port(probe[handler]?["port"], names, &findings) }
      if let threshold = probe["successThreshold"], let value = threshold.integer, value != 1, kind != "readinessProbe"
      {
        findings.add(.badProbe, at: threshold, "must be 1 for a \(kind)", mend: "write 1, or remove it")
      }
      for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold", "successThreshold"] {
        guard let node = probe[key], let value = node.integer, value < 0 else { continue }
        findings.add(.badProbe, at: node, "\(value) is below zero", mend: "write a number")
      }
    }
    for kind in ["postStart", "preStop"] {
      guard let hook = container["lifecycle"]?[kind] else { continue }
      for handler in ["httpGet", "tcpSocket"] { port(hook[handler]?["port"], names, &findings) }
    }
  }

  private static func oneHandler(_ probe: CheckedNode, _ findings: inout ObjectFindings) {
    let given = handlers.filter { probe[$0] != nil }
    if given.count == 1 { return }
    findings.add(
      .badProbe, at: probe, given.isEmpty ? "asks nothing" : "asks by \(given.joined(separator: " and "))",
      mend: "give one of \(handlers.joined(separator: ", "))")
  }

  private static func port(_ node: CheckedNode?, _ names: Set<String>, _ findings: inout ObjectFindings) {
    guard let node else { return }
    PodMeaning.portNumber(node, &findings)
    guard let name = node.string, !names.contains(name) else { return }
    let nearest = KeyDistance.nearest(to: name, among: names.sorted())
    findings.add(
      .badProbe, at: node, "the container has no port named \"\(YAMLTree.shortened(name))\"",
      mend: nearest.map { "did you mean \"\($0)\"?" }
        ?? (Int(name) != nil ? "write \(name) without quotes" : "name one under ports"))
  }
}

extension AlertScenario {
  /// An `alertmanager.yml` with a receiver and a way of that name for each of `receivers`.
  ///
  /// - Parameters:
  ///   - root: keys of the root route, in braces' manner; the first receiver is its.
  ///   - routes: its children.
  ///   - more: further top keys, a line each.
  static func yaml(
    _ root: String = "group_by: [alertname]", routes: [String] = [], receivers: [String] = ["all"], more: String = ""
  ) -> String {
    let ways = receivers.map { "- {name: \($0), webhook_configs: [{url: \"WEBHOOK/\($0)\"}]}" }
    return yaml(root, routes: routes, first: receivers[0], receiverList: ways.joined(separator: "\n"), more: more)
  }

  /// The same with the entries of `receivers` as they are to stand.
  static func yaml(
    _ root: String = "group_by: [alertname]", routes: [String] = [], first: String, receiverList: String,
    more: String = ""
  ) -> String {
    let timing = ["group_wait: 1s", "group_interval: 2s", "repeat_interval: 1h"].filter { line in
      !root.contains(line.prefix { $0 != ":" })
    }
    let keys = (["receiver: \(first)"] + timing + (root.isEmpty ? [] : [root])).joined(separator: ", ")
    return """
      route:
        {\(keys), routes: [\(routes.map { "{\($0)}" }.joined(separator: ", "))]}
      receivers:
      \(receiverList)
      \(more)

      """
  }
}

import FleetModel

extension CollectionTarget {
  /// Reads the body of a registration. Unknown keys are ignored: agents may be newer than this server.
  ///
  /// - Throws: ``APIError`` with everything that is missing or wrong.
  init(document: JSONValue) throws(APIError) {
    var fields = try FieldReader(document)
    fields.require("agent_id")
    var agentID: AgentID?
    if let name = fields.string("agent_id") {
      do { agentID = try AgentID(name) } catch { fields.add(problem: "\(error)") }
    }
    let metricsEndpoint = fields.string("metrics_endpoint")
    let healthEndpoint = fields.string("health_endpoint")
    let pid: Int32? = fields.integer("pid", in: 1...Int32.max)
    let labels = fields.strings("labels") ?? [:]
    var addresses: [String?] = []
    for (key, endpoint) in [("metrics_endpoint", metricsEndpoint), ("health_endpoint", healthEndpoint)] {
      guard let endpoint else { continue }
      let address = EndpointAddress.hostAndPort(of: endpoint)
      if address == nil {
        fields.add(
          problem: "\(key) \"\(endpoint)\" is not an absolute URL; write one such as http://127.0.0.1:8080/metrics")
      }
      addresses.append(address)
    }
    let instance = fields.string("instance")
    try fields.finish("registration")
    guard let agentID else { preconditionFailure("BUG: a registration without agent_id passed the check") }
    // With nothing to ask or look at, the agent's heartbeats alone tell of it.
    let name = instance ?? addresses.lazy.compactMap(\.self).first ?? pid.map { "\(agentID):\($0)" } ?? agentID.name
    self.init(
      agentID: agentID, instance: name, metricsEndpoint: metricsEndpoint, healthEndpoint: healthEndpoint, pid: pid,
      labels: labels)
  }
}

/// `HOST:PORT` of an endpoint, which names the instance behind it.
enum EndpointAddress {
  /// `nil` unless `url` is absolute, `http` or `https`, and names a host. The scheme's port is filled in.
  static func hostAndPort(of url: String) -> String? {
    let lower = url.lowercased()
    guard let (scheme, port) = [("http://", 80), ("https://", 443)].first(where: { lower.hasPrefix($0.0) }) else {
      return nil
    }
    var authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    guard let parts = HostAndPort(String(authority)) else { return nil }
    return "\(parts.bracketedHost):\(parts.port ?? port)"
  }
}

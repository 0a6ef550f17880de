import FleetModel

/// How one agent's metrics are collected.
struct MetricsTarget: Sendable, Hashable {
  var agent: AgentID
  var scheme = "http"
  /// `HOST:PORT` of an absolute endpoint; `nil` for the pods' own port.
  var address: String?
  var reference: EndpointReference
  var interval: Duration
  var timeout: Duration
  var honorLabels: Bool
  /// Whether the endpoint names a user or a password, which no configuration that is shown may hold.
  var hasCredentials = false

  init(_ agent: AgentSpec, of system: FleetSystem) {
    self.agent = agent.agentID
    interval = system.collectionInterval(of: agent)
    timeout = system.collectionTimeout(of: agent)
    honorLabels = agent.honorLabels
    switch agent.metrics {
    case .port(_, let path): reference = EndpointReference(path)
    case .url(let url):
      let place = EndpointAddress(url)
      scheme = place.scheme
      address = place.address
      hasCredentials = place.hasCredentials
      reference = place.reference
    }
  }

  /// What targets have in common that one ServiceMonitor, or one job, can serve.
  struct Settings: Sendable, Hashable {
    var reference: EndpointReference
    var interval: Duration
    var timeout: Duration
    var honorLabels: Bool
  }

  var settings: Settings {
    Settings(reference: reference, interval: interval, timeout: timeout, honorLabels: honorLabels)
  }
}

/// Path and query of an endpoint. Prometheus takes the query as parameters, decoded.
struct EndpointReference: Sendable, Hashable {
  struct Parameter: Sendable, Hashable {
    var name: String
    var value: String
  }

  /// Begins with `/`.
  var path: String
  var parameters: [Parameter]

  init(_ text: some StringProtocol) {
    let reference = text.prefix { $0 != "#" }
    let bare = reference.prefix { $0 != "?" }
    path = bare.isEmpty ? "/" : bare.hasPrefix("/") ? String(bare) : "/\(bare)"
    parameters = reference.dropFirst(bare.count + 1).split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return Parameter(name: Self.decoded(parts[0]), value: parts.count > 1 ? Self.decoded(parts[1]) : "")
    }
  }

  /// Whether labels can say the parameters (`__param_NAME`): each name is that of a label, and stands there once.
  var hasPlainParameters: Bool {
    Set(parameters.map(\.name)).count == parameters.count
      && parameters.allSatisfy { FleetLabels.seriesName(of: $0.name) == $0.name }
  }

  /// As Prometheus and the operator take them (`params`).
  static func tree(of parameters: [Parameter]) -> YAMLTree {
    var values: [String: [YAMLTree]] = [:]
    for parameter in parameters { values[parameter.name, default: []].append(.text(parameter.value)) }
    return YAMLMapping(values.sorted { $0.key < $1.key }.map { ($0.key, .sequence($0.value)) }).tree
  }

  private static func decoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// An absolute URL, taken apart. It was checked when the file was read.
struct EndpointAddress: Sendable, Hashable {
  var scheme: String
  /// `HOST:PORT`.
  var address: String
  var hasCredentials: Bool
  var reference: EndpointReference

  init(_ url: String) {
    let scheme = url.lowercased().hasPrefix("https://") ? "https" : "http"
    let rest = url.dropFirst(scheme.count + 3)
    var authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    reference = EndpointReference(rest[authority.endIndex...])
    hasCredentials = authority.contains("@")
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    let hasPort = authority.last != "]" && authority.contains(":")
    address = hasPort ? String(authority) : "\(authority):\(scheme == "https" ? 443 : 80)"
    self.scheme = scheme
  }
}

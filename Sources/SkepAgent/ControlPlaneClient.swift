import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// The calls that an agent makes to the control plane (SPEC §11).
struct ControlPlaneClient: Sendable {
  let http: HTTPClient
  /// Without a slash at its end.
  let server: String
  let tokenFile: String?
  let agentID: AgentID
  let timeout: Duration

  init(http: HTTPClient, server: String, tokenFile: String?, agentID: AgentID, timeout: Duration) {
    self.http = http
    self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
    self.tokenFile = tokenFile
    self.agentID = agentID
    self.timeout = timeout
  }

  struct Registration: Encodable, Sendable {
    var agentID: String
    var metricsEndpoint: String
    var healthEndpoint: String
    var pid: Int32
    var labels: [String: String]

    enum CodingKeys: String, CodingKey {
      case agentID = "agent_id"
      case metricsEndpoint = "metrics_endpoint"
      case healthEndpoint = "health_endpoint"
      case pid, labels
    }
  }

  /// - Returns: the status of the answer.
  func register(_ registration: Registration) async throws -> Int {
    try await call(.POST, "/fleet/v1/agents", body: try JSONEncoder().encode(registration))
  }

  func heartbeat() async throws -> Int {
    try await call(.POST, "/fleet/v1/agents/\(agentID)/heartbeat", body: Data("{}".utf8))
  }

  func deregister() async throws -> Int { try await call(.DELETE, "/fleet/v1/agents/\(agentID)", body: nil) }

  private func call(_ method: NIOHTTP1.HTTPMethod, _ path: String, body: Data?) async throws -> Int {
    var request = HTTPClientRequest(url: server + path)
    request.method = method
    if let body {
      request.headers.add(name: "content-type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    if let tokenFile {
      request.headers.add(name: "authorization", value: try BearerToken.header(fromFile: tokenFile))
    }
    let response = try await http.execute(request, timeout: .nanoseconds(timeout.wholeNanoseconds))
    // The answer's body says nothing that is needed; reading it lets the connection be used again.
    _ = try await response.body.collect(upTo: 1 << 20)
    return Int(response.status.code)
  }
}

extension Duration {
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : product &+ attoseconds / 1_000_000_000
  }
}

/// The header `authorization` of calls to the control plane.
enum BearerToken {
  /// A few bytes from a local or mounted file, read anew for each call, so that it may be rotated.
  static func header(fromFile file: String) throws -> String {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    return "Bearer " + String(decoding: text.utf8.trimmingWhiteSpace(), as: UTF8.self)
  }
}

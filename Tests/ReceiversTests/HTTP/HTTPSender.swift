import FleetModel
import NIOHTTP1
import Platform
import TestSupport

@testable import Receivers

/// A transport with connections of its own, closed with the test.
struct HTTPSender {
  let transport: HTTPTransport
  let time: SimulatedTime

  static func with(
    _ options: HTTPClientOptions = HTTPClientOptions(), _ body: (HTTPSender) async throws -> Void
  ) async throws {
    let connections = ReceiverConnections(connectTimeout: .seconds(300))
    let time = SimulatedTime()
    do {
      let transport = try HTTPTransport(
        options, at: "webhook_configs[0]", of: "night", connections: connections, time: time)
      try await body(HTTPSender(transport: transport, time: time))
      await connections.shutdown()
    } catch {
      await connections.shutdown()
      throw error
    }
  }

  /// One try; the failure, if it was one.
  func post(
    _ url: String, method: HTTPMethod = .POST, authorization: String? = nil, body: String = "{\"alerts\":[]}",
    verdict: HTTPVerdict = .plain
  ) async throws -> DeliveryFailure? {
    do {
      try await transport.send(within: .seconds(10), verdict: verdict) {
        [HTTPMessage(method: method, url: url, authorization: authorization, body: Array(body.utf8))]
      }
      return nil
    } catch let failure as DeliveryFailure {
      return failure
    }
  }
}

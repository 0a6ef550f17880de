public import FleetModel
public import Platform

/// Posts OTLP messages to a back end, as an `http_config` says.
public struct OTLPPost: Sendable {
  private let transport: HTTPTransport
  private let url: String
  private let headers: [(name: String, value: SecretText)]
  private let timeout: Duration

  /// - Parameters:
  ///   - endpoint: with the path that the messages go to.
  ///   - headers: further ones.
  ///   - timeout: of one try.
  ///   - place: of the options in the system file, for messages.
  /// - Throws: ``ReceiverError`` if the options could never work.
  public init(
    endpoint: String, headers: [String: SecretText], timeout: Duration, options: HTTPClientOptions, place: String,
    connections: ReceiverConnections, time: any TimeSource
  ) throws(ReceiverError) {
    transport = try HTTPTransport(options, at: place, of: endpoint, connections: connections, time: time)
    url = endpoint
    self.headers = headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    self.timeout = timeout
  }

  /// Makes one try.
  ///
  /// - Parameter body: protobuf in gzip.
  /// - Throws: `DeliveryFailure`, or `CancellationError`.
  public func send(_ body: [UInt8]) async throws {
    try await transport.send(within: timeout, verdict: .otlp) { [url, headers] in
      var message = HTTPMessage(url: url, body: body)
      message.contentType = "application/x-protobuf"
      message.headers = headers + [("Content-Encoding", SecretText("gzip"))]
      message.secrets = headers.map { $0.value.reveal() }
      return [message]
    }
  }
}

import AsyncHTTPClient
import FleetModel
import NIOCore
import NIOHTTP1
import NIOSSL
import Platform
import Synchronization

/// Carries requests to one server: connections are kept and used again, HTTP/2 where the server offers it.
final class ClusterTransport: Sendable {
  private let client: HTTPClient
  private let connection: ClusterConnection
  private let settings: ClusterClientSettings
  private let time: any TimeSource
  /// `scheme://host:port/path`, with the name of the certificate in place of the host.
  private let base: String
  /// `host:port`, as the server knows itself.
  private let authority: String
  private let isOver = Mutex(false)
  /// The TLS configuration for a certificate that a plug-in made.
  private let renewed = Mutex<(version: Int, configuration: TLSConfiguration)?>(nil)

  /// - Throws: ``ClusterError`` where certificates or the server's address cannot be used.
  init(
    _ connection: ClusterConnection, _ settings: ClusterClientSettings, time: any TimeSource
  ) throws(ClusterError) {
    self.connection = connection
    self.settings = settings
    self.time = time
    guard let address = ServerAddress(connection.server) else {
      throw ClusterError(
        .invalid, request: "connect",
        message: "\(connection.server) is no address of a server; write https://HOST:PORT")
    }
    var configuration = HTTPClient.Configuration()
    do throws(TLSMaterial.Problem) {
      configuration.tlsConfiguration = try TLSMaterial.configuration(
        connection.trust, connection.proof.ownCertificate)
    } catch {
      throw ClusterError(.untrusted, request: "connect to \(connection.server)", message: error.text)
    }
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = TimeAmount(settings.connectTimeout)
    // Above, what a request may do again is known; and a failure is to be told at once.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.idleTimeout = .seconds(30)
    // Requests are bounded above; watches are held open beside them.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 4_096
    if let proxy = connection.proxy { configuration.proxy = .server(host: proxy.host, port: proxy.port) }
    authority = address.authority
    if let name = connection.tlsServerName, name != address.host {
      configuration.dnsOverride = [name: address.host]
      base = address.naming(name)
    } else {
      base = address.text
    }
    client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
  }

  deinit {
    // Whoever forgot to shut down loses nothing but the moment at which connections close.
    if !isOver.withLock({ $0 }) { client.shutdown { _ in } }
  }

  /// Closes all connections; what is under way fails.
  func shutdown() async {
    let isFirst = isOver.withLock { isOver in
      defer { isOver = true }
      return !isOver
    }
    // What it reports are the requests that it ended.
    if isFirst { try? await client.shutdown() }
  }

  /// Sends once and reads the whole answer, for no longer than the settings allow.
  ///
  /// - Throws: ``ClusterError``, also for any status but 200 to 299.
  func exchange(_ request: ClusterRequest, _ credential: Credential) async throws(ClusterError) -> ClusterAnswer {
    do {
      return try await TimeLimit.run(settings.requestTimeout, by: time) {
        let response = try await self.send(request, credential, compressed: self.connection.wantsCompression)
        let body = try await self.body(of: response, for: request)
        let status = Int(response.status.code)
        let contentType = response.headers.first(name: "Content-Type") ?? ""
        guard (200..<300).contains(status) else {
          throw self.reading(response, body).error(for: request)
        }
        return ClusterAnswer(
          status: status, contentType: contentType, body: body,
          warnings: response.headers["Warning"].flatMap { WarningHeader.texts($0) })
      }
    } catch {
      throw ConnectionFailure.error(error, for: request, server: connection.server)
    }
  }

  /// Sends once and returns when the answer has begun.
  ///
  /// - Throws: ``ClusterError``, also for any status but 200 to 299.
  func open(_ request: ClusterRequest, _ credential: Credential) async throws(ClusterError) -> HTTPClientResponse {
    do {
      return try await TimeLimit.run(settings.requestTimeout, by: time) {
        let response = try await self.send(request, credential, compressed: false)
        guard (200..<300).contains(Int(response.status.code)) else {
          throw self.reading(response, try await self.body(of: response, for: request)).error(for: request)
        }
        return response
      }
    } catch {
      throw ConnectionFailure.error(error, for: request, server: connection.server)
    }
  }

  private func reading(_ response: HTTPClientResponse, _ body: [UInt8]) -> StatusReading {
    StatusReading(
      status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type") ?? "", body: body,
      retryAfter: response.headers.first(name: "Retry-After").flatMap { RetryAfter.parse($0, at: time.now()) })
  }

  private func send(
    _ request: ClusterRequest, _ credential: Credential, compressed: Bool
  ) async throws -> HTTPClientResponse {
    var outgoing = HTTPClientRequest(url: base + request.path)
    outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
    outgoing.headers.reserveCapacity(8)
    outgoing.headers.add(name: "Host", value: authority)
    outgoing.headers.add(name: "User-Agent", value: settings.userAgent)
    outgoing.headers.add(name: "Accept", value: request.accept)
    if compressed { outgoing.headers.add(name: "Accept-Encoding", value: "gzip") }
    if let authorization = credential.authorization {
      outgoing.headers.add(name: "Authorization", value: authorization.reveal())
    }
    for (name, value) in connection.impersonation.headers { outgoing.headers.add(name: name, value: value) }
    if let contentType = request.contentType {
      outgoing.headers.add(name: "Content-Type", value: contentType)
      outgoing.body = .bytes(ByteBuffer(bytes: request.body))
    }
    if let certificate = credential.certificate {
      outgoing.tlsConfiguration = try configuration(certificate, version: credential.version)
    }
    // The bound is the caller's, who cancels; this one only has to be later.
    return try await client.execute(outgoing, deadline: .now() + .hours(1))
  }

  private func configuration(_ certificate: ClientCertificate, version: Int) throws -> TLSConfiguration {
    if let known = renewed.withLock({ $0 }), known.version == version { return known.configuration }
    let configuration = try TLSMaterial.configuration(connection.trust, certificate)
    renewed.withLock { $0 = (version, configuration) }
    return configuration
  }

  private func body(of response: HTTPClientResponse, for request: ClusterRequest) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    let limit = settings.answerLimit
    if let length = response.headers.first(name: "Content-Length").flatMap({ Int($0) }), length <= limit {
      bytes.reserveCapacity(length)
    }
    for try await part in response.body {
      guard bytes.count + part.readableBytes <= limit else { throw tooLong(request) }
      bytes += part.readableBytesView
    }
    guard response.headers.first(name: "Content-Encoding")?.lowercased() == "gzip" else { return bytes }
    do {
      return try await MessageWork.incoming.decompressed(bytes, limit: limit)
    } catch {
      throw error == .malformed ? request.error(.malformedAnswer, "the answer's gzip is damaged") : tooLong(request)
    }
  }

  private func tooLong(_ request: ClusterRequest) -> ClusterError {
    request.error(.malformedAnswer, "the answer has more than \(settings.answerLimit) bytes")
  }
}

extension ClusterConnection.Proof {
  /// The certificate that the kubeconfig file itself gives.
  var ownCertificate: ClientCertificate? {
    switch self {
    case .certificate(let certificate), .both(let certificate, _): certificate
    default: nil
    }
  }
}

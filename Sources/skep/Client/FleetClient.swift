import AsyncHTTPClient
import ControlPlane
import NIOCore
import NIOHTTP1
import NIOSSL

/// Asks a running Skep over `/fleet/v1`.
struct FleetClient {
  let base: String
  private let token: String?
  private let client: HTTPClient

  /// Opens a client for the length of `body`.
  static func with<Result>(
    _ options: ClientOptions, _ body: (FleetClient) async throws -> Result
  ) async throws -> Result {
    try await with(options.server, options.credentials, body)
  }

  /// The same for a server that is named otherwise.
  static func with<Result>(
    _ server: String, _ credentials: CredentialOptions, _ body: (FleetClient) async throws -> Result
  ) async throws -> Result {
    let token = try credentials.tokenFile.map { file in
      String(decoding: try InputFile.read(file), as: UTF8.self)
        .split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
    }
    var base = server
    while base.hasSuffix("/") { base.removeLast() }
    guard base.hasPrefix("http://") || base.hasPrefix("https://") else {
      throw CommandFailure.badInput("--server \(server): write it as http://HOST:PORT")
    }
    var configuration = HTTPClient.Configuration()
    configuration.timeout.connect = .seconds(5)
    if let file = credentials.authorityFile {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.additionalTrustRoots = [.file(file)]
      configuration.tlsConfiguration = tls
    }
    // Nothing may throw between this and the shutdown: a client that is dropped open ends the process.
    let client = HTTPClient(configuration: configuration)
    do {
      let result = try await body(FleetClient(base: base, token: token, client: client))
      try await client.shutdown()
      return result
    } catch {
      try? await client.shutdown()
      throw error
    }
  }

  /// - Parameter patience: how long to wait for the answer.
  func get<Message: Decodable>(
    _ type: Message.Type, _ path: String, query: [(String, String?)] = [], within patience: Duration = .seconds(30)
  ) async throws -> Message {
    try decode(type, await send(.GET, path, query: query, deadline: .now() + TimeAmount(patience)))
  }

  /// The answer as it is, however long it takes.
  func getBytes(_ path: String, query: [(String, String?)]) async throws -> [UInt8] {
    try await send(.GET, path, query: query, deadline: .distantFuture)
  }

  func post(_ path: String, body: [UInt8]) async throws -> [UInt8] { try await send(.POST, path, body: body) }

  /// Waits as long as it takes, for work on all that is stored.
  func postLong<Message: Decodable>(_ type: Message.Type, _ path: String, body: [UInt8]? = nil) async throws -> Message
  {
    try decode(type, await send(.POST, path, body: body, deadline: .distantFuture))
  }

  /// As ``get(_:_:query:within:)``, however long it takes.
  func getLong<Message: Decodable>(
    _ type: Message.Type, _ path: String, query: [(String, String?)] = []
  ) async throws -> Message {
    try decode(type, await send(.GET, path, query: query, deadline: .distantFuture))
  }

  func delete(_ path: String) async throws { _ = try await send(.DELETE, path) }

  /// Hands on the pieces of an answer as they arrive, until it ends.
  func stream(_ path: String, query: [(String, String?)], _ piece: ([UInt8]) -> Void) async throws {
    let response = try await execute(request(.GET, path, query: query), deadline: .distantFuture)
    guard response.status == .ok else { throw try await refusal(response) }
    for try await buffer in response.body { piece(Array(buffer.readableBytesView)) }
  }

  private func send(
    _ method: HTTPMethod, _ path: String, query: [(String, String?)] = [], body: [UInt8]? = nil,
    deadline: NIODeadline? = nil
  ) async throws -> [UInt8] {
    var request = request(method, path, query: query)
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(body)
    }
    let response = try await execute(request, deadline: deadline ?? .now() + .seconds(30))
    guard (200..<300).contains(response.status.code) else { throw try await refusal(response) }
    let buffer = try await response.body.collect(upTo: 256 << 20)
    return Array(buffer.readableBytesView)
  }

  func request(_ method: HTTPMethod, _ path: String, query: [(String, String?)]) -> HTTPClientRequest {
    let items = query.compactMap { name, value in value.map { "\(name)=\(Self.percentEncode($0))" } }
    var request = HTTPClientRequest(url: base + path + (items.isEmpty ? "" : "?" + items.joined(separator: "&")))
    request.method = method
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    return request
  }

  func execute(_ request: HTTPClientRequest, deadline: NIODeadline) async throws -> HTTPClientResponse {
    do {
      return try await client.execute(request, deadline: deadline)
    } catch is CancellationError {
      throw CancellationError()
    } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
      throw CommandFailure.failed("\(base) does not answer in time")
    } catch {
      throw CommandFailure.failed(
        "cannot reach Skep at \(base) (\(Self.words(for: error))); start it with `skep up SYSTEM.yaml` or name "
          + "another with --server")
    }
  }

  func refusal(_ response: HTTPClientResponse) async throws -> CommandFailure {
    refusal(response.status, Array(try await response.body.collect(upTo: 1 << 20).readableBytesView))
  }

  func refusal(_ status: HTTPResponseStatus, _ body: [UInt8]) -> CommandFailure {
    let exitCode: Int32 = status == .badRequest || status == .unprocessableEntity ? 2 : 1
    if let envelope = try? FleetJSON.decode(FleetAPI.ErrorEnvelope.self, from: body) {
      let failure = envelope.error
      let further = failure.details.filter { !failure.message.contains($0) }
      let lines = ["skep: \(failure.message)"] + further.map { "  \($0)" }
      return CommandFailure(exitCode: exitCode, lines: lines, status: Int(status.code))
    }
    // The Alertmanager API's two shapes.
    struct FormRefusal: Decodable { var message: String }
    let text =
      (try? FleetJSON.decode(FormRefusal.self, from: body))?.message ?? (try? FleetJSON.decode(String.self, from: body))
    let words = text.map(Terminal.safe) ?? "\(base) answered \(status.code); is it a Skep?"
    return CommandFailure(exitCode: text == nil ? 1 : exitCode, lines: ["skep: \(words)"], status: Int(status.code))
  }

  private func decode<Message: Decodable>(_ type: Message.Type, _ bytes: [UInt8]) throws -> Message {
    do {
      return try FleetJSON.decode(type, from: bytes)
    } catch {
      throw CommandFailure.failed(
        "\(base) gave an answer that this version does not understand; are both of one version?")
    }
  }

  /// Everything but RFC 3986's unreserved characters, as `%XX`.
  static func percentEncode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func words(for error: any Error) -> String {
    let text = "\(error)"
    if text.contains("ECONNREFUSED") || text.contains("Connection refused") { return "connection refused" }
    if ["ECONNRESET", "Connection reset", "remoteConnectionClosed"].contains(where: text.contains) {
      return "it closed the connection"
    }
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return "its certificate is not trusted; name its authority with --ca-file"
    }
    return text.contains("failedToLoadCertificate") ? "the file of --ca-file cannot be read as PEM" : text
  }
}

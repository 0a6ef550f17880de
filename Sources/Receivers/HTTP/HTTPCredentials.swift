import FleetModel
import FoundationEssentials
import NIOHTTP1

/// The headers by which a request proves who it is, and further headers of the operator's: read for each notification.
struct HTTPCredentials: Sendable {
  /// What a request carries and nobody may see.
  struct Headers: Sendable {
    var fields: [(name: String, value: String)] = []
    var secrets: [String] = []
  }

  private enum Authorization: Sendable {
    case token(type: String, SecretSource)
    case basic(user: String, SecretSource?)
  }

  private let authorization: Authorization?
  private let extra: [(name: String, values: HTTPClientOptions.HeaderValues)]

  init(_ options: HTTPClientOptions) {
    if let basic = options.basicAuth {
      authorization = .basic(
        user: basic.username, SecretSource(basic.password, file: basic.passwordFile))
    } else if let given = options.authorization,
      let source = SecretSource(given.credentials, file: given.credentialsFile)
    {
      authorization = .token(type: given.type.isEmpty ? "Bearer" : given.type, source)
    } else if let source = SecretSource(options.bearerToken, file: options.bearerTokenFile) {
      authorization = .token(type: "Bearer", source)
    } else {
      authorization = nil
    }
    extra = options.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// - Parameter userInfo: `USER:PASSWORD` of the URL, which counts where nothing else is said.
  /// - Throws: ``DeliveryFailure`` if a file cannot be read.
  func headers(userInfo: String?, by calls: BlockingCalls) async throws -> Headers {
    var headers = Headers()
    switch authorization {
    case .token(let type, let source):
      let secret = try await source.read(by: calls)
      headers.secrets.append(secret)
      headers.fields.append(("Authorization", "\(type) \(secret)"))
    case .basic(let user, let source):
      let password = try await source?.read(by: calls) ?? ""
      headers.add(basic: "\(user):\(password)", secret: password)
    case nil:
      if let userInfo {
        headers.add(basic: userInfo, secret: String(userInfo.drop { $0 != ":" }.dropFirst()))
      }
    }
    for (name, values) in extra {
      headers.fields += values.values.map { (name, $0) }
      for secret in values.secrets {
        headers.secrets.append(secret.reveal())
        headers.fields.append((name, secret.reveal()))
      }
      for file in values.files {
        let secret = try await SecretSource(nil, file: file)?.read(by: calls) ?? ""
        headers.secrets.append(secret)
        headers.fields.append((name, secret))
      }
    }
    return headers
  }
}

extension HTTPCredentials.Headers {
  /// Takes the place of any other `Authorization`.
  mutating func authorize(_ value: String) {
    fields.removeAll { $0.name.lowercased() == "authorization" }
    fields.append(("Authorization", value))
  }

  fileprivate mutating func add(basic pair: String, secret: String) {
    let encoded = Data(pair.utf8).base64EncodedString()
    secrets += [secret, encoded]
    fields.append(("Authorization", "Basic \(encoded)"))
  }
}

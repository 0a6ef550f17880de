import FleetModel
import FoundationEssentials
public import Platform
public import SystemPackage

/// Posts each notification to a URL, in Alertmanager's form.
///
/// A status of 2xx is delivered. 429 and 5xx are tried again, not before their `Retry-After`; any other status is given up
/// at once, since the same request would get the same answer. What cannot connect or answers too late is tried again.
public struct WebhookReceiver: Sendable {
  public struct Configuration: Sendable {
    /// What the message calls the receiver.
    public var name: String
    /// May hold a secret: it is never printed.
    public var url: String
    /// Whether resolved alerts are posted too.
    public var sendResolved = true
    public var headers: [HTTPField] = []
    /// A file with a bearer token, read for each call, so that it can be changed while Skep runs.
    public var bearerTokenFile: FilePath?
    /// For one exchange.
    public var timeout: Duration = .seconds(10)
    /// Where people find this Skep.
    public var externalURL = ""

    public init(name: String, url: String) {
      self.name = name
      self.url = url
    }
  }

  private let configuration: Configuration
  private let http: any HTTPExchanger
  private let time: any TimeSource
  private let queue = BlockingWork(label: "skep.webhook-token")

  public init(_ configuration: Configuration, http: any HTTPExchanger, time: any TimeSource) {
    self.configuration = configuration
    self.http = http
    self.time = time
  }

  /// - Throws: ``DeliveryFailure``, or `CancellationError`.
  public func deliver(_ notification: AlertNotification) async throws {
    if notification.kind == .resolved, !configuration.sendResolved { return }
    var headers = configuration.headers
    headers.append(HTTPField("Content-Type", "application/json"))
    headers.append(HTTPField("User-Agent", "skep"))
    if let token = try await bearerToken() { headers.append(HTTPField("Authorization", "Bearer \(token)")) }
    let request = HTTPExchangeRequest(
      .post, url: configuration.url, headers: headers, body: try body(notification), timeout: configuration.timeout,
      maximumResponseBytes: 1 << 20)
    let response: HTTPExchangeResponse
    do {
      response = try await http.exchange(request)
    } catch HTTPExchangeError.invalidURL {
      throw DeliveryFailure("the URL of receiver \"\(configuration.name)\" is not an http or https URL", .giveUp)
    } catch let error as HTTPExchangeError {
      throw DeliveryFailure(error.description, .retry(after: nil))
    }
    switch response.status {
    case 200..<300: return
    case 429, 500..<600:
      throw DeliveryFailure("status \(response.status)", .retry(after: retryAfter(response)))
    default: throw DeliveryFailure("status \(response.status)", .giveUp)
    }
  }

  private func body(_ notification: AlertNotification) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let message = WebhookMessage(
      notification, receiver: configuration.name, externalURL: configuration.externalURL)
    return [UInt8](try encoder.encode(message))
  }

  private func bearerToken() async throws -> String? {
    guard let path = configuration.bearerTokenFile else { return nil }
    let bytes: [UInt8]?
    do { bytes = try await queue.run { try StateFile(path).read() } } catch {
      throw DeliveryFailure("cannot read the bearer token file \(path.string): \(error)", .retry(after: nil))
    }
    guard let bytes else {
      throw DeliveryFailure("the bearer token file \(path.string) does not exist", .retry(after: nil))
    }
    let isBlank = { (byte: UInt8) in byte <= 0x20 }
    let token = bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
    guard !token.isEmpty, token.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw DeliveryFailure("the bearer token file \(path.string) does not hold one token", .retry(after: nil))
    }
    return String(decoding: token, as: UTF8.self)
  }

  private func retryAfter(_ response: HTTPExchangeResponse) -> Duration? {
    response.header("Retry-After").flatMap { RetryAfter.parse($0, at: time.now()) }
  }
}

import FleetModel
import Platform

/// What asking one instance gave.
struct FetchResult: Sendable {
  /// `nil` where there is no metrics endpoint.
  var metrics: Result<HTTPExchangeResponse, CollectionFailure>?
  /// `nil` where there is no health endpoint; else what was wrong, `nil` inside if nothing was.
  var health: Result<Void, CollectionFailure>?
  /// Whether anything answered, be it with an error.
  var answered: Bool
}

/// Asks an instance for its metrics and health, both at once. The client keeps the timeout.
struct InstanceFetch: Sendable {
  private typealias Answer = Result<HTTPExchangeResponse, CollectionFailure>

  private let timeout: Duration
  private let metrics: HTTPExchangeRequest?
  private let health: HTTPExchangeRequest?

  init(_ target: CollectionTarget, timeout: Duration, maximumBytes: Int, nativeHistograms: Bool) {
    func request(_ url: String, accept: String) -> HTTPExchangeRequest {
      HTTPExchangeRequest(
        url: url,
        headers: [
          HTTPField("Accept", accept), HTTPField("User-Agent", "skep"),
          HTTPField("X-Prometheus-Scrape-Timeout-Seconds", "\(timeout.seconds)"),
        ], timeout: timeout, maximumResponseBytes: maximumBytes)
    }
    self.timeout = timeout
    let accept = BodyReader.acceptHeader(nativeHistograms: nativeHistograms)
    metrics = target.metricsEndpoint.map { request($0, accept: accept) }
    health = target.healthEndpoint.map { request($0, accept: "*/*") }
  }

  /// - Throws: `CancellationError`.
  nonisolated(nonsending) func run(over http: any HTTPExchanger) async throws -> FetchResult {
    let metrics: Answer?
    let health: Answer?
    switch (self.metrics, self.health) {
    case (let request?, nil): (metrics, health) = (await fetch(request, http), nil)
    case (nil, let request?): (metrics, health) = (nil, await fetch(request, http))
    case (let first?, let second?):
      async let other = fetch(second, http)
      (metrics, health) = (await fetch(first, http), await other)
    case (nil, nil): (metrics, health) = (nil, nil)
    }
    try Task.checkCancellation()
    return FetchResult(
      metrics: metrics.map(Self.judge), health: health.map { Self.judge($0).map { _ in }.mapError(Self.asHealth) },
      answered: metrics.map(Self.isAnswer) ?? false || health.map(Self.isAnswer) ?? false)
  }

  private nonisolated(nonsending) func fetch(
    _ request: HTTPExchangeRequest, _ http: any HTTPExchanger
  ) async -> Answer {
    do {
      return .success(try await http.exchange(request))
    } catch let error as HTTPExchangeError {
      return .failure(failure(error))
    } catch {
      return .failure(CollectionFailure(.connect, "\(error)"))
    }
  }

  private func failure(_ error: HTTPExchangeError) -> CollectionFailure {
    switch error {
    case .bodyTooLarge(let limit):
      CollectionFailure(
        over: .bodyBytes, "the body is larger than the limit of \(limit) bytes; serve less or raise limits.body_size")
    case .timeout: CollectionFailure(.timeout, "no whole answer within \(PrometheusDuration.format(timeout))")
    case .cannotConnect, .tls, .invalidURL: CollectionFailure(.connect, error.description)
    case .malformedResponse: CollectionFailure(.response, error.description)
    }
  }

  /// Whoever sends too much is alive, though what it sent is not taken.
  private static func isAnswer(_ answer: Answer) -> Bool {
    switch answer {
    case .success: true
    case .failure(let failure): failure.limit != nil
    }
  }

  /// Only an answer of the 200s is a good one. The agent may not send Skep elsewhere.
  private static func judge(_ answer: Answer) -> Answer {
    guard case .success(let response) = answer, !(200...299).contains(response.status) else { return answer }
    let status = HTTPStatusText.of(response.status)
    if (300...399).contains(response.status), response.status != 304 {
      let place = response.header("Location").map { " to \"\($0.prefix(200))\"" } ?? ""
      return .failure(
        CollectionFailure(
          .status, "answered \(status), a redirect\(place), which Skep does not follow; give the final URL"))
    }
    return .failure(CollectionFailure(.status, "answered \(status)"))
  }

  private static func asHealth(_ failure: CollectionFailure) -> CollectionFailure {
    var result = failure
    result.reason = .health
    result.message = "health check: \(failure.message)"
    return result
  }
}

/// Status codes in words (RFC 9110, section 15).
enum HTTPStatusText {
  private static let words = [
    204: "No Content", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 410: "Gone",
    413: "Content Too Large", 415: "Unsupported Media Type", 426: "Upgrade Required", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout",
  ]

  static func of(_ status: Int) -> String { words[status].map { "\(status) \($0)" } ?? "\(status)" }
}

import AsyncHTTPClient
import FleetModel
import NIOCore
import NIOHTTP1
import NIOSSL
import Platform

/// One notification, or a part of it, on its way to a service.
struct HTTPMessage: Sendable {
  var method = HTTPMethod.POST
  /// May hold a secret: it is never printed.
  var url: String
  /// Goes before what the `http_config` says, and to no other place than `url`.
  var authorization: String?
  var body: [UInt8]
  var contentType = "application/json"
  /// Goes to no other place than `url`; its values may be secrets.
  var headers: [(name: String, value: SecretText)] = []
  /// Parts of it that nobody may see.
  var secrets: [String] = []
}

/// Sends messages by HTTP as an `http_config` says.
struct HTTPTransport: Sendable {
  /// An answer's body is read so far and no further.
  static let bodyLimit = 64 << 10
  /// As Go's client, and with it Alertmanager.
  static let redirectLimit = 10

  let calls: BlockingCalls
  private let options: HTTPClientOptions
  private let proxy: ProxyAddress?
  private let credentials: HTTPCredentials
  private let tls: TLSFiles
  private let connections: ReceiverConnections
  private let time: any TimeSource

  /// - Throws: ``ReceiverError`` if the options could never work.
  init(
    _ options: HTTPClientOptions, at place: String, of receiver: String, connections: ReceiverConnections,
    time: any TimeSource
  ) throws(ReceiverError) {
    if let problem = options.tls.problem { throw ReceiverError(receiver: receiver, problem: "\(place): \(problem)") }
    do throws(ProxyAddress.Problem) {
      proxy = if let url = options.proxyURL { try ProxyAddress(url) } else { nil }
    } catch {
      throw ReceiverError(receiver: receiver, problem: "\(place): \(error)")
    }
    self.options = options
    self.connections = connections
    self.time = time
    credentials = HTTPCredentials(options)
    tls = TLSFiles(options.tls)
    calls = BlockingCalls(label: "skep.receiver")
  }

  /// Makes one try with the messages, one after another, redirects included, for no longer than `timeout` in all.
  ///
  /// - Parameter messages: is asked for each try, since secrets may have changed.
  /// - Throws: ``DeliveryFailure``, or `CancellationError`.
  func send(
    within timeout: Duration, verdict: HTTPVerdict, _ messages: @escaping @Sendable () async throws -> [HTTPMessage]
  ) async throws {
    let arrival = Arrival()
    do {
      try await TimeBound.run(timeout, by: time) {
        let messages = try await messages()
        for (index, message) in messages.enumerated() {
          try await exchange(message, verdict, index == messages.count - 1 ? arrival : nil)
        }
      }
    } catch {
      if !arrival.isConfirmed { throw error }
    }
  }

  private func exchange(_ message: HTTPMessage, _ verdict: HTTPVerdict, _ arrival: Arrival?) async throws {
    guard let target = HTTPTarget(message.url) else {
      throw DeliveryFailure("its URL is not an absolute http or https URL", .giveUp)
    }
    var proof = try await credentials.headers(userInfo: target.userInfo, by: calls)
    if let authorization = message.authorization { proof.authorize(authorization) }
    let words = Answer(
      hiding: message.secrets + proof.secrets + target.secrets + [message.url, proxy?.password ?? ""])
    do {
      let answer = try await follow(message, to: target, proof) { status in
        if (200..<300).contains(status), !verdict.needsBody { arrival?.confirm() }
      }
      if let failure = verdict.failure(in: answer, at: time.now(), words: words) { throw failure }
    } catch let failure as DeliveryFailure {
      throw DeliveryFailure(words.clean(failure.reason), failure.advice)
    } catch  where error is CancellationError || Task.isCancelled {
      throw CancellationError()
    } catch {
      throw DeliveryFailure(words.clean(ConnectionFailure.words(error)), Self.advice(error))
    }
  }

  /// Sends, and sends again where the answer says another place.
  private func follow(
    _ message: HTTPMessage, to first: HTTPTarget, _ proof: HTTPCredentials.Headers, onStatus: (Int) -> Void
  ) async throws -> HTTPAnswer {
    var target = first
    var message = message
    var proof: HTTPCredentials.Headers? = proof
    for _ in 0...Self.redirectLimit {
      let response = try await send(message, to: target, proof)
      let status = Int(response.status.code)
      guard options.followRedirects, [301, 302, 303, 307, 308].contains(status),
        let location = response.headers.first(name: "Location")
      else {
        onStatus(status)
        return await answer(response)
      }
      guard let next = target.following(location) else {
        throw DeliveryFailure("status \(status) with a Location that is not a URL", .giveUp)
      }
      guard target.scheme == "http" || next.scheme == "https" else {
        throw DeliveryFailure("status \(status) leads from https to http, where anybody could read along", .giveUp)
      }
      // What proves who we are is for the place that the operator named.
      if !next.hasSameOrigin(as: first) { proof = nil }
      if status <= 303 {
        message.method = .GET
        message.body = []
      }
      target = next
    }
    throw DeliveryFailure("more than \(Self.redirectLimit) redirects", .giveUp)
  }

  private func send(
    _ message: HTTPMessage, to target: HTTPTarget, _ proof: HTTPCredentials.Headers?
  ) async throws -> HTTPClientResponse {
    let host = proxy?.host ?? target.host
    if !NameLookup.isAddress(host) { _ = try await NameLookup.addresses(of: host, port: target.port, by: calls) }
    var shape = ReceiverConnections.Shape(proxy: proxy?.proxy, allowsHTTP2: options.enableHTTP2)
    var url = target.text
    let shown = options.tls.serverName ?? target.host
    if target.scheme == "https", !options.tls.insecureSkipVerify, !NameLookup.isAddress(shown) {
      shape.certificateName = shown
    }
    if target.scheme == "https", let name = options.tls.serverName, name != target.host {
      shape.connectsInstead = [name: target.host]
      url = target.naming(name)
    }
    guard let client = connections.client(shape) else { throw HTTPClientError.alreadyShutdown }
    var request = HTTPClientRequest(url: url)
    request.method = message.method
    request.headers.add(name: "Host", value: target.authority)
    request.headers.add(name: "User-Agent", value: "skep")
    if message.method != .GET {
      request.headers.add(name: "Content-Type", value: message.contentType)
      request.body = .bytes(ByteBuffer(bytes: message.body))
    }
    if let proof {
      for (name, value) in message.headers { request.headers.replaceOrAdd(name: name, value: value.reveal()) }
      for (name, _) in proof.fields { request.headers.remove(name: name) }
      for (name, value) in proof.fields { request.headers.add(name: name, value: value) }
    }
    if target.scheme == "https" { request.tlsConfiguration = try await tls.configuration(by: calls) }
    // The deadline is the caller's, who cancels; this one only has to be later.
    return try await client.execute(request, deadline: .now() + .hours(1))
  }

  /// An answer that breaks off is judged by what came.
  private func answer(_ response: HTTPClientResponse) async -> HTTPAnswer {
    var body: [UInt8] = []
    var isWhole = false
    do {
      for try await part in response.body {
        body += part.readableBytesView.prefix(Self.bodyLimit - body.count)
        if body.count >= Self.bodyLimit { break }
      }
      isWhole = true
    } catch {}
    return HTTPAnswer(
      status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"), body: body,
      isWhole: isWhole)
  }

  private static func advice(_ error: any Error) -> DeliveryFailure.Advice {
    switch (error as? HTTPClientError)?.shortDescription {
    case HTTPClientError.invalidURL.shortDescription, HTTPClientError.emptyHost.shortDescription: .giveUp
    default: .retry(after: nil)
    }
  }
}

import FleetModel
import HTTPTypes
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import NIOSSL
import Platform

/// Turns a request into an answer, in this order: find the route, see who asks, check the query, read the body, let the
/// route do its work. Whatever goes wrong on the way becomes an error envelope.
struct RequestHandler: Sendable {
  var table: RouteTable
  var policy: AccessPolicy
  var maximumBodyBytes: Int
  /// Whether clients may show a certificate.
  var looksForCertificates: Bool
  var logger: Logger

  /// An answer and what the measurements say of it.
  struct Outcome: Sendable {
    var response: APIResponse
    /// The path as the route declares it, or `unmatched`.
    var route = "unmatched"
    /// Whether the rest of the request is not worth reading.
    var closesConnection = false
  }

  /// - Parameter onLongWork: does the work of routes that may take longer than the request timeout.
  func answer(
    _ request: Request, on channel: any Channel, informClientToContinue: () async throws -> Void,
    onLongWork: (APIRoute, @escaping @Sendable () async throws -> APIResponse) async throws -> APIResponse
  ) async -> Outcome {
    var outcome = Outcome(response: .noContent)
    var style = APIRoute.Style.fleet
    do {
      let target = try RequestTarget(request.head.path ?? "")
      // Also where there is no such route.
      if target.segments.starts(with: ["api", "v2"]) { style = .alertmanager }
      let match = table.match(method: request.method.rawValue, path: target.segments)
      switch match {
      case .route(let route, _):
        outcome.route = route.path
        style = route.style
      case .otherMethods(_, .otlp): style = .otlp
      case .otherMethods, .none: break
      }
      let facts = await facts(of: request, for: match, on: channel)
      let principal = try policy.admit(facts)
      switch match {
      case .none: throw Self.notFound(request)
      case .otherMethods(let allowed, _): throw Self.methodNotAllowed(request, allowed: allowed)
      case .route(let route, let path):
        var work = APIRequest(principal: principal, path: path)
        work.entityTags = request.headers[.ifNoneMatch]
        if route.knowsVisitor { work.visitor = policy.visitor(facts) }
        switch route.style {
        case .fleet:
          work.query = try target.values(of: route.parameters)
          if route.parameters.contains(where: { $0.kind == .texts }) { try work.form.add(encoded: target.query) }
        case .alertmanager, .jaeger: try work.form.add(encoded: target.query)
        case .otlp: break
        case .prometheus:
          if request.method == .post || request.method == .put, route.rawBody == nil {
            work.form = try await form(of: request, continuing: informClientToContinue)
          }
          try work.form.add(encoded: target.query)
        }
        if let body = route.body {
          work.body = try await json(body, of: request, continuing: informClientToContinue)
        }
        if let raw = route.rawBody {
          work.rawBody = APIRequest.RawBody(
            bytes: try await bytes(of: request, upTo: raw.maximumBytes, continuing: informClientToContinue),
            contentType: request.headers[.contentType] ?? "", contentEncoding: request.headers[.contentEncoding] ?? "")
        }
        outcome.response =
          route.takesLong
          ? try await onLongWork(route) { [work] in try await route.handle(work) } : try await route.handle(work)
      }
    } catch let error as PrometheusError {
      outcome.response = error.response
    } catch let error as AlertmanagerError {
      outcome.response = error.response
    } catch let error as JaegerError {
      outcome.response = error.response
    } catch let error as APIError {
      outcome.response = error.response(in: style, contentType: request.headers[.contentType])
      outcome.closesConnection = error.headers[.connection] == "close"
    } catch {
      logger.error("a request failed", metadata: ["path": "\(outcome.route)", "error": "\(error)"])
      let refusal = APIError(
        .internalError, "something went wrong in Skep; its log says what, under \(outcome.route)")
      outcome.response = refusal.response(in: style, contentType: request.headers[.contentType])
    }
    return outcome
  }

  private func facts(
    of request: Request, for match: RouteTable.Match, on channel: any Channel
  ) async -> AccessPolicy.Facts {
    // Whoever may do nothing at all does not learn which paths there are.
    var access = Access.read
    var knowsVisitor = false
    if case .route(let route, _) = match { (access, knowsVisitor) = (route.access, route.knowsVisitor) }
    var facts = AccessPolicy.Facts(
      access: access, changesState: request.method != .get && request.method != .head,
      authorization: request.headers[.authorization], sessionID: SessionCookie.id(in: request.headers[.cookie]),
      csrfToken: request.headers[.csrfToken], host: request.head.authority,
      origin: request.headers[.origin])
    if looksForCertificates, access != .open || knowsVisitor {
      facts.hasClientCertificate = (try? await channel.nioSSL_peerCertificate().get()) != nil
    }
    return facts
  }

  /// What is read of a body over its limit, to be thrown away: most clients look at an answer only when they have sent all, and take
  /// a connection that closes before for a fault that is worth another try.
  private static let mostDiscarded = 64 << 20

  /// The whole body.
  private func bytes(
    of request: Request, upTo maximum: Int, option: String? = nil, continuing: () async throws -> Void
  ) async throws -> ByteBuffer {
    let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    let waits = request.headers[.expect]?.lowercased() == "100-continue"
    if declared > maximum, waits || declared > Self.mostDiscarded { throw Self.tooLarge(maximum, option: option) }
    var isTooLarge = declared > maximum
    var whole = ByteBuffer()
    var discarded = 0
    if waits { try await continuing() }
    do {
      for try await var part in request.body {
        if !isTooLarge, part.readableBytes <= maximum - whole.readableBytes {
          if whole.readableBytes == 0 { whole = part } else { whole.writeBuffer(&part) }
          continue
        }
        isTooLarge = true
        discarded += whole.readableBytes + part.readableBytes
        whole = ByteBuffer()
        if discarded > Self.mostDiscarded { break }
      }
    } catch {
      // The client left or sent broken framing; there may be nobody to tell.
      throw APIError(.invalidRequest, "the body ended before its declared end")
    }
    if isTooLarge { throw Self.tooLarge(maximum, option: option) }
    return whole
  }

  /// The fields of a form in the body; none if the body is declared as something else, as Go's `http.Request.ParseForm`
  /// has it.
  private func form(of request: Request, continuing: () async throws -> Void) async throws -> FormFields {
    var fields = FormFields()
    let buffer = try await bytes(of: request, upTo: maximumBodyBytes, continuing: continuing)
    let essence = (request.headers[.contentType] ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    if essence == "application/x-www-form-urlencoded" { try fields.add(encoded: String(buffer: buffer)[...]) }
    return fields
  }

  /// The body as JSON, as it is or in gzip; `nil` if there is none.
  private func json(
    _ body: APIRoute.Body, of request: Request, continuing: () async throws -> Void
  ) async throws -> JSONValue? {
    let limit = body.maximumBytes ?? maximumBodyBytes
    let buffer = try await bytes(of: request, upTo: limit, option: body.option, continuing: continuing)
    if buffer.readableBytes == 0 { return nil }
    let type = request.headers[.contentType] ?? ""
    let essence = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    guard essence == "application/json" else {
      throw APIError(
        .unsupportedMediaType,
        "the body is declared as \"\(type.prefix(100))\"; send JSON with Content-Type: application/json")
    }
    var text = Array(buffer.readableBytesView)
    switch (request.headers[.contentEncoding] ?? "").lowercased() {
    case "", "identity": break
    case "gzip":
      do throws(Gzip.Failure) { text = try await MessageWork.incoming.decompressed(text, limit: limit) } catch {
        switch error {
        case .malformed:
          throw APIError(.invalidRequest, "the body is declared as gzip, and it is not, or is damaged")
        case .tooLong: throw Self.tooLarge(limit, option: body.option)
        case .noMemory: throw APIError(.unavailable, "there is no memory for the body; send it again later")
        }
      }
    case let other:
      throw APIError(
        .unsupportedMediaType,
        "the body is encoded as \"\(other.prefix(100))\"; send Content-Encoding: gzip, or none")
    }
    do {
      return try await MessageWork.incoming.run(on: text.count) { [text] in try JSONParser.parse(text) }
    } catch {
      throw APIError(.invalidRequest, "the body is not valid JSON: \(error)", details: ["\(error)"])
    }
  }

  private static func tooLarge(_ maximum: Int, option: String? = nil) -> APIError {
    let mend = option.map { "send less or raise \($0)" } ?? "send less"
    return APIError(
      .payloadTooLarge, "the body has more than \(maximum) bytes; \(mend)", headers: [.connection: "close"])
  }

  private static func notFound(_ request: Request) -> APIError {
    let path = (request.head.path ?? "").prefix { $0 != "?" }.prefix(200)
    return APIError(.notFound, "there is nothing at \(path); GET /fleet/v1/openapi.json describes what there is")
  }

  private static func methodNotAllowed(_ request: Request, allowed: [String]) -> APIError {
    let list = allowed.joined(separator: ", ")
    return APIError(
      .methodNotAllowed, "\(request.method.rawValue) is not for this path; use \(list)", headers: [.allow: list])
  }
}

extension HTTPTypes.HTTPField.Name {
  /// Sent by the console with what changes something.
  static let csrfToken: HTTPTypes.HTTPField.Name = {
    guard let name = HTTPTypes.HTTPField.Name("X-CSRF-Token") else {
      preconditionFailure("BUG: X-CSRF-Token is a token")
    }
    return name
  }()
}

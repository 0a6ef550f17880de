import FleetModel
import HTTPTypes

/// Signing in to the console and out.
struct SessionRoutes: Sendable {
  var sessions: ConsoleSessions
  var isEncrypted: Bool

  var routes: [APIRoute] { [show, begin, end] }

  private static let path = "/fleet/v1/session"
  private static let answer = APIRoute.Answer(
    status: 200, summary: "How this browser stands", content: .json(schema: "Session"))

  private var show: APIRoute {
    APIRoute(
      method: .get, path: Self.path, operationID: "showSession", summary: "Whether who asks is signed in, and as what",
      access: .open, knowsVisitor: true, answers: [Self.answer]
    ) { request in try .json(FleetAPI.Session(request.visitor)) }
  }

  private var begin: APIRoute {
    APIRoute(
      method: .post, path: Self.path, operationID: "signIn",
      summary: "Sign in to the console with a token; the answer sets a cookie", access: .open, knowsVisitor: true,
      body: .init(schema: "SignIn", example: ["token": "0123456789abcdef0123"]), answers: [Self.answer]
    ) { [sessions, isEncrypted] request in
      guard var visitor = request.visitor, visitor.isAsked else {
        return try .json(FleetAPI.Session(request.visitor))
      }
      guard let body = request.body else { throw APIError(.invalidRequest, "the body is missing; send {\"token\": …}") }
      var fields = try FieldReader(body)
      fields.require("token")
      let token = fields.string("token")
      fields.refuseOthers(than: ["token"])
      try fields.finish("sign-in")
      let session = try sessions.begin(token: token ?? "")
      visitor.session = session
      visitor.principal = session.principal
      var response = try APIResponse.json(FleetAPI.Session(visitor))
      response.headers[.setCookie] = SessionCookie.header(session, isEncrypted: isEncrypted)
      return response
    }
  }

  private var end: APIRoute {
    APIRoute(
      method: .delete, path: Self.path, operationID: "signOut",
      summary: "Sign out of the console; needs the X-CSRF-Token of the session", access: .open, knowsVisitor: true,
      answers: [Self.answer]
    ) { [sessions, isEncrypted] request in
      guard var visitor = request.visitor else { return try .json(FleetAPI.Session(nil)) }
      if let session = visitor.session {
        guard visitor.csrfToken == session.csrfToken else {
          throw APIError(.forbidden, "the X-CSRF-Token of the session is missing or wrong; GET \(Self.path) tells it")
        }
        sessions.end(session)
        visitor.principal = nil
        visitor.session = nil
      }
      var response = try APIResponse.json(FleetAPI.Session(visitor))
      response.headers[.setCookie] = SessionCookie.header(nil, isEncrypted: isEncrypted)
      return response
    }
  }
}

extension FleetAPI {
  /// `GET /fleet/v1/session`.
  public struct Session: Codable, Sendable, Hashable {
    /// Whether the server asks anybody who they are.
    public var signInNeeded: Bool
    public var signedIn: Bool
    /// `nil` who has not signed in.
    @ExplicitNull public var role: String?
    /// To be sent as `X-CSRF-Token` with what changes something; `nil` where no cookie says who asks.
    @ExplicitNull public var csrfToken: String?
    @ExplicitNull public var expiresAt: Time?

    enum CodingKeys: String, CodingKey {
      case signInNeeded = "sign_in_needed"
      case signedIn = "signed_in"
      case csrfToken = "csrf_token"
      case expiresAt = "expires_at"
      case role
    }
  }
}

extension FleetAPI.Session {
  init(_ visitor: APIRequest.Visitor?) {
    self.init(
      signInNeeded: visitor?.isAsked ?? false, signedIn: visitor?.principal != nil,
      role: visitor?.principal?.role.rawValue, csrfToken: visitor?.session?.csrfToken,
      expiresAt: visitor?.session.map { FleetAPI.Time($0.expiresAt) })
  }
}

extension APISchemas {
  static let sessions: [Named] = [
    Named(
      name: "Session",
      schema: object([
        key("sign_in_needed", flag), key("signed_in", flag), key("role", textOrNull), key("csrf_token", textOrNull),
        key("expires_at", timeOrNull),
      ])), Named(name: "SignIn", schema: object([key("token", text)])),
  ]
}

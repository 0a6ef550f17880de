import FleetModel
import HTTPTypes

/// Decides who may do what. Pure but for the tokens, which it is handed as a look-up.
struct AccessPolicy: Sendable {
  /// Whose token it is; `nil` where the server has no tokens.
  var principalForToken: (@Sendable (Substring) -> Principal?)?
  /// Whose session a cookie names; `nil` where the server has no tokens, and so none to sign in with.
  var session: (@Sendable (Substring) -> ConsoleSessions.Session?)?
  /// What a verified client certificate entitles to; `nil` where the server asks for none.
  var certificateRole: Role?
  /// In lower case.
  var allowedHosts: Set<String>

  /// What matters of one request.
  struct Facts: Sendable {
    var access: Access
    var changesState: Bool
    var authorization: String?
    var hasClientCertificate = false
    /// Of the console's cookie.
    var sessionID: Substring?
    /// The `X-CSRF-Token` header.
    var csrfToken: String?
    /// The `Host` header.
    var host: String?
    var origin: String?
  }

  /// Whether a request has to say who sends it.
  var asksForProof: Bool { principalForToken != nil || certificateRole != nil }

  /// - Throws: ``APIError`` with the refusal.
  func admit(_ facts: Facts) throws(APIError) -> Principal {
    try checkOrigin(of: facts)
    let principal = try identify(facts)
    guard facts.access.admits(principal) else {
      throw APIError(.forbidden, "role \(principal.role.rawValue) may not do this; it \(facts.access.explanation)")
    }
    return principal
  }

  /// Who asks, whatever they may do.
  func visitor(_ facts: Facts) -> APIRequest.Visitor {
    var facts = facts
    facts.access = .read
    facts.changesState = false
    return APIRequest.Visitor(
      isAsked: asksForProof, principal: try? identify(facts), session: facts.sessionID.flatMap { session?($0) },
      csrfToken: facts.csrfToken)
  }

  /// A page of another site makes a browser send requests with whatever the browser holds: its place behind the firewall or
  /// its client certificate. Neither may be enough to change something, nor may a name that an attacker pointed at this
  /// machine (DNS rebinding) be enough to read.
  private func checkOrigin(of facts: Facts) throws(APIError) {
    if facts.access == .open { return }
    let host = facts.host.flatMap(HostAndPort.init)
    if !asksForProof {
      guard let host, isOwn(host.host) else {
        throw APIError(
          .misdirectedRequest,
          "host \"\((facts.host ?? "").prefix(100))\" is not a name of this server; use 127.0.0.1 or localhost, or allow the name"
        )
      }
    }
    guard facts.changesState, let origin = facts.origin else { return }
    let authority = origin.split(separator: "/").dropFirst().first.map(String.init).flatMap(HostAndPort.init)
    guard let authority, authority == host || allowedHosts.contains(authority.host) else {
      throw APIError(
        .forbidden, "a page of \"\(origin.prefix(100))\" may not change anything here; allow its host if it should")
    }
  }

  private func isOwn(_ host: String) -> Bool { LoopbackName.matches(host) || allowedHosts.contains(host) }

  private func identify(_ facts: Facts) throws(APIError) -> Principal {
    if facts.access == .open { return Principal(role: .reader) }
    guard asksForProof else { return Principal(role: .operator) }
    if let principalForToken, let header = facts.authorization {
      guard let token = Self.bearerToken(in: header) else {
        throw unauthorized("the Authorization header is not \"Bearer TOKEN\"", error: "invalid_request")
      }
      guard let principal = principalForToken(token) else {
        throw unauthorized("the token is not known", error: "invalid_token")
      }
      return principal
    }
    if let session, let id = facts.sessionID, let session = session(id) {
      guard !facts.changesState || facts.csrfToken == session.csrfToken else {
        throw APIError(
          .forbidden,
          "a request that changes something and is known by its cookie has to carry X-CSRF-Token, which GET /fleet/v1/session tells"
        )
      }
      return session.principal
    }
    if let certificateRole, facts.hasClientCertificate { return Principal(role: certificateRole) }
    throw unauthorized(
      principalForToken == nil
        ? "this server asks for a client certificate"
        : "this server asks for a token; send Authorization: Bearer TOKEN",
      error: nil)
  }

  private static func bearerToken(in header: String) -> Substring? {
    let scheme = header.prefix { $0 != " " }
    let token = header.dropFirst(scheme.count).drop { $0 == " " }
    guard scheme.lowercased() == "bearer", !token.isEmpty, !token.contains(" ") else { return nil }
    return token
  }

  /// RFC 6750, section 3.
  private func unauthorized(_ message: String, error: String?) -> APIError {
    let challenge = "Bearer realm=\"skep\"" + (error.map { ", error=\"\($0)\"" } ?? "")
    return APIError(.unauthorized, message, headers: [.wwwAuthenticate: challenge])
  }
}

/// Names and addresses that never leave the machine.
enum LoopbackName {
  /// - Parameter host: in lower case, without brackets.
  static func matches(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" || host.hasSuffix(".localhost") { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.first == "127"
      && parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8($0) != nil }
  }
}

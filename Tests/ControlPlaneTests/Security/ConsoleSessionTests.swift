import FleetModel
import Platform
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

extension ConsoleSessions {
  /// Of a server without tokens.
  static var nobodys: ConsoleSessions {
    ConsoleSessions(time: SystemTime(), random: SystemRandom()) { _ in nil }
  }
}

@Suite struct ConsoleSessionTests {
  static let reader = "reader-0123456789"
  static let operators = "operator-0123456789"
  static let agents = "agent-0123456789"

  /// Three tokens, of which some are in force.
  private final class Tokens: Sendable {
    let known = Mutex<[String: Role]>([reader: .reader, operators: .operator, agents: .agent])

    func principal(_ digest: SHA256Digest) -> Principal? {
      known.withLock { known in
        known.first { SHA256Digest(of: $0.key.utf8) == digest }.map { Principal(role: $0.value) }
      }
    }
  }

  private static func sessions(_ tokens: Tokens, _ time: SimulatedTime = SimulatedTime()) -> ConsoleSessions {
    ConsoleSessions(time: time, random: SeededRandom(seed: 7)) { tokens.principal($0) }
  }

  @Test func aSessionStandsForItsToken() throws {
    let tokens = Tokens()
    let sessions = Self.sessions(tokens)
    let session = try sessions.begin(token: Self.operators)
    #expect(session.principal.role == .operator)
    #expect(session.id.count == 64 && session.csrfToken.count == 64 && session.id != session.csrfToken)
    #expect(sessions.session(session.id) == session)
    #expect(sessions.session("") == nil)
    #expect(sessions.session(session.csrfToken) == nil)
    tokens.known.withLock { $0[Self.operators] = .reader }
    #expect(sessions.session(session.id)?.principal.role == .reader, "the role is the token's at present")
    tokens.known.withLock { $0[Self.operators] = nil }
    #expect(sessions.session(session.id) == nil, "it ends with its token")
  }

  @Test func aSessionEnds() async throws {
    let time = SimulatedTime()
    let sessions = Self.sessions(Tokens(), time)
    let session = try sessions.begin(token: Self.reader)
    let other = try sessions.begin(token: Self.reader)
    sessions.end(session)
    #expect(sessions.session(session.id) == nil)
    #expect(sessions.session(other.id) != nil)
    time.advance(by: ConsoleSessions.lifetime - .seconds(1))
    #expect(sessions.session(other.id) != nil)
    time.advance(by: .seconds(1))
    #expect(sessions.session(other.id) == nil)
  }

  @Test(arguments: [("wrong", APIError.Code.unauthorized), ("", .unauthorized), (agents, .forbidden)])
  func otherTokensAreRefused(token: String, code: APIError.Code) {
    let sessions = Self.sessions(Tokens())
    #expect(#expect(throws: APIError.self) { try sessions.begin(token: token) }?.code == code)
  }

  @Test func thereAreNotManyMoreThanABound() throws {
    let sessions = Self.sessions(Tokens())
    let all = try (0...ConsoleSessions.mostSessions).map { _ in try sessions.begin(token: Self.reader) }
    #expect(all.count { sessions.session($0.id) != nil } == ConsoleSessions.mostSessions)
  }

  @Test(
    arguments: [
      ("skep_session=abc", "abc"), ("a=b; skep_session=abc; c=d", "abc"), ("skep_session=", nil), ("", nil), (nil, nil),
      ("xskep_session=abc", nil), ("skep_session", nil), ("a=skep_session=abc", nil),
    ] as [(String?, String?)]) func cookiesAreRead(header: String?, id: String?)
  {
    #expect(SessionCookie.id(in: header).map(String.init) == id)
  }

  @Test func cookiesAreOfThisSiteAlone() throws {
    let session = try Self.sessions(Tokens()).begin(token: Self.reader)
    let header = SessionCookie.header(session, isEncrypted: true)
    #expect(header == "skep_session=\(session.id); Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure")
    #expect(
      SessionCookie.header(nil, isEncrypted: false) == "skep_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
  }

  /// Who asks with a cookie may do what the role may, and change something only with the session's CSRF token.
  @Test func aCookieIsProofWithItsCSRFToken() throws {
    let sessions = Self.sessions(Tokens())
    let session = try sessions.begin(token: Self.operators)
    let policy = AccessPolicy(principalForToken: { _ in nil }, session: { sessions.session($0) }, allowedHosts: [])
    func admitted(_ access: Access, changes: Bool, _ id: String?, _ csrf: String?) -> Role? {
      let facts = AccessPolicy.Facts(
        access: access, changesState: changes, sessionID: id.map { $0[...] }, csrfToken: csrf, host: "localhost")
      return try? policy.admit(facts).role
    }
    #expect(admitted(.read, changes: false, session.id, nil) == .operator)
    #expect(admitted(.operate, changes: true, session.id, session.csrfToken) == .operator)
    #expect(admitted(.operate, changes: true, session.id, nil) == nil)
    #expect(admitted(.operate, changes: true, session.id, "x") == nil)
    #expect(admitted(.read, changes: false, "x", session.csrfToken) == nil)
    #expect(admitted(.read, changes: false, nil, nil) == nil)
    let visitor = policy.visitor(
      AccessPolicy.Facts(access: .open, changesState: true, sessionID: session.id[...], host: "localhost"))
    #expect(visitor.isAsked && visitor.principal?.role == .operator && visitor.session == session)
  }
}

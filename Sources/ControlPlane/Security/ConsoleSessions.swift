import FleetModel
import HTTPTypes
import Platform
import Synchronization

/// Who is signed in to the console. A session stands for the token that it was begun with: it ends with the token, after twelve
/// hours, by signing out, or when Skep ends.
final class ConsoleSessions: Sendable {
  struct Session: Sendable, Hashable {
    /// What the cookie holds: 256 random bits in hex.
    var id: String
    /// What a request that changes something has to carry beside the cookie.
    var csrfToken: String
    var principal: Principal
    var expiresAt: Timestamp
  }

  static let lifetime: Duration = .seconds(12 * 3600)
  /// Of more, the one that ends first is ended.
  static let mostSessions = 1_000

  private struct Entry: Sendable {
    var session: Session
    var token: SHA256Digest
  }

  private let principalForToken: @Sendable (SHA256Digest) -> Principal?
  private let time: any TimeSource
  private let random: any RandomSource
  /// By the hash of the session's id.
  private let entries = Mutex<[SHA256Digest: Entry]>([:])

  init(
    time: any TimeSource, random: any RandomSource,
    principalForToken: @escaping @Sendable (SHA256Digest) -> Principal?
  ) {
    self.time = time
    self.random = random
    self.principalForToken = principalForToken
  }

  /// Wrong tokens are not counted: whoever guesses can as well send them with any other request, and what held up all attempts
  /// would keep people out in the middle of an incident. Tokens are too long to be guessed.
  ///
  /// - Throws: ``APIError``: 401 for a token that is not known, 403 for an agent's.
  func begin(token: String) throws(APIError) -> Session {
    let now = time.now()
    let digest = SHA256Digest(of: token.utf8)
    guard let principal = principalForToken(digest) else { throw APIError(.unauthorized, "the token is not known") }
    guard principal.role != .agent else {
      throw APIError(.forbidden, "this is an agent's token; the console needs one of the role reader or operator")
    }
    let session = Session(
      id: randomText(), csrfToken: randomText(), principal: principal, expiresAt: now + Self.lifetime)
    entries.withLock { entries in
      entries = entries.filter { $0.value.session.expiresAt > now }
      if entries.count >= Self.mostSessions,
        let first = entries.min(by: { $0.value.session.expiresAt < $1.value.session.expiresAt })
      {
        entries[first.key] = nil
      }
      entries[SHA256Digest(of: session.id.utf8)] = Entry(session: session, token: digest)
    }
    return session
  }

  /// The session of a cookie; `nil` if there is none, any more. The look-up is by hash, so its time tells nothing of other sessions.
  func session(_ id: some StringProtocol) -> Session? {
    let now = time.now()
    let key = SHA256Digest(of: id.utf8)
    guard let entry = entries.withLock({ $0[key] }), entry.session.expiresAt > now,
      let principal = principalForToken(entry.token)
    else { return nil }
    var session = entry.session
    // The token's role may have been changed in its file.
    session.principal = principal
    return principal.role == .agent ? nil : session
  }

  func end(_ session: Session) {
    let key = SHA256Digest(of: session.id.utf8)
    entries.withLock { _ = $0.removeValue(forKey: key) }
  }

  private func randomText() -> String {
    let bits = (0..<4).map { _ in random.next() }
    return bits.map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

/// The cookie that carries a session.
enum SessionCookie {
  static let name = "skep_session"

  /// The session's id in a `Cookie` header (RFC 6265, section 4.2).
  static func id(in header: String?) -> Substring? {
    for pair in (header ?? "").split(separator: ";") {
      let pair = pair.drop { $0 == " " }
      guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
      let value = pair[pair.index(after: equals)...]
      return value.isEmpty ? nil : value
    }
    return nil
  }

  /// A `Set-Cookie` header that other sites and scripts never see the value of; without a session it takes the cookie back.
  static func header(_ session: ConsoleSessions.Session?, isEncrypted: Bool) -> String {
    let age = session == nil ? 0 : ConsoleSessions.lifetime.components.seconds
    return "\(name)=\(session?.id ?? ""); Path=/; Max-Age=\(age); HttpOnly; SameSite=Strict"
      + (isEncrypted ? "; Secure" : "")
  }
}

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
  /// Wrong tokens that are answered within ``failureWindow``; further attempts have to wait.
  static let mostFailures = 10
  static let failureWindow: Duration = .seconds(30)

  private struct Entry: Sendable {
    var session: Session
    var token: SHA256Digest
  }

  private struct State: Sendable {
    var entries: [SHA256Digest: Entry] = [:]
    var failures: [Timestamp] = []
  }

  private let principalForToken: @Sendable (SHA256Digest) -> Principal?
  private let time: any TimeSource
  private let random: any RandomSource
  private let state = Mutex(State())

  init(
    time: any TimeSource, random: any RandomSource,
    principalForToken: @escaping @Sendable (SHA256Digest) -> Principal?
  ) {
    self.time = time
    self.random = random
    self.principalForToken = principalForToken
  }

  /// - Throws: ``APIError``: 401 for a token that is not known, 403 for an agent's, 429 after too many wrong ones.
  func begin(token: String) throws(APIError) -> Session {
    let now = time.now()
    let digest = SHA256Digest(of: token.utf8)
    try checkFailures(at: now)
    guard let principal = principalForToken(digest) else {
      state.withLock { $0.failures.append(now) }
      throw APIError(.unauthorized, "the token is not known")
    }
    guard principal.role != .agent else {
      throw APIError(.forbidden, "this is an agent's token; the console needs one of the role reader or operator")
    }
    let session = Session(
      id: randomText(), csrfToken: randomText(), principal: principal, expiresAt: now + Self.lifetime)
    state.withLock { state in
      state.entries = state.entries.filter { $0.value.session.expiresAt > now }
      if state.entries.count >= Self.mostSessions,
        let first = state.entries.min(by: { $0.value.session.expiresAt < $1.value.session.expiresAt })
      {
        state.entries[first.key] = nil
      }
      state.entries[SHA256Digest(of: session.id.utf8)] = Entry(session: session, token: digest)
    }
    return session
  }

  /// Attempts count together, since whoever guesses comes from anywhere; who is signed in is not held up.
  private func checkFailures(at now: Timestamp) throws(APIError) {
    let isFull = state.withLock { state in
      state.failures.removeAll { now >= $0 + Self.failureWindow }
      return state.failures.count >= Self.mostFailures
    }
    if isFull {
      throw APIError(
        .tooManyRequests, "too many wrong tokens; try again in half a minute", headers: [.retryAfter: "30"])
    }
  }

  /// The session of a cookie; `nil` if there is none, any more. The look-up is by hash, so its time tells nothing of other sessions.
  func session(_ id: some StringProtocol) -> Session? {
    let now = time.now()
    let key = SHA256Digest(of: id.utf8)
    guard let entry = state.withLock({ $0.entries[key] }), entry.session.expiresAt > now,
      let principal = principalForToken(entry.token)
    else { return nil }
    var session = entry.session
    // The token's role may have been changed in its file.
    session.principal = principal
    return principal.role == .agent ? nil : session
  }

  func end(_ session: Session) {
    let key = SHA256Digest(of: session.id.utf8)
    state.withLock { _ = $0.entries.removeValue(forKey: key) }
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

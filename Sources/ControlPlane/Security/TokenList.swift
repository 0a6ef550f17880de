import FleetModel

/// The tokens of a token file; only their hashes are kept.
struct TokenList: Sendable, Hashable {
  /// Shorter ones are refused: they can be guessed.
  static let minimumLength = 16

  private struct Entry: Sendable, Hashable {
    var digest: SHA256Digest
    var principal: Principal
  }

  private var entries: [Entry] = []

  var count: Int { entries.count }

  /// Reads lines of `ROLE:TOKEN` or `ROLE TOKEN`; empty lines and those that begin with `#` say nothing.
  ///
  /// - Throws: ``SecurityError`` that names the line and never the token.
  init(_ text: String, file: String) throws(SecurityError) {
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = raw.drop { $0.isWhitespace }
      if line.isEmpty || line.first == "#" { continue }
      let problem = { (problem: String) in SecurityError.invalidToken(file: file, line: index + 1, problem: problem) }
      let subject = line.prefix { $0 != ":" && !$0.isWhitespace }
      var token = line.dropFirst(subject.count).drop { $0 == ":" || $0.isWhitespace }
      while token.last?.isWhitespace == true { token.removeLast() }
      guard !token.isEmpty else { throw problem("there is no token; write ROLE:TOKEN") }
      let principal: Principal
      do { principal = try Self.principal(subject) } catch { throw problem(error.text) }
      guard token.utf8.count >= Self.minimumLength else {
        throw problem(
          "the token has \(token.utf8.count) characters; give it at least \(Self.minimumLength), such as openssl rand -hex 24 prints"
        )
      }
      guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw problem("the token holds a space or a character outside ASCII; it could not be sent in a header")
      }
      let digest = SHA256Digest(of: token.utf8)
      if entries.contains(where: { $0.digest == digest }) { throw problem("the token is given twice; remove one line") }
      entries.append(Entry(digest: digest, principal: principal))
    }
    if entries.isEmpty { throw .noTokens(file: file) }
  }

  private struct Problem: Error { var text: String }

  private static func principal(_ subject: Substring) throws(Problem) -> Principal {
    let word = subject.prefix { $0 != "/" }
    guard let role = Role(rawValue: String(word)) else {
      let known = Role.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw Problem(text: "the line does not begin with a role; expected one of \(known) before the token")
    }
    guard word.count < subject.count else { return Principal(role: role) }
    guard role == .agent else { throw Problem(text: "only the role agent takes an agent_id") }
    do {
      return Principal(role: role, agentID: try AgentID(String(subject.dropFirst(word.count + 1))))
    } catch {
      throw Problem(text: "\(error)")
    }
  }

  /// Whose token this is; takes as long for each.
  func principal(for token: some StringProtocol) -> Principal? { principal(for: SHA256Digest(of: token.utf8)) }

  /// Whose token has this hash; takes as long for each.
  func principal(for digest: SHA256Digest) -> Principal? {
    var found: Principal?
    for entry in entries where entry.digest.isSame(as: digest) { found = entry.principal }
    return found
  }
}

import Logging
import NIOSSL
import Platform

/// What the servers of one Skep share of security: the tokens in force, the certificates, and who may do what.
struct ServerSecurity: Sendable {
  let tokens: TokenFile?
  let tls: TLSConfiguration?
  let policy: AccessPolicy
  /// Whether clients may show a certificate.
  let looksForCertificates: Bool
  /// Of the console.
  let sessions: ConsoleSessions

  var isEncrypted: Bool { tls != nil }

  /// Reads the files that the configuration names; blocks for as long.
  ///
  /// - Throws: ``SecurityError`` that names the file.
  init(
    _ configuration: SecurityConfiguration, time: any TimeSource = SystemTime(), logger: Logger
  ) throws(SecurityError) {
    var tokens: TokenFile?
    if let path = configuration.tokenFile { tokens = try TokenFile(path: path, logger: logger) }
    if let material = configuration.tls {
      tls = try TLSMaterial.configuration(for: material, certificateIsOptional: tokens != nil, logger: logger)
    } else {
      tls = nil
    }
    self.tokens = tokens
    looksForCertificates = configuration.tls?.clientCAFile != nil
    let lookUp = tokens.map { tokens -> @Sendable (Substring) -> Principal? in { tokens.principal(for: $0) } }
    let sessions = ConsoleSessions(time: time, random: SystemRandom()) { [tokens] digest in
      tokens?.principal(for: digest)
    }
    self.sessions = sessions
    let lookUpSession = { @Sendable (id: Substring) -> ConsoleSessions.Session? in sessions.session(id) }
    policy = AccessPolicy(
      principalForToken: lookUp, session: tokens == nil ? nil : lookUpSession,
      certificateRole: looksForCertificates ? configuration.clientCertificateRole : nil,
      allowedHosts: Set(configuration.allowedHosts.map { $0.lowercased() }))
  }
}

import NIOCore
import NIOSSL

/// How a connection to a mail server is secured.
struct MailTLS: Sendable {
  var context: NIOSSLContext
  /// What the server's certificate must show; `nil` for an address.
  var name: String?
  /// `false` with `insecure_skip_verify`.
  var isVerified: Bool

  func handler() throws -> NIOSSLClientHandler {
    guard isVerified, let name else { return try NIOSSLClientHandler(context: context, serverHostname: name) }
    return try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: name) {
      certificate, channel in
      channel.eventLoop.makeCompletedFuture { try CertificateName.check(certificate, shows: name) }
    }
  }
}

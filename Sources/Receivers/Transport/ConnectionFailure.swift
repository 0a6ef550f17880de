import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The errors of the libraries below, in an operator's words.
enum ConnectionFailure {
  static func words(_ error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
    case let error as NIOConnectionError:
      "cannot connect: "
        + (error.connectionErrors.first.map { words($0.error) } ?? "the name does not resolve")
    case ChannelError.connectTimeout: "cannot connect: no answer"
    case is ChannelError, is NIOSSLCloseTimedOutError: "the connection was closed before the answer was whole"
    case let error as HTTPClientError: words(error)
    case is HTTPParserError: "what answers does not speak HTTP"
    case let error as NIOSSLError: "TLS: \(words(error))"
    case let error as BoringSSLError: "TLS: \(error)"
    case is NIOSSLExtraError: "TLS: the certificate is not of the name that was asked for"
    default: "\(error)"
    }
  }

  private static func words(_ error: HTTPClientError) -> String {
    switch error {
    case .remoteConnectionClosed, .uncleanShutdown: "the connection was closed before the answer was whole"
    case .connectTimeout: "cannot connect: no answer"
    case .tlsHandshakeTimeout: "TLS: no answer"
    case .proxyAuthenticationRequired: "the proxy asks for a user and a password; give them in proxy_url"
    case .invalidProxyResponse: "the proxy refuses to connect"
    case .httpProxyHandshakeTimeout, .socksHandshakeTimeout: "the proxy does not answer"
    case .alreadyShutdown: "Skep is shutting down"
    default: error.shortDescription
    }
  }

  private static func words(_ error: NIOSSLError) -> String {
    switch error {
    case .handshakeFailed(.sslError(let errors)):
      errors.contains { "\($0)".contains("CERTIFICATE_VERIFY_FAILED") }
        ? "the certificate is not trusted, or not of that name (ca_file, server_name)"
        : "no agreement: \(errors.map { "\($0)" }.joined(separator: ", "))"
    case .handshakeFailed: "no agreement: the connection was closed"
    case .uncleanShutdown: "the connection was closed before the answer was whole"
    case .unableToValidateCertificate: "the certificate is not of that name (server_name)"
    default: "\(error)"
    }
  }
}

import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The errors of the libraries below, in an operator's words.
enum ConnectionFailure {
  static func error(_ error: any Error, for request: ClusterRequest, server: String) -> ClusterError {
    switch error {
    case let error as ClusterError: return error
    case is CancellationError: return request.error(.cancelled, "cancelled")
    case is TimeLimit.Passed: return request.error(.timedOut, "no whole answer from \(server) in time")
    default: break
    }
    if let words = distrust(error) { return request.error(.untrusted, "\(server): \(words)") }
    if let error = error as? HTTPClientError, [.cancelled, .alreadyShutdown].contains(error) {
      return request.error(.cancelled, "cancelled")
    }
    return request.error(.unreachable, "\(server): \(words(error))")
  }

  /// Why the server's certificate is not taken; `nil` for any other failure.
  private static func distrust(_ error: any Error) -> String? {
    switch error {
    case NIOSSLError.handshakeFailed(.sslError(let errors))
    where errors.contains { "\($0)".contains("CERTIFICATE_VERIFY_FAILED") }:
      "its certificate is not signed by what certificate-authority holds"
    case NIOSSLError.unableToValidateCertificate, is NIOSSLExtraError:
      "its certificate is not of that name; tls-server-name says which name it bears"
    default: nil
    }
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
    case let error as NIOConnectionError:
      "cannot connect: "
        + (error.connectionErrors.first.map { words($0.error) } ?? "the name does not resolve")
    case ChannelError.connectTimeout: "cannot connect: no answer"
    case is ChannelError, NIOSSLError.uncleanShutdown: "the connection was closed before the answer was whole"
    case let error as HTTPClientError: words(error)
    case is HTTPParserError: "what answers does not speak HTTP"
    case NIOSSLError.handshakeFailed(.sslError(let errors)):
      "TLS: no agreement: \(errors.map { "\($0)" }.joined(separator: ", "))"
    case is NIOSSLError: "TLS: no agreement: the connection was closed"
    case let error as BoringSSLError: "TLS: \(error)"
    default: "\(error)"
    }
  }

  private static func words(_ error: HTTPClientError) -> String {
    switch error {
    case .remoteConnectionClosed, .uncleanShutdown: "the connection was closed before the answer was whole"
    case .connectTimeout: "cannot connect: no answer"
    case .tlsHandshakeTimeout: "TLS: no answer"
    case .proxyAuthenticationRequired: "the proxy asks for a user and a password"
    case .invalidProxyResponse: "the proxy refuses to connect"
    case .httpProxyHandshakeTimeout, .socksHandshakeTimeout: "the proxy does not answer"
    default: error.shortDescription
    }
  }
}

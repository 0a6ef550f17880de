import Foundation
import NIOSSL

/// What a stand with TLS shows, and whose certificates it takes.
public struct StandTLS: Sendable {
  /// Paths of PEM files.
  public var certificate: String
  public var key: String
  /// The authority of both the stand's and its clients' certificates.
  public var authority: String

  public init(certificate: String, key: String, authority: String) {
    self.certificate = certificate
    self.key = key
    self.authority = authority
  }

  /// A client that shows no certificate is asked for a token, or is anonymous.
  func serverConfiguration() throws -> TLSConfiguration {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
    configuration.trustRoots = .file(authority)
    configuration.certificateVerification = .optionalVerification
    return configuration
  }
}

extension StandAccess {
  /// Takes whoever shows the certificate in a PEM file for that user.
  public mutating func admit(certificate path: String, as user: String) throws {
    for certificate in try NIOSSLCertificate.fromPEMFile(path).prefix(1) {
      certificates[try certificate.toDERBytes()] = user
    }
  }
}

/// How somebody proves to a stand who they are.
public enum StandCredentials: Sendable, Hashable {
  case none
  case token(String)
  /// Paths of PEM files.
  case certificate(String, key: String)
}

extension ClusterStand {
  /// Writes a kubeconfig that leads to this stand: cluster, user and context are named `stand`.
  public func writeKubeconfig(
    at path: String, credentials: StandCredentials = .none, namespace: String = "default"
  ) throws {
    var cluster = "server: \"\(url)\""
    if let tls { cluster += ", certificate-authority: \"\(tls.authority)\"" }
    let user =
      switch credentials {
      case .none: "{}"
      case .token(let token): "{token: \"\(token)\"}"
      case .certificate(let certificate, let key):
        "{client-certificate: \"\(certificate)\", client-key: \"\(key)\"}"
      }
    let text = """
      apiVersion: v1
      kind: Config
      current-context: stand
      contexts: [{name: stand, context: {cluster: stand, user: stand, namespace: "\(namespace)"}}]
      clusters: [{name: stand, cluster: {\(cluster)}}]
      users: [{name: stand, user: \(user)}]

      """
    try Data(text.utf8).write(to: URL(filePath: path))
  }
}

import FleetModel
import NIOSSL

/// Certificates and keys of a connection, checked when they are read and not when they are first used.
enum TLSMaterial {
  /// Why they cannot be used, for "FIELD: …".
  struct Problem: Error {
    var text: String
  }

  /// - Throws: ``Problem`` where the PEM holds no certificate or no key, or the two do not belong together.
  static func configuration(
    _ trust: ClusterConnection.Trust, _ certificate: ClientCertificate?
  ) throws(Problem) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    switch trust {
    case .system: break
    case .anything: configuration.certificateVerification = .none
    case .authorities(let bytes): configuration.trustRoots = .certificates(try certificates(bytes))
    }
    if let certificate {
      configuration.certificateChain = try certificates(certificate.chain).map { .certificate($0) }
      do {
        configuration.privateKey = .privateKey(
          try NIOSSLPrivateKey(bytes: Array(certificate.key.reveal().utf8), format: .pem))
      } catch {
        throw Problem(text: "holds no private key as PEM without a passphrase")
      }
      do { _ = try NIOSSLContext(configuration: configuration) } catch {
        throw Problem(text: "certificate and key do not belong together")
      }
    }
    return configuration
  }

  private static func certificates(_ bytes: [UInt8]) throws(Problem) -> [NIOSSLCertificate] {
    do {
      let certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
      if !certificates.isEmpty { return certificates }
    } catch {}
    throw Problem(text: "holds no certificate as PEM (-----BEGIN CERTIFICATE-----)")
  }
}

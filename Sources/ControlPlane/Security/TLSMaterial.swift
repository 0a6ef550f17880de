import Glibc
import Logging
import NIOSSL

/// Certificate, key and client CA, read and checked.
enum TLSMaterial {
  /// Blocks while it reads the files.
  ///
  /// - Parameter certificateIsOptional: whether a client without a certificate is let in to show a token.
  /// - Throws: ``SecurityError`` that names the file.
  static func configuration(
    for tls: SecurityConfiguration.TLS, certificateIsOptional: Bool, logger: Logger
  ) throws(SecurityError) -> TLSConfiguration {
    let chain = try reading(tls.certificateFile) { try NIOSSLCertificate.fromPEMFile(tls.certificateFile) }
    guard !chain.isEmpty else { throw .invalidTLS(file: tls.certificateFile, reason: "it holds no PEM certificate") }
    let key = try reading(tls.keyFile) { try NIOSSLPrivateKey(file: tls.keyFile, format: .pem) }
    var status = stat()
    if stat(tls.keyFile, &status) == 0 { TokenFile.warn(ofMode: status.st_mode, path: tls.keyFile, logger: logger) }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    if let clientCA = tls.clientCAFile {
      let roots = try reading(clientCA) { try NIOSSLCertificate.fromPEMFile(clientCA) }
      guard !roots.isEmpty else { throw .invalidTLS(file: clientCA, reason: "it holds no PEM certificate") }
      configuration.trustRoots = .certificates(roots)
      configuration.certificateVerification = certificateIsOptional ? .optionalVerification : .noHostnameVerification
    }
    // A key of another certificate shows here, not at the first connection.
    _ = try reading(tls.keyFile, hint: "; it has to be the key of \(tls.certificateFile)") {
      try NIOSSLContext(configuration: configuration)
    }
    return configuration
  }

  private static func reading<Result>(
    _ file: String, hint: String = "", _ body: () throws -> Result
  ) throws(SecurityError) -> Result {
    guard access(file, R_OK) == 0 else { throw .unreadable(file: file, reason: String(cString: strerror(errno))) }
    do { return try body() } catch { throw .invalidTLS(file: file, reason: "\(error)" + hint) }
  }
}

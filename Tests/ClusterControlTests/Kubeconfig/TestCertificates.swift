import Glibc
import NIOSSL
import Subprocess
import SystemPackage
import TestSupport

/// Certificates made for one test by the `openssl` command: two authorities, a server by the first, a client by each.
struct TestCertificates: Sendable {
  static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/bin/openssl"].first { (path: String) in
    access(path, X_OK) == 0
  }

  let scratch: ScratchDirectory

  func path(_ name: String) -> String { "\(scratch.path)/\(name)" }
  func text(_ name: String) throws -> String {
    guard let text = scratch.read(name) else { throw Failure(text: "no \(name)") }
    return text
  }

  struct Failure: Error { var text: String }

  static func make() async throws -> TestCertificates {
    let certificates = TestCertificates(scratch: try ScratchDirectory())
    for name in ["ca", "other-ca"] {
      try await certificates.run(
        ["req", "-x509"] + newKey + [
          "-keyout", certificates.path("\(name).key"), "-out", certificates.path("\(name).pem"), "-days", "2", "-subj",
          "/CN=\(name)",
        ])
    }
    try await certificates.leaf("server", by: "ca", "DNS:localhost,DNS:kubernetes.internal,IP:127.0.0.1")
    try await certificates.leaf("named", by: "ca", "DNS:kubernetes.internal")
    try await certificates.leaf("client", by: "ca", "DNS:client")
    return certificates
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  private func leaf(_ name: String, by authority: String, _ names: String) async throws {
    try await run(
      ["req"] + Self.newKey + ["-keyout", path("\(name).key"), "-out", path("\(name).csr"), "-subj", "/CN=\(name)"])
    try scratch.write("\(name).ext", "subjectAltName=\(names)\n")
    try await run([
      "x509", "-req", "-in", path("\(name).csr"), "-CA", path("\(authority).pem"), "-CAkey", path("\(authority).key"),
      "-CAcreateserial", "-days", "2", "-extfile", path("\(name).ext"), "-out", path("\(name).pem"),
    ])
  }

  private func run(_ arguments: [String]) async throws {
    let result = try await Subprocess.run(
      .path(FilePath(Self.openssl ?? "openssl")), arguments: Arguments(arguments), output: .discarded,
      error: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess else { throw Failure(text: "\(result.standardError)") }
  }

  /// A server that shows one of the certificates and takes a client's by the first authority, or none.
  func serverContext(_ name: String = "server") throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(path("\(name).pem")).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: path("\(name).key"), format: .pem)))
    configuration.trustRoots = .file(path("ca.pem"))
    configuration.certificateVerification = .optionalVerification
    return try NIOSSLContext(configuration: configuration)
  }
}

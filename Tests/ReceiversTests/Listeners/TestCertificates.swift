import Glibc
import NIOSSL
import Subprocess
import SystemPackage
import TestSupport

/// Certificates made for one test by the `openssl` command.
struct TestCertificates {
  static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/bin/openssl"].first { (path: String) in
    access(path, X_OK) == 0
  }

  let directory: ScratchDirectory

  func path(_ name: String) -> String { directory.path.appending(name).string }
  var ca: String { path("ca.pem") }

  /// An authority, and servers and a client of its; `server` is for 127.0.0.1 too, `named` for `receiver.example` alone.
  init() async throws {
    directory = try ScratchDirectory()
    try await openssl(
      ["req", "-x509"] + Self.newKey + ["-keyout", path("ca.key"), "-out", ca, "-days", "2", "-subj", "/CN=ca"])
    for name in ["server", "named", "client"] {
      try await openssl(
        ["req"] + Self.newKey + ["-keyout", path("\(name).key"), "-out", path("\(name).csr"), "-subj", "/CN=\(name)"])
      let addresses = name == "named" ? "" : ",IP:127.0.0.1"
      try directory.write("\(name).ext", "subjectAltName=DNS:receiver.example\(addresses)\n")
      try await openssl([
        "x509", "-req", "-in", path("\(name).csr"), "-CA", ca, "-CAkey", path("ca.key"), "-CAcreateserial", "-days",
        "2",
        "-extfile", path("\(name).ext"), "-out", path("\(name).pem"),
      ])
    }
  }

  /// How the server speaks TLS.
  func serverContext(_ name: String = "server", demandsClient: Bool = false) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(path("\(name).pem")).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: path("\(name).key"), format: .pem)))
    if demandsClient {
      configuration.trustRoots = .file(ca)
      configuration.certificateVerification = .noHostnameVerification
    }
    return try NIOSSLContext(configuration: configuration)
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  private func openssl(_ arguments: [String]) async throws {
    let result = try await Subprocess.run(
      .path(FilePath(Self.openssl ?? "openssl")), arguments: Arguments(arguments), output: .discarded,
      error: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess else { throw Failure(text: result.standardError) }
  }

  struct Failure: Error { var text: String }
}

import AsyncHTTPClient
import Glibc
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Subprocess
import SystemPackage
import Testing

@testable import ControlPlane

/// Certificates made for one test by the `openssl` command.
struct Certificates {
  static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/bin/openssl"].first { (path: String) in
    access(path, X_OK) == 0
  }

  var directory: String
  var ca: String { directory + "/ca.pem" }
  var server: String { directory + "/server.pem" }
  var serverKey: String { directory + "/server.key" }
  var client: String { directory + "/client.pem" }
  var clientKey: String { directory + "/client.key" }
  var stranger: String { directory + "/stranger.pem" }
  var strangerKey: String { directory + "/stranger.key" }

  static func make(in directory: String) async throws -> Certificates {
    let certificates = Certificates(directory: directory)
    try await authority("ca", in: directory)
    try await authority("other-ca", in: directory)
    try await leaf("server", by: "ca", in: directory)
    try await leaf("client", by: "ca", in: directory)
    try await leaf("stranger", by: "other-ca", in: directory)
    return certificates
  }

  private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  private static func authority(_ name: String, in directory: String) async throws {
    try await run(
      ["req", "-x509"] + newKey + [
        "-keyout", "\(directory)/\(name).key", "-out", "\(directory)/\(name).pem", "-days", "2", "-subj", "/CN=\(name)",
      ])
  }

  private static func leaf(_ name: String, by authority: String, in directory: String) async throws {
    let request = "\(directory)/\(name).csr"
    try await run(
      ["req"] + newKey + ["-keyout", "\(directory)/\(name).key", "-out", request, "-subj", "/CN=\(name)"])
    let extensions = "\(directory)/\(name).ext"
    try writeFile("subjectAltName=DNS:localhost,IP:127.0.0.1\n", to: extensions)
    try await run([
      "x509", "-req", "-in", request, "-CA", "\(directory)/\(authority).pem", "-CAkey", "\(directory)/\(authority).key",
      "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", "\(directory)/\(name).pem",
    ])
  }

  private static func run(_ arguments: [String]) async throws {
    let result = try await Subprocess.run(
      .path(FilePath(openssl ?? "openssl")), arguments: Arguments(arguments), output: .discarded,
      error: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess else { throw Failure(text: result.standardError) }
  }

  struct Failure: Error { var text: String }

  /// A client that trusts the CA and shows the given certificate.
  func withClient(
    showing certificate: (file: String, key: String)?, trusting authority: String = "ca",
    _ body: (HTTPClient) async throws -> Void
  ) async throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .file("\(directory)/\(authority).pem")
    if let certificate {
      tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate.file).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
    }
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.connect = .minutes(5)
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
      try await body(client)
      try await client.shutdown()
    } catch {
      try await client.shutdown()
      throw error
    }
  }
}

@Suite(.enabled(if: Certificates.openssl != nil, "needs the openssl command")) struct TLSTests {
  @Test func servesOverTLSAndNothingElse() async throws {
    try await withTemporaryDirectory { directory in
      let files = try await Certificates.make(in: directory)
      try await ServerHarness.with(
        configuration: .with {
          $0.security.tls = .init(certificateFile: files.server, keyFile: files.serverKey)
        }
      ) { server in
        #expect(server.url.hasPrefix("https://"))
        try await files.withClient(showing: nil) { client in
          let status1 = try await server.ask("GET", "/fleet/v1/overview", client: client).status
          #expect(status1 == 200)
        }
        let answer = try await server.raw("GET /-/healthy HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        #expect(!answer.contains("200 OK"))
        // A client that does not trust this CA goes no further.
        try await files.withClient(showing: nil, trusting: "other-ca") { client in
          let refusal: (any Error)?
          do {
            _ = try await server.ask("GET", "/-/healthy", client: client)
            refusal = nil
          } catch {
            refusal = error
          }
          #expect(refusal != nil)
        }
      }
    }
  }

  @Test func clientCertificatesProveWhoAsks() async throws {
    try await withTemporaryDirectory { directory in
      let files = try await Certificates.make(in: directory)
      try await ServerHarness.with(
        configuration: .with {
          $0.security.tls = .init(
            certificateFile: files.server, keyFile: files.serverKey, clientCAFile: files.ca)
          $0.security.clientCertificateRole = .reader
        }
      ) { server in
        try await files.withClient(showing: (files.client, files.clientKey)) { client in
          let status2 = try await server.ask("GET", "/fleet/v1/overview", client: client).status
          #expect(status2 == 200)
          let status3 = try await server.ask("DELETE", "/fleet/v1/rules/x", client: client).status
          #expect(status3 == 403)
        }
        for shown in [nil, (file: files.stranger, key: files.strangerKey)] {
          try await files.withClient(showing: shown) { client in
            await #expect(throws: (any Error).self) {
              try await server.ask("GET", "/fleet/v1/overview", client: client)
            }
          }
        }
      }
    }
  }

  @Test func aTokenStandsInForACertificate() async throws {
    try await withTemporaryDirectory { directory in
      let files = try await Certificates.make(in: directory)
      try writeFile("reader:0123456789abcdef\n", to: directory + "/tokens")
      try await ServerHarness.with(
        configuration: .with {
          $0.security.tls = .init(
            certificateFile: files.server, keyFile: files.serverKey, clientCAFile: files.ca)
          $0.security.tokenFile = directory + "/tokens"
        }
      ) { server in
        try await files.withClient(showing: nil) { client in
          let status4 = try await server.ask("GET", "/fleet/v1/overview", client: client).status
          #expect(status4 == 401)
          let headers = [("authorization", "Bearer 0123456789abcdef")]
          let status5 = try await server.ask("GET", "/fleet/v1/overview", headers: headers, client: client).status
          #expect(status5 == 200)
        }
        try await files.withClient(showing: (files.client, files.clientKey)) { client in
          let status6 = try await server.ask("DELETE", "/fleet/v1/rules/x", client: client).status
          #expect(status6 == 404)
        }
      }
    }
  }

  @Test func badMaterialIsNamed() async throws {
    try await withTemporaryDirectory { directory in
      let files = try await Certificates.make(in: directory)
      let read = { (tls: SecurityConfiguration.TLS) in
        _ = try TLSMaterial.configuration(for: tls, certificateIsOptional: false, logger: TokenTests.silent)
      }
      #expect(throws: SecurityError.unreadable(file: "/no/such.pem", reason: "No such file or directory")) {
        try read(.init(certificateFile: "/no/such.pem", keyFile: files.serverKey))
      }
      try writeFile("nothing", to: directory + "/empty.pem")
      for tls in [
        SecurityConfiguration.TLS(certificateFile: directory + "/empty.pem", keyFile: files.serverKey),
        .init(certificateFile: files.server, keyFile: directory + "/empty.pem"),
        .init(certificateFile: files.server, keyFile: files.clientKey),
        .init(certificateFile: files.server, keyFile: files.serverKey, clientCAFile: directory + "/empty.pem"),
      ] {
        let error = #expect(throws: SecurityError.self) { try read(tls) }
        #expect(error?.description.contains("cannot be used for TLS") == true, "\(String(describing: error))")
      }
    }
  }
}

import FleetModel
import TestSupport
import Testing

@testable import ClusterControl

/// TLS with a private authority, client certificates, and the ways to prove who one is, over real sockets.
@Suite(.enabled(if: TestCertificates.openssl != nil, "needs the openssl command"))
struct SecureConnectionTests {
  private static let version: JSONValue = ["major": "1", "minor": "36+", "gitVersion": "v1.36.2"]

  /// Writes a kubeconfig for the server and asks it for its version.
  private static func ask(
    _ server: ReplayServer, _ certificates: TestCertificates, cluster: String, user: String = "{}",
    name: String = "config"
  ) async throws -> SeenRequest {
    let file = try certificates.scratch.write(
      name,
      """
      apiVersion: v1
      kind: Config
      current-context: test
      contexts: [{name: test, context: {cluster: it, user: me, namespace: shop}}]
      clusters: [{name: it, cluster: {server: "\(server.url)", \(cluster)}}]
      users: [{name: me, user: \(user)}]
      """)
    let connection = try await ClusterConnection.load(kubeconfig: "\(file)")
    #expect(connection.namespace == "shop" && connection.user == "me" && connection.context == "test")
    let client = try ClusterClient(connection, settings: .patient(attempts: 1))
    do throws(ClusterError) {
      #expect(try await client.version().minor == 36)
    } catch {
      await client.shutdown()
      throw error
    }
    await client.shutdown()
    return try #require(server.requests.last)
  }

  private static func with(
    certificate: String = "server", _ body: (ReplayServer, TestCertificates) async throws -> Void
  ) async throws {
    let certificates = try await TestCertificates.make()
    try await ReplayServer.with(tls: try certificates.serverContext(certificate)) { _ in
      .json(version)
    } run: { server in
      try await body(server, certificates)
    }
  }

  @Test func aPrivateAuthorityIsTrustedFromAFileAndFromData() async throws {
    try await Self.with { server, certificates in
      // Relative to the kubeconfig file.
      _ = try await Self.ask(server, certificates, cluster: "certificate-authority: ca.pem")
      let data = Base64.encode(Array(try certificates.text("ca.pem").utf8))
      _ = try await Self.ask(server, certificates, cluster: "certificate-authority-data: \(data)")
      _ = try await Self.ask(server, certificates, cluster: "insecure-skip-tls-verify: true")
      for wrong in ["certificate-authority: other-ca.pem", "disable-compression: true"] {
        await #expect {
          _ = try await Self.ask(server, certificates, cluster: wrong)
        } throws: {
          ($0 as? ClusterError)?.kind == .untrusted
        }
      }
    }
  }

  @Test func theNameOnTheCertificateIsChecked() async throws {
    try await Self.with(certificate: "named") { server, certificates in
      await #expect {
        _ = try await Self.ask(server, certificates, cluster: "certificate-authority: ca.pem")
      } throws: {
        ($0 as? ClusterError)?.kind == .untrusted
      }
      let seen = try await Self.ask(
        server, certificates, cluster: "certificate-authority: ca.pem, tls-server-name: kubernetes.internal")
      #expect(seen.headers["host"] == String(server.url.dropFirst("https://".utf8.count)))
    }
  }

  @Test func aClientCertificateIsShown() async throws {
    try await Self.with { server, certificates in
      let without = try await Self.ask(server, certificates, cluster: "certificate-authority: ca.pem")
      #expect(!without.hasCertificate)
      let fromFiles = try await Self.ask(
        server, certificates, cluster: "certificate-authority: ca.pem",
        user: "{client-certificate: client.pem, client-key: client.key}")
      #expect(fromFiles.hasCertificate)
      let chain = Base64.encode(Array(try certificates.text("client.pem").utf8))
      let key = Base64.encode(Array(try certificates.text("client.key").utf8))
      let fromData = try await Self.ask(
        server, certificates, cluster: "certificate-authority: ca.pem",
        user: "{client-certificate-data: \(chain), client-key-data: \(key), token: both}")
      #expect(fromData.hasCertificate && fromData.headers["authorization"] == "Bearer both")
    }
  }

  @Test func tokensAndPasswordsAndImpersonationAreSent() async throws {
    try await Self.with { server, certificates in
      let ca = "certificate-authority: ca.pem"
      #expect(
        try await Self.ask(server, certificates, cluster: ca, user: "{token: t1}").headers["authorization"]
          == "Bearer t1")
      try certificates.scratch.write("token", " t2\n")
      let fromFile = try await Self.ask(server, certificates, cluster: ca, user: "{token: t1, tokenFile: token}")
      #expect(fromFile.headers["authorization"] == "Bearer t2")
      let basic = try await Self.ask(server, certificates, cluster: ca, user: "{username: u, password: \"p:w\"}")
      #expect(basic.headers["authorization"] == "Basic dTpwOnc=")
      let acting = try await Self.ask(
        server, certificates, cluster: ca,
        user: "{token: t, as: boss, as-groups: [a, b], as-user-extra: {\"team/x\": [one]}}")
      #expect(acting.headers["impersonate-user"] == "boss" && acting.headers["impersonate-group"] == "a,b")
      #expect(acting.headers["impersonate-extra-team%2fx"] == "one")
    }
  }

  /// A plug-in that counts its runs, and prints what it was told on its environment and then the given status.
  private static func plugin(_ certificates: TestCertificates, _ status: String, code: Int = 0) throws -> String {
    let file = try certificates.scratch.write(
      "plugin.sh",
      """
      #!/bin/sh
      echo run >> "$(dirname "$0")/runs"
      printf '%s' "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/info"
      printf '%s' "$1/$EXTRA" > "$(dirname "$0")/arguments"
      cat > "$(dirname "$0")/stdin"
      echo "words of the plug-in" >&2
      cat <<END
      {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": \(status)}
      END
      exit \(code)
      """)
    return "\(file)"
  }

  private static let exec = """
    {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, args: [login], interactiveMode: Never, \
    env: [{name: EXTRA, value: more}], provideClusterInfo: true}}
    """

  @Test func aPluginGivesATokenAndIsToldOfTheCluster() async throws {
    try await Self.with { server, certificates in
      _ = try Self.plugin(certificates, "{\"token\": \"from-$1\"}")
      let seen = try await Self.ask(server, certificates, cluster: "certificate-authority: ca.pem", user: Self.exec)
      #expect(seen.headers["authorization"] == "Bearer from-login")
      #expect(certificates.scratch.read("arguments") == "login/more")
      #expect(certificates.scratch.read("stdin") == "")
      let info = try JSONParser.parse(Array((certificates.scratch.read("info") ?? "").utf8))
      #expect(info["kind"]?.string == "ExecCredential")
      #expect(info["spec"]?["interactive"]?.bool == false)
      #expect(info["spec"]?["cluster"]?["server"]?.string == server.url)
      let authority = info["spec"]?["cluster"]?["certificate-authority-data"]?.string
      #expect(authority == Base64.encode(Array(try certificates.text("ca.pem").utf8)))
    }
  }

  @Test func aPluginGivesACertificate() async throws {
    try await Self.with { server, certificates in
      func json(_ name: String) throws -> String { JSONValue.string(try certificates.text(name)).description }
      // The shell's here-document would take a backslash for itself.
      let status =
        "{\"clientCertificateData\": \(try json("client.pem")), \"clientKeyData\": \(try json("client.key"))}"
        .replacing("\\", with: "\\\\")
      _ = try Self.plugin(certificates, status)
      let seen = try await Self.ask(server, certificates, cluster: "certificate-authority: ca.pem", user: Self.exec)
      #expect(seen.hasCertificate && seen.headers["authorization"] == nil)
    }
  }

  @Test(arguments: [
    ("{}", 0, "neither a token nor a certificate"), ("{\"token\": \"secret-token\"}", 3, "words of the plug-in"),
    ("oops secret-token", 0, "is no JSON"), ("{\"clientKeyData\": \"k\"}", 0, "without the other"),
    ("{\"token\": \"t\", \"expirationTimestamp\": \"soon\"}", 0, "no time"),
  ])
  func aPluginThatFailsIsTold(_ status: String, _ code: Int, _ words: String) async throws {
    try await Self.with { server, certificates in
      _ = try Self.plugin(certificates, status, code: code)
      await #expect {
        _ = try await Self.ask(server, certificates, cluster: "certificate-authority: ca.pem", user: Self.exec)
      } throws: {
        let error = $0 as? ClusterError
        return error?.kind == .unauthorized && "\($0)".contains(words) && !"\($0)".contains("secret-token")
          && "\($0)".contains("users[0].user.exec")
      }
    }
  }

  @Test func credentialsAreKeptUntilTheyRunOutOrAreRefused() async throws {
    let certificates = try await TestCertificates.make()
    let time = SimulatedTime()
    let end = RFC3339.format(time.now() + .seconds(600))
    _ = try Self.plugin(
      certificates, "{\"token\": \"t$(wc -l < $(dirname $0)/runs | tr -d ' ')\", \"expirationTimestamp\": \"\(end)\"}")
    let counter = Counter()
    try await ReplayServer.with { request in
      // The third request finds its token refused.
      counter.next() == 2 ? .status(401, reason: "Unauthorized") : .json(Self.version)
    } run: { server in
      let file = try certificates.scratch.write(
        "config",
        """
        current-context: test
        contexts: [{name: test, context: {cluster: it, user: me}}]
        clusters: [{name: it, cluster: {server: "\(server.url)"}}]
        users: [{name: me, user: \(Self.exec)}]
        """)
      let client = try ClusterClient(
        try await ClusterConnection.load(kubeconfig: "\(file)"), settings: .patient(attempts: 1), time: time)
      func tokens() -> [String] { server.requests.map { $0.headers["authorization"] ?? "" } }
      _ = try await client.version()
      _ = try await client.version()
      #expect(tokens() == ["Bearer t1", "Bearer t1"])
      // Refused: once more with another.
      _ = try await client.version()
      #expect(tokens().suffix(2) == ["Bearer t1", "Bearer t2"])
      time.advance(by: .seconds(601))
      _ = try await client.version()
      #expect(tokens().last == "Bearer t3")
      await client.shutdown()
    }
  }

  @Test func aTokensFileIsReadAgain() async throws {
    let scratch = try ScratchDirectory()
    let time = SimulatedTime()
    try scratch.write("token", "one")
    let counter = Counter()
    try await ReplayServer.with { _ in
      counter.next() == 3 ? .status(401, reason: "Unauthorized") : .json(Self.version)
    } run: { server in
      var connection = ClusterConnection(server: server.url)
      connection.proof = .tokenFile(path: "\(scratch.path)/token")
      let client = try ClusterClient(connection, settings: .patient(attempts: 1), time: time)
      func ask() async throws -> String? {
        _ = try await client.version()
        return server.requests.last?.headers["authorization"]
      }
      #expect(try await ask() == "Bearer one")
      try scratch.write("token", "two")
      #expect(try await ask() == "Bearer one")
      time.advance(by: .seconds(61))
      #expect(try await ask() == "Bearer two")
      try scratch.write("token", "three")
      // Refused, and read at once.
      #expect(try await ask() == "Bearer three")
      await client.shutdown()
    }
  }

  @Test func inAClusterTheServiceAccountIsUsed() async throws {
    try await Self.with { server, certificates in
      try certificates.scratch.write("ca.crt", try certificates.text("ca.pem"))
      try certificates.scratch.write("token", "pod-token\n")
      try certificates.scratch.write("namespace", "shop")
      let port = server.url.split(separator: ":").last.map(String.init) ?? ""
      let environment = ["KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port]
      let connection = try await ClusterConnection.inCluster(
        directory: "\(certificates.scratch.path)", environment: environment)
      #expect(connection.namespace == "shop" && connection.server == server.url)
      let client = try ClusterClient(connection, settings: .patient(attempts: 1))
      _ = try await client.version()
      #expect(server.requests.last?.headers["authorization"] == "Bearer pod-token")
      await client.shutdown()
      await #expect(throws: KubeconfigError.self) {
        try await ClusterConnection.inCluster(directory: "/nowhere", environment: environment)
      }
      await #expect(throws: KubeconfigError.self) { try await ClusterConnection.inCluster(environment: [:]) }
    }
  }
}

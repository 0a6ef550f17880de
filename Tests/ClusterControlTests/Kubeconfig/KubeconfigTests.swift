import FleetModel
import TestSupport
import Testing

@testable import ClusterControl

@Suite struct KubeconfigTests {
  private static func connection(_ text: String, context: String? = nil) async throws -> ClusterConnection {
    let scratch = try ScratchDirectory()
    return try await ClusterConnection.load(kubeconfig: "\(try scratch.write("config", text))", context: context)
  }

  private static let good = """
    apiVersion: v1
    kind: Config
    current-context: one
    contexts:
    - name: one
      context: {cluster: a, user: u, namespace: shop}
    - name: two
      context: {cluster: b}
    clusters:
    - name: a
      cluster: {server: "https://a.example:6443/"}
    - name: b
      cluster: {server: "b.example/k8s/clusters/c", proxy-url: "http://proxy.example:3128"}
    users:
    - name: u
      user: {token: secret}
    """

  @Test func contextsAreChosen() async throws {
    let one = try await Self.connection(Self.good)
    #expect(one.server == "https://a.example:6443" && one.namespace == "shop" && one.user == "u")
    let two = try await Self.connection(Self.good, context: "two")
    #expect(two.server == "https://b.example/k8s/clusters/c" && two.namespace == "default" && two.user == "")
    #expect(two.proxy == ProxyAddress(host: "proxy.example", port: 3128))
  }

  @Test func nothingSecretIsInADescription() async throws {
    let connection = try await Self.connection(Self.good)
    var text = ""
    dump(connection, to: &text)
    #expect(!"\(connection)\(text)".contains("secret") || "\(connection)\(text)".contains("<secret>"))
    #expect(!"\(connection)\(text)".replacing("<secret>", with: "").contains("secret"))
  }

  @Test func ofSeveralFilesTheFirstOfANameWins() async throws {
    let scratch = try ScratchDirectory()
    let first = try scratch.write(
      "first",
      """
      contexts: [{name: c, context: {cluster: k, user: u}}]
      clusters: [{name: k, cluster: {server: "https://first.example"}}]
      """)
    let second = try scratch.write(
      "folder/second",
      """
      current-context: c
      clusters: [{name: k, cluster: {server: "https://second.example"}}]
      users: [{name: u, user: {tokenFile: token}}]
      """)
    let connection = try await ClusterConnection.load(
      environment: ["KUBECONFIG": "\(first):\(scratch.path)/missing::\(second)", "HOME": "/nowhere"])
    #expect(connection.server == "https://first.example" && connection.context == "c")
    guard case .tokenFile(let path) = connection.proof else {
      Issue.record("no token's file")
      return
    }
    #expect(path == "\(scratch.path)/folder/token")
  }

  @Test func theFileOfTheHomeDirectoryIsTheUsualOne() async throws {
    let scratch = try ScratchDirectory()
    try scratch.write(".kube/config", Self.good)
    let connection = try await ClusterConnection.load(environment: ["HOME": "\(scratch.path)"])
    #expect(connection.context == "one")
    await #expect {
      _ = try await ClusterConnection.load(environment: ["HOME": "\(scratch.path)/other"])
    } throws: {
      "\($0)".contains("other/.kube/config") && "\($0)".contains("--kubeconfig")
    }
    await #expect {
      _ = try await ClusterConnection.load(kubeconfig: "\(scratch.path)/none", environment: [:])
    } throws: {
      "\($0)".contains("/none")
    }
  }

  /// A file with one context, whose cluster and user are given.
  private static func file(cluster: String = "server: https://a.example", user: String = "token: t") -> String {
    """
    current-context: c
    contexts: [{name: c, context: {cluster: k, user: u}}]
    clusters:
    - name: k
      cluster: {\(cluster)}
    users:
    - name: u
      user: {\(user)}
    """
  }

  @Test(arguments: [
    ("", "current-context: is not set"),
    ("[]", "it must be a mapping"),
    ("a: [", "/config:2: did not find"),
    ("kind: Pod", "kind: is Pod, not Config"),
    ("contexts: 7", "contexts: must be a list"),
    ("contexts: [7]", "contexts[0]: must be a mapping"),
    ("contexts: [{context: {}}]", "contexts[0].name: is missing"),
    ("current-context: gone\ncontexts: [{name: x}]", "there is no context \"gone\"; choose another with --context (x)"),
    ("current-context: x\ncontexts: [{name: x}]", "contexts[0].context.cluster: is missing"),
    ("current-context: x\ncontexts: [{name: x, context: {cluster: k}}]", "there is no cluster \"k\""),
    (
      "current-context: x\ncontexts: [{name: x, context: {cluster: k, user: u}}]\n"
        + "clusters: [{name: k, cluster: {server: \"https://a\"}}]", "there is no user \"u\""
    ),
    (file(cluster: "other: 1"), "clusters[0].cluster.server: is missing"),
    (file(cluster: "server: ftp://a"), "clusters[0].cluster.server: \"ftp://a\" is no address"),
    (
      file(cluster: "server: https://a, certificate-authority-data: '%%%'"), "certificate-authority-data: is not base64"
    ),
    (
      file(cluster: "server: https://a, certificate-authority-data: aGVsbG8="),
      "certificate-authority-data: holds no certificate"
    ),
    (file(cluster: "server: https://a, certificate-authority: missing.pem"), "certificate-authority: cannot read"),
    (file(cluster: "server: https://a, insecure-skip-tls-verify: maybe"), "must be true or false"),
    (
      file(cluster: "server: https://a, insecure-skip-tls-verify: true, certificate-authority-data: aGVsbG8="),
      "insecure-skip-tls-verify: contradicts certificate-authority-data"
    ),
    (file(cluster: "server: https://a, proxy-url: socks5://p:1"), "proxy-url: only http://HOST:PORT"),
    (file(user: "client-key-data: aGVsbG8="), "client-key-data: there is no client-certificate"),
    (file(user: "client-certificate-data: aGVsbG8="), "client-certificate-data: there is no client-key"),
    (
      file(user: "client-certificate-data: aGVsbG8=, client-key-data: aGVsbG8="),
      "client-certificate-data: holds no certificate"
    ),
    (file(user: "token: t, username: u"), "username: contradicts token"),
    (file(user: "auth-provider: {name: gcp}"), "auth-provider: was removed"),
    (file(user: "as-groups: [a]"), "as: is missing"),
    (file(user: "exec: {}"), "exec.command: is missing"),
    (file(user: "exec: {command: x}"), "exec.apiVersion: is missing"),
    (
      file(user: "exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}"),
      "apiVersion: \"client.authentication.k8s.io/v1alpha1\" is not understood"
    ),
    (
      file(user: "exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}"),
      "interactiveMode: is Always"
    ),
    (
      file(user: "exec: {command: x, apiVersion: client.authentication.k8s.io/v1, env: [{value: 1}]}"),
      "env[0].name: is missing"
    ),
  ])
  func mistakesAreTold(_ text: String, _ words: String) async throws {
    await #expect {
      _ = try await Self.connection(text)
    } throws: {
      $0 is KubeconfigError && "\($0)".contains(words) && "\($0)".contains("/config")
    }
  }

  @Test func aPluginThatIsNotThereIsNamedWithItsHint() async throws {
    let connection = try await Self.connection(
      Self.file(
        user: "exec: {command: no-such-plugin, apiVersion: client.authentication.k8s.io/v1, installHint: get it there}")
    )
    let client = try ClusterClient(connection, settings: .patient())
    await #expect {
      _ = try await client.version()
    } throws: {
      "\($0)".contains("no program no-such-plugin; get it there")
    }
    await client.shutdown()
  }

  @Test(arguments: [
    ("", []), ("aGVsbG8=", Array("hello".utf8)), ("aGVs\nbG8=", Array("hello".utf8)), ("YQ==", Array("a".utf8)),
    ("YWI=", Array("ab".utf8)),
  ])
  func base64IsRead(_ text: String, _ bytes: [UInt8]) {
    #expect(Base64.decode(text) == bytes)
  }

  @Test(arguments: ["a", "YQ", "YQ=", "Y===", "=YQ=", "YQ==YQ==", "a-_b", "é"])
  func whatIsNotBase64IsNot(_ text: String) { #expect(Base64.decode(text) == nil) }

  @Test func base64ComesBack() {
    let random = SeededRandom(seed: 5)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }

  @Test(
    arguments: [
      ("https://a.example", "https", "a.example", nil, ""), ("http://127.0.0.1:8080/", "http", "127.0.0.1", 8080, ""),
      ("https://[::1]:6443/k8s/c-1/", "https", "::1", 6443, "/k8s/c-1"),
      ("HTTPS://[fe80::1]", "https", "fe80::1", nil, ""),
    ] as [(String, String, String, Int?, String)])
  func addressesAreRead(_ text: String, _ scheme: String, _ host: String, _ port: Int?, _ path: String) throws {
    let address = try #require(ServerAddress(text))
    #expect(address.scheme == scheme && address.host == host && address.port == port && address.path == path)
  }

  @Test(arguments: [
    "", "a", "a.example:80", "ftp://a", "https://", "https://:80", "https://a:0", "https://a:99999", "https://a:b",
    "https://u@a", "https://a?x", "https://[::1", "https://[::1]x", "https://a b", "https:/a",
  ])
  func whatIsNoAddressIsNot(_ text: String) { #expect(ServerAddress(text) == nil) }
}

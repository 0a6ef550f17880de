import DeployPlan
import FleetModel

/// Reads how a user of a kubeconfig file proves who they are.
struct UserProof {
  private let user: KubeconfigFields
  private let cluster: KubeconfigFields
  private let server: ClusterConnection

  init(_ user: KubeconfigFields, cluster: KubeconfigFields, server: ClusterConnection) {
    self.user = user
    self.cluster = cluster
    self.server = server
  }

  func apply(to connection: inout ClusterConnection) async throws(KubeconfigError) {
    if user.tree["auth-provider"] != nil {
      throw user.error("auth-provider", "was removed in Kubernetes 1.26", mend: "use an exec plug-in in its place")
    }
    connection.impersonation = try impersonation()
    let certificate = try await certificate()
    let rest = try proof()
    switch (certificate, rest) {
    case (let certificate?, .nothing): connection.proof = .certificate(certificate)
    case (let certificate?, let rest): connection.proof = .both(certificate, rest)
    case (nil, let rest): connection.proof = rest
    }
  }

  private func certificate() async throws(KubeconfigError) -> ClientCertificate? {
    let chain = try await user.bytes("client-certificate")
    let key = try await user.bytes("client-key")
    switch (chain, key) {
    case (nil, nil): return nil
    case (nil, _): throw user.error(user.source("client-key"), "there is no client-certificate to it")
    case (_, nil): throw user.error(user.source("client-certificate"), "there is no client-key to it")
    case (let chain?, let key?):
      let certificate = ClientCertificate(chain: chain, key: SecretText(String(decoding: key, as: UTF8.self)))
      do throws(TLSMaterial.Problem) { _ = try TLSMaterial.configuration(.system, certificate) } catch {
        let isKey = error.text.contains("private key")
        throw user.error(user.source(isKey ? "client-key" : "client-certificate"), error.text)
      }
      return certificate
    }
  }

  private func proof() throws(KubeconfigError) -> ClusterConnection.Proof {
    let token = try user.text("token")
    let tokenFile = try user.text("tokenFile")
    let name = try user.text("username")
    let password = try user.text("password")
    if token != nil || tokenFile != nil, name != nil || password != nil {
      throw user.error("username", "contradicts \(token != nil ? "token" : "tokenFile")", mend: "remove one of them")
    }
    // The file is newer than what was written beside it.
    if let tokenFile { return .tokenFile(path: user.path(tokenFile)) }
    if let token { return .token(SecretText(token)) }
    if let name { return .password(user: name, SecretText(password ?? "")) }
    if let exec = try user.mapping("exec") { return .plugin(try plugin(exec)) }
    return .nothing
  }

  private func plugin(_ exec: KubeconfigFields) throws(KubeconfigError) -> ExecPlugin {
    guard let command = try exec.text("command") else { throw exec.error("command", "is missing") }
    let version = try exec.text("apiVersion") ?? ""
    guard ExecPlugin.versions.contains(version) else {
      throw exec.error(
        "apiVersion", version.isEmpty ? "is missing" : "\"\(version)\" is not understood",
        mend: "write \(ExecPlugin.versions[0]), and let the plug-in speak it")
    }
    if try exec.text("interactiveMode") == "Always" {
      throw exec.error(
        "interactiveMode", "is Always, but plug-ins get no standard input here",
        mend: "log in with its own command first")
    }
    var plugin = ExecPlugin(
      apiVersion: version, command: command.contains("/") ? exec.path(command) : command, file: exec.file,
      field: exec.field)
    plugin.arguments = try exec.texts("args")
    guard !([command] + plugin.arguments).contains(where: { $0.utf8.contains(0) }) else {
      throw exec.error("args", "holds a NUL")
    }
    for item in try exec.mappings("env") {
      guard let name = try item.text("name") else { throw item.error("name", "is missing") }
      plugin.environment.append((name, try item.text("value") ?? ""))
    }
    plugin.installHint = try exec.text("installHint")
    if try exec.flag("provideClusterInfo") { plugin.cluster = try clusterInfo() }
    return plugin
  }

  /// The cluster as `ExecCredential.spec.cluster`.
  private func clusterInfo() throws(KubeconfigError) -> JSONValue {
    var info: [JSONValue.Member] = [.init(key: "server", value: .string(server.server))]
    if let name = server.tlsServerName { info.append(.init(key: "tls-server-name", value: .string(name))) }
    switch server.trust {
    case .system: break
    case .anything: info.append(.init(key: "insecure-skip-tls-verify", value: true))
    case .authorities(let bytes):
      info.append(.init(key: "certificate-authority-data", value: .string(Base64.encode(bytes))))
    }
    if let proxy = try cluster.text("proxy-url") { info.append(.init(key: "proxy-url", value: .string(proxy))) }
    for item in try cluster.mappings("extensions")
    where try item.text("name") == "client.authentication.k8s.io/exec" {
      if let extra = item.tree["extension"] {
        info.append(.init(key: "config", value: Manifest(tree: extra).json))
      }
    }
    return .object(info)
  }

  private func impersonation() throws(KubeconfigError) -> ClusterConnection.Impersonation {
    var impersonation = ClusterConnection.Impersonation()
    impersonation.user = try user.text("as")
    impersonation.uid = try user.text("as-uid")
    impersonation.groups = try user.texts("as-groups")
    if let extra = try user.mapping("as-user-extra"), case .mapping(let entries) = extra.tree.content {
      for entry in entries { impersonation.extra.append((entry.key, try extra.texts(entry.key))) }
    }
    if impersonation.user == nil, !impersonation.headers.isEmpty {
      throw user.error("as", "is missing", mend: "as-uid, as-groups and as-user-extra need it")
    }
    return impersonation
  }
}

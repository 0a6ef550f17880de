import DeployPlan
import FleetModel

/// Clusters, users and contexts of one or several kubeconfig files
/// (<https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/>).
///
/// Pipeline: files → merged, the first of a name wins → context → ``ClusterConnection`` with the files that it names.
struct Kubeconfig: Sendable {
  private var clusters: [String: KubeconfigFields] = [:]
  private var users: [String: KubeconfigFields] = [:]
  private(set) var contexts: [String: KubeconfigFields] = [:]
  private var currentContext: String?
  /// For errors that are of no file.
  private var files: [String] = []

  /// Takes in one more file; what is known already stays.
  mutating func merge(_ text: String, file: String) throws(KubeconfigError) {
    files.append(file)
    if text.trimmingSpace.isEmpty { return }
    let (tree, diagnostics) = YAMLTree.parse(text)
    if let problem = diagnostics.first(where: { $0.level == .error }) {
      throw KubeconfigError(file: file, line: problem.line, problem: problem.message, mend: problem.mend)
    }
    guard let tree, case .mapping = tree.content else {
      throw KubeconfigError(file: file, problem: "is no kubeconfig: it must be a mapping")
    }
    let root = KubeconfigFields(tree: tree, file: file, field: "")
    if let kind = try root.text("kind"), kind != "Config" {
      throw root.error("kind", "is \(kind), not Config", mend: "name a kubeconfig file")
    }
    try take(root, "clusters", "cluster", into: &clusters)
    try take(root, "users", "user", into: &users)
    try take(root, "contexts", "context", into: &contexts)
    if currentContext == nil { currentContext = try root.text("current-context") }
  }

  private func take(
    _ root: KubeconfigFields, _ list: String, _ key: String, into known: inout [String: KubeconfigFields]
  ) throws(KubeconfigError) {
    for item in try root.mappings(list) {
      guard let name = try item.text("name") else { throw item.error("name", "is missing") }
      // A user may have nothing in it: then there is no credential.
      let empty = KubeconfigFields(
        tree: .emptyMapping(at: item.tree.place), file: item.file, field: "\(item.field).\(key)")
      if known[name] == nil { known[name] = try item.mapping(key) ?? empty }
    }
  }

  /// - Parameter context: its name; `nil` for `current-context`.
  func connection(context: String?) async throws(KubeconfigError) -> ClusterConnection {
    let file = files.joined(separator: ":")
    guard let name = context ?? currentContext else {
      throw KubeconfigError(
        file: file, field: "current-context", problem: "is not set",
        mend: "choose one with --context\(known(contexts))")
    }
    guard let chosen = contexts[name] else {
      throw KubeconfigError(
        file: file, field: "contexts", problem: "there is no context \"\(name)\"",
        mend: "choose another with --context\(known(contexts))")
    }
    guard let clusterName = try chosen.text("cluster") else { throw chosen.error("cluster", "is missing") }
    guard let cluster = clusters[clusterName] else {
      throw chosen.error("cluster", "there is no cluster \"\(clusterName)\"")
    }
    var connection = try await Self.connection(to: cluster)
    connection.context = name
    if let namespace = try chosen.text("namespace") { connection.namespace = namespace }
    if let userName = try chosen.text("user") {
      guard let user = users[userName] else { throw chosen.error("user", "there is no user \"\(userName)\"") }
      connection.user = userName
      try await UserProof(user, cluster: cluster, server: connection).apply(to: &connection)
    }
    return connection
  }

  private func known(_ entries: [String: KubeconfigFields]) -> String {
    entries.isEmpty ? "" : " (\(entries.keys.sorted().joined(separator: ", ")))"
  }

  private static func connection(to cluster: KubeconfigFields) async throws(KubeconfigError) -> ClusterConnection {
    guard let text = try cluster.text("server") else { throw cluster.error("server", "is missing") }
    guard let address = ServerAddress(text.contains("://") ? text : "https://" + text) else {
      throw cluster.error("server", "\"\(text)\" is no address of a server", mend: "write https://HOST:PORT")
    }
    var connection = ClusterConnection(server: address.text)
    connection.tlsServerName = try cluster.text("tls-server-name")
    connection.wantsCompression = try !cluster.flag("disable-compression")
    let authorities = try await cluster.bytes("certificate-authority")
    if try cluster.flag("insecure-skip-tls-verify") {
      guard authorities == nil else {
        throw cluster.error(
          "insecure-skip-tls-verify", "contradicts \(cluster.source("certificate-authority"))",
          mend: "remove one of them")
      }
      connection.trust = .anything
    } else if let authorities {
      connection.trust = .authorities(authorities)
      do throws(TLSMaterial.Problem) { _ = try TLSMaterial.configuration(connection.trust, nil) } catch {
        throw cluster.error(cluster.source("certificate-authority"), error.text)
      }
    }
    if let proxy = try cluster.text("proxy-url") {
      guard let address = ServerAddress(proxy), address.scheme == "http", address.path.isEmpty else {
        throw cluster.error(
          "proxy-url", "only http://HOST:PORT is understood", mend: "use such a proxy, or a tunnel of your own")
      }
      connection.proxy = ProxyAddress(host: address.host, port: address.port ?? 80)
    }
    return connection
  }
}

import FleetModel
import Glibc
import Platform
import SystemPackage

extension ClusterConnection {
  /// The connection that a command is to use, found as `kubectl` finds it: the file that is named, else those of `KUBECONFIG`
  /// (several, separated by colons, those that are not there passed over), else `~/.kube/config`, else the cluster that this
  /// process runs in.
  ///
  /// - Parameters:
  ///   - kubeconfig: a path.
  ///   - context: a name in it; `nil` for its `current-context`.
  ///   - environment: `nil` for this process's own.
  /// - Throws: ``KubeconfigError``.
  public static func load(
    kubeconfig: String? = nil, context: String? = nil, environment: [String: String]? = nil
  ) async throws(KubeconfigError) -> ClusterConnection {
    let environment = environment ?? processEnvironment
    var config = Kubeconfig()
    if let kubeconfig {
      let text: String
      do throws(FileError) { text = try await ConnectionFile.text(kubeconfig) } catch {
        throw KubeconfigError(file: kubeconfig, problem: "\(error)")
      }
      try config.merge(text, file: kubeconfig)
      return try await config.connection(context: context)
    }
    let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
    let home = environment["HOME"].map { "\($0)/.kube/config" }
    var isThereAny = false
    for path in listed.isEmpty ? [home].compactMap(\.self) : listed {
      guard let text = try await text(ofFile: path) else { continue }
      isThereAny = true
      try config.merge(text, file: path)
    }
    if isThereAny { return try await config.connection(context: context) }
    if listed.isEmpty, context == nil, environment["KUBERNETES_SERVICE_HOST"] != nil {
      return try await inCluster(environment: environment)
    }
    throw KubeconfigError(
      file: listed.isEmpty ? home ?? "~/.kube/config" : listed.joined(separator: ":"), problem: "there is no such file",
      mend: "name a kubeconfig file with --kubeconfig or KUBECONFIG")
  }

  /// - Returns: `nil` where there is no such file.
  private static func text(ofFile path: String) async throws(KubeconfigError) -> String? {
    do throws(FileError) { return try await ConnectionFile.text(path) } catch {
      if error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory { return nil }
      throw KubeconfigError(file: path, problem: "\(error)")
    }
  }

  /// What a pod is given (<https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/>).
  public static let serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// The cluster that this process runs in as a pod, as the pod's service account.
  ///
  /// - Parameters:
  ///   - directory: where `token`, `ca.crt` and `namespace` are.
  ///   - environment: `nil` for this process's own.
  /// - Throws: ``KubeconfigError`` where it does not run in a cluster.
  public static func inCluster(
    directory: String = serviceAccountDirectory, environment: [String: String]? = nil
  ) async throws(KubeconfigError) -> ClusterConnection {
    let environment = environment ?? processEnvironment
    guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"],
      let address = ServerAddress("https://\(host.contains(":") ? "[\(host)]" : host):\(port)")
    else {
      throw KubeconfigError(
        file: "", field: "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT",
        problem: "are not set: this is no pod of a cluster", mend: "name a kubeconfig file")
    }
    var connection = ClusterConnection(server: address.text)
    let authorities = "\(directory)/ca.crt"
    do throws(FileError) {
      connection.trust = .authorities(try await ConnectionFile.bytes(authorities))
      _ = try await ConnectionFile.bytes("\(directory)/token")
    } catch {
      throw KubeconfigError(
        file: error.path.string, problem: "\(error)",
        mend: "let the pod mount its service account (automountServiceAccountToken)")
    }
    do throws(TLSMaterial.Problem) { _ = try TLSMaterial.configuration(connection.trust, nil) } catch {
      throw KubeconfigError(file: authorities, problem: error.text)
    }
    connection.proof = .tokenFile(path: "\(directory)/token")
    if let namespace = try await text(ofFile: "\(directory)/namespace")?.trimmingSpace, !namespace.isEmpty {
      connection.namespace = namespace
    }
    return connection
  }

  private static var processEnvironment: [String: String] {
    var environment: [String: String] = [:]
    for name in ["KUBECONFIG", "HOME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }
}

public import DeployPlan
import FleetModel

extension ClusterClient {
  /// Asks for a pod to go, as far as disruption budgets allow.
  ///
  /// - Throws: ``ClusterError``: `disruptionBudget` if one does not now, with which in its causes and, if the server has yet to
  ///   look at it, when to ask again; `notFound` if there is no such pod.
  public func evict(_ pod: Manifest.ID, dryRun: Bool = false) async throws(ClusterError) {
    let body: JSONValue = [
      "apiVersion": "policy/v1", "kind": "Eviction",
      "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace)],
    ]
    _ = try await asking(.pod) { resource throws(ClusterError) in
      ClusterRequest(
        method: .post,
        path: try Self.path(resource, pod, subresource: "eviction")
          + RequestPath.query(["dryRun": dryRun ? "All" : nil]),
        subject: "eviction of \(pod)", contentType: "application/json", body: body.bytes,
        repetition: .harmful)
    }
  }

  /// What a container has printed.
  ///
  /// - Parameters:
  ///   - container: `nil` where the pod has only one.
  ///   - previous: of the one that ran before it.
  ///   - tailLines: only the last lines.
  /// - Returns: empty where there is nothing, such as of a pod that no node has yet.
  /// - Throws: ``ClusterError``: `invalid` with the server's words where there is no log to be had.
  public func logs(
    pod: String, namespace: String, container: String? = nil, previous: Bool = false, tailLines: Int? = nil
  ) async throws(ClusterError) -> String {
    let id = Manifest.ID(group: "", kind: "Pod", namespace: namespace, name: pod)
    let (answer, _) = try await asking(.pod) { resource throws(ClusterError) in
      ClusterRequest(
        method: .get,
        path: try Self.path(resource, id, subresource: "log")
          + RequestPath.query([
            "container": container, "previous": previous ? "true" : nil, "tailLines": tailLines.map { "\($0)" },
          ]),
        subject: "log of \(id)", accept: "*/*", repetition: .harmless)
    }
    return String(decoding: answer.body, as: UTF8.self)
  }

  /// For whom the server takes us. Servers before 1.28 need not know it.
  ///
  /// - Returns: `nil` if the server does not say.
  public func selfSubject() async throws(ClusterError) -> String? {
    let body: JSONValue = ["apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"]
    let request = ClusterRequest(
      method: .post, path: "/apis/authentication.k8s.io/v1/selfsubjectreviews", subject: "SelfSubjectReview",
      contentType: "application/json", body: body.bytes, repetition: .harmless)
    do throws(ClusterError) {
      let review = try await json(try await perform(request), of: request)
      return review["status"]?["userInfo"]?["username"]?.string
    } catch  where error.kind == .kindNotServed || error.kind == .notFound {
      return nil
    }
  }

  /// The server's version.
  public func version() async throws(ClusterError) -> ServerVersion {
    let request = ClusterRequest(method: .get, path: "/version", repetition: .harmless)
    let answer = try await json(try await perform(request), of: request)
    guard let version = ServerVersion(answer) else {
      throw request.error(.malformedAnswer, "the answer is no version; check the server's address")
    }
    return version
  }
}

/// The version of an API server.
public struct ServerVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var major: Int
  public var minor: Int
  /// `v1.36.2`; with the provider's additions.
  public var text: String

  public init(major: Int, minor: Int, text: String) {
    self.major = major
    self.minor = minor
    self.text = text
  }

  /// - Parameter json: the answer of `/version`. Some providers add `+` to the minor number.
  init?(_ json: JSONValue) {
    func number(_ key: String) -> Int? { json[key]?.string.flatMap { Int($0.prefix { $0.isASCII && $0.isNumber }) } }
    guard let major = number("major"), let minor = number("minor") else { return nil }
    self.init(major: major, minor: minor, text: json["gitVersion"]?.string ?? "v\(major).\(minor)")
  }

  public var description: String { text }

  /// By number: `1.9` is older than `1.10`.
  public static func < (first: Self, second: Self) -> Bool {
    (first.major, first.minor) < (second.major, second.minor)
  }
}

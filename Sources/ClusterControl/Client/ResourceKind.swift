public import DeployPlan

/// A kind of object, before the server has said how it serves it.
public struct ResourceKind: Sendable, Hashable {
  /// Empty for the core group.
  public var group: String
  /// `nil`: the one that the server prefers.
  public var version: String?
  public var kind: String

  public init(group: String, version: String? = nil, kind: String) {
    self.group = group
    self.version = version
    self.kind = kind
  }

  /// - Parameter apiVersion: as in an object: `v1`, `apps/v1`.
  public init(apiVersion: String, kind: String) {
    let slash = apiVersion.firstIndex(of: "/")
    group = slash.map { String(apiVersion[..<$0]) } ?? ""
    version = String(slash.map { apiVersion[apiVersion.index(after: $0)...] } ?? apiVersion[...])
    self.kind = kind
  }

  public init(_ id: Manifest.ID, version: String? = nil) {
    self.init(group: id.group, version: version, kind: id.kind)
  }

  public static let configMap = ResourceKind(group: "", version: "v1", kind: "ConfigMap")
  public static let deployment = ResourceKind(group: "apps", version: "v1", kind: "Deployment")
  /// Of the core group, which every server has; `events.k8s.io` shows the same objects.
  public static let event = ResourceKind(group: "", version: "v1", kind: "Event")
  public static let lease = ResourceKind(group: "coordination.k8s.io", version: "v1", kind: "Lease")
  public static let namespace = ResourceKind(group: "", version: "v1", kind: "Namespace")
  public static let pod = ResourceKind(group: "", version: "v1", kind: "Pod")
  public static let replicaSet = ResourceKind(group: "apps", version: "v1", kind: "ReplicaSet")
  public static let secret = ResourceKind(group: "", version: "v1", kind: "Secret")
  public static let service = ResourceKind(group: "", version: "v1", kind: "Service")
  public static let statefulSet = ResourceKind(group: "apps", version: "v1", kind: "StatefulSet")

  /// `Deployment` in the group `apps`, for messages.
  var words: String {
    let version = version.map { group.isEmpty ? $0 : "\(group)/\($0)" } ?? group
    return version.isEmpty ? kind : "\(kind) (\(version))"
  }
}

/// How a server serves a kind.
public struct APIResource: Sendable, Hashable {
  /// Empty for the core group.
  public var group: String
  public var version: String
  public var kind: String
  /// Its name in paths: `deployments`.
  public var plural: String
  public var isNamespaced: Bool
  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
  public var verbs: Set<String>

  public init(
    group: String, version: String, kind: String, plural: String, isNamespaced: Bool, verbs: Set<String>
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.isNamespaced = isNamespaced
    self.verbs = verbs
  }

  /// As in an object: `v1`, `apps/v1`.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// - Parameters:
  ///   - namespace: `nil` for all of them; ignored for what belongs to the cluster.
  ///   - name: `nil` for the collection.
  func path(namespace: String?, name: String? = nil, subresource: String? = nil) -> String {
    var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
    if isNamespaced, let namespace { path += "/namespaces/\(RequestPath.segment(namespace))" }
    path += "/\(plural)"
    if let name { path += "/\(RequestPath.segment(name))" }
    if let subresource { path += "/\(subresource)" }
    return path
  }
}

/// Paths and queries of requests (RFC 3986).
enum RequestPath {
  /// Text as one segment of a path, or as one value of a query: all but the unreserved characters is escaped.
  static func segment(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        escaped += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    // "." and ".." would be taken for directions.
    return escaped.allSatisfy { $0 == "." } ? escaped.map { _ in "%2E" }.joined() : escaped
  }

  /// `?a=1&b=2` of what has a value; empty if nothing has.
  static func query(_ items: KeyValuePairs<String, String?>) -> String {
    let present = items.compactMap { item in item.value.map { "\(item.key)=\(segment($0))" } }
    return present.isEmpty ? "" : "?" + present.joined(separator: "&")
  }
}

import FleetModel

/// What a server serves, as far as it has been asked.
struct APICatalog: Sendable {
  private struct Key: Hashable {
    var group: String
    var kind: String
  }

  /// By group and kind, versions in the server's order of preference.
  private var resources: [Key: [APIResource]] = [:]
  /// Groups whose own server does not answer now: what they have is not known.
  private(set) var staleGroups: Set<String> = []
  /// Groups that a server without aggregated discovery has, with their versions; their kinds are asked for one by one.
  private(set) var unread: [String: [String]] = [:]

  /// Every kind that is known, once, in the version that the server prefers.
  var preferred: [APIResource] { resources.values.compactMap(\.first) }

  func find(_ kind: ResourceKind) -> APIResource? {
    let served = resources[Key(group: kind.group, kind: kind.kind)] ?? []
    guard let version = kind.version else { return served.first }
    return served.first { $0.version == version }
  }

  /// Adds `APIGroupDiscoveryList` (<https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery>).
  mutating func add(aggregated list: JSONValue) {
    for group in list["items"]?.elements ?? [] {
      let name = group["metadata"]?["name"]?.string ?? ""
      for version in group["versions"]?.elements ?? [] {
        let versionName = version["version"]?.string ?? ""
        if let freshness = version["freshness"]?.string, freshness != "Current" { staleGroups.insert(name) }
        for resource in version["resources"]?.elements ?? [] {
          guard let plural = resource["resource"]?.string, let kind = resource["responseKind"]?["kind"]?.string
          else { continue }
          add(
            APIResource(
              group: name, version: versionName, kind: kind, plural: plural,
              isNamespaced: resource["scope"]?.string == "Namespaced", verbs: Self.verbs(resource)))
        }
      }
    }
  }

  /// Adds `APIGroupList`: names and versions, nothing of kinds.
  mutating func add(groups list: JSONValue) {
    for group in list["groups"]?.elements ?? [] {
      guard let name = group["name"]?.string else { continue }
      let preferred = group["preferredVersion"]?["version"]?.string
      let versions = (group["versions"]?.elements ?? []).compactMap { $0["version"]?.string }
      unread[name] = versions.filter { $0 == preferred } + versions.filter { $0 != preferred }
    }
  }

  /// Adds `APIVersions`, of the core group.
  mutating func add(coreVersions list: JSONValue) {
    unread[""] = (list["versions"]?.elements ?? []).compactMap(\.string)
  }

  /// Adds `APIResourceList`, and the version is no longer unread.
  mutating func add(resources list: JSONValue, group: String, version: String) {
    unread[group]?.removeAll { $0 == version }
    for resource in list["resources"]?.elements ?? [] {
      // A name with a slash is a subresource.
      guard let plural = resource["name"]?.string, !plural.contains("/"), let kind = resource["kind"]?.string
      else { continue }
      add(
        APIResource(
          group: group, version: version, kind: kind, plural: plural,
          isNamespaced: resource["namespaced"]?.bool ?? false, verbs: Self.verbs(resource)))
    }
  }

  private mutating func add(_ resource: APIResource) {
    // Kinds that only answer requests (Binding) cannot be had.
    guard resource.verbs.contains("get") || resource.verbs.contains("create") else { return }
    resources[Key(group: resource.group, kind: resource.kind), default: []].append(resource)
  }

  private static func verbs(_ resource: JSONValue) -> Set<String> {
    Set((resource["verbs"]?.elements ?? []).compactMap(\.string))
  }
}

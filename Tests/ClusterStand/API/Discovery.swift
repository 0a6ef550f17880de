/// What the server serves, as clients ask for it.
struct Discovery {
  var table: ResourceTable

  static let aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

  static let version: Tree = [
    "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35", "gitVersion": "v1.36.2", "gitCommit": "cluster-stand", "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "swiftc", "platform": "linux/amd64",
  ]

  /// `nil` for a path that is none of discovery's.
  func answer(_ segments: [String], accept: String) -> StandAnswer? {
    let isAggregated = accept.contains("g=apidiscovery.k8s.io") && accept.contains("v=v2;")
    switch (segments.first, segments.count) {
    case ("version", 1): return .tree(200, Self.version)
    case ("readyz", 1), ("livez", 1), ("healthz", 1): return .text(200, "ok")
    case ("api", 1):
      if isAggregated { return .document(aggregated([""]), contentType: Self.aggregatedType) }
      let addresses: Tree = [["clientCIDR": "0.0.0.0/0", "serverAddress": "cluster.example:6443"]]
      return .tree(200, ["kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses])
    case ("apis", 1):
      if isAggregated { return .document(aggregated(groups), contentType: Self.aggregatedType) }
      return .tree(200, ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map { group($0) })])
    case ("api", 2): return segments[1] == "v1" ? .tree(200, resources(group: "", version: "v1")) : nil
    case ("apis", 2):
      guard groups.contains(segments[1]) else { return nil }
      var tree = group(segments[1])
      tree["kind"] = "APIGroup"
      tree["apiVersion"] = "v1"
      return .tree(200, tree)
    case ("apis", 3):
      guard versions(of: segments[1]).contains(segments[2]) else { return nil }
      return .tree(200, resources(group: segments[1], version: segments[2]))
    default: return nil
    }
  }

  /// Those whose objects are not stored are there too.
  private var groups: [String] { table.groups + ["authentication.k8s.io", "authorization.k8s.io"] }

  private func versions(of group: String) -> [String] {
    let stored = table.versions(of: group)
    return stored.isEmpty && groups.contains(group) ? ["v1"] : stored
  }

  private func group(_ name: String) -> Tree {
    let versions = versions(of: name).map { version -> Tree in
      ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
    }
    return ["name": .string(name), "versions": .array(versions), "preferredVersion": versions.first ?? [:]]
  }

  private struct Served {
    var name: String
    var singular = ""
    var isNamespaced: Bool
    var kind: String
    /// Of another group and version than the path's.
    var of: (group: String, version: String)?
    var verbs: [String]
    var shortNames: [String] = []
    var categories: [String] = []
  }

  private func served(group: String, version: String) -> [Served] {
    var all: [Served] = []
    for resource in table.all where resource.group == group && resource.versions.contains(version) {
      let verbs = resource.kind == "Namespace" ? Resource.verbs.filter { $0 != "deletecollection" } : Resource.verbs
      all.append(
        Served(
          name: resource.plural, singular: resource.singular, isNamespaced: resource.isNamespaced, kind: resource.kind,
          verbs: verbs, shortNames: resource.shortNames, categories: resource.categories))
      func sub(_ name: String, _ kind: String, _ of: (String, String)? = nil, _ verbs: [String]) {
        all.append(
          Served(
            name: "\(resource.plural)/\(name)", isNamespaced: resource.isNamespaced, kind: kind, of: of, verbs: verbs))
      }
      let changes = ["get", "patch", "update"]
      if resource.kind == "Namespace" { sub("finalize", "Namespace", nil, ["update"]) }
      if resource.kind == "Pod" {
        sub("eviction", "Eviction", ("policy", "v1"), ["create"])
        sub("log", "Pod", nil, ["get"])
      }
      if resource.hasScale { sub("scale", "Scale", ("autoscaling", "v1"), changes) }
      if resource.hasStatus { sub("status", resource.kind, nil, changes) }
    }
    switch group {
    case "authentication.k8s.io":
      all.append(
        Served(
          name: "selfsubjectreviews", singular: "selfsubjectreview", isNamespaced: false, kind: "SelfSubjectReview",
          verbs: ["create"]))
    case "authorization.k8s.io":
      all.append(
        Served(
          name: "selfsubjectaccessreviews", singular: "selfsubjectaccessreview", isNamespaced: false,
          kind: "SelfSubjectAccessReview", verbs: ["create"]))
    default: break
    }
    return all
  }

  private func resources(group: String, version: String) -> Tree {
    let resources = served(group: group, version: version).map { served -> Tree in
      var tree: Tree = [
        "name": .string(served.name), "singularName": .string(served.singular),
        "namespaced": .bool(served.isNamespaced), "kind": .string(served.kind), "verbs": Self.texts(served.verbs),
      ]
      if let of = served.of {
        tree["group"] = .string(of.group)
        tree["version"] = .string(of.version)
      }
      if !served.shortNames.isEmpty { tree["shortNames"] = Self.texts(served.shortNames) }
      if !served.categories.isEmpty { tree["categories"] = Self.texts(served.categories) }
      return tree
    }
    var list: Tree = [
      "kind": "APIResourceList", "groupVersion": .string(group.isEmpty ? version : "\(group)/\(version)"),
      "resources": .array(resources),
    ]
    if !group.isEmpty { list["apiVersion"] = "v1" }
    return list
  }

  private static func texts(_ texts: [String]) -> Tree { .array(texts.map { .string($0) }) }

  private func aggregated(_ groups: [String]) -> Tree {
    let items = groups.map { group -> Tree in
      let versions = (group.isEmpty ? ["v1"] : versions(of: group)).map { version -> Tree in
        ["version": .string(version), "resources": aggregated(group: group, version: version), "freshness": "Current"]
      }
      return ["metadata": group.isEmpty ? [:] : ["name": .string(group)], "versions": .array(versions)]
    }
    return [
      "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:], "items": .array(items),
    ]
  }

  private func aggregated(group: String, version: String) -> Tree {
    let served = served(group: group, version: version)
    func kind(_ entry: Served) -> Tree {
      [
        "group": .string(entry.of?.group ?? ""), "version": .string(entry.of?.version ?? ""),
        "kind": .string(entry.kind),
      ]
    }
    return .array(
      served.filter { !$0.name.contains("/") }.map { entry in
        var tree: Tree = [
          "resource": .string(entry.name), "responseKind": kind(entry),
          "scope": entry.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(entry.singular),
          "verbs": Self.texts(entry.verbs),
        ]
        if !entry.shortNames.isEmpty { tree["shortNames"] = Self.texts(entry.shortNames) }
        if !entry.categories.isEmpty { tree["categories"] = Self.texts(entry.categories) }
        let subresources = served.filter { $0.name.hasPrefix(entry.name + "/") }.map { sub -> Tree in
          [
            "subresource": .string(String(sub.name.dropFirst(entry.name.count + 1))), "responseKind": kind(sub),
            "verbs": Self.texts(sub.verbs),
          ]
        }
        if !subresources.isEmpty { tree["subresources"] = .array(subresources) }
        return tree
      })
  }
}

extension ClusterState {
  /// An object through its type with what stands for what is not given
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/>, "defaults to").
  func filled(_ object: Tree, _ resource: Resource) -> Tree {
    var object = resource.schema.decoded(object, isCustom: resource.isCustom)
    if resource.isCustom { return object }
    switch resource.kind {
    case "Namespace": object[path: "metadata", "labels", "kubernetes.io/metadata.name"] = object["metadata"]?["name"]
    case "Pod": Defaults.fillPod(&object)
    case "Deployment":
      Defaults.fillTemplate(&object)
      Defaults.fillStrategy(&object)
    case "ReplicaSet": Defaults.fillTemplate(&object)
    case "StatefulSet":
      Defaults.fillTemplate(&object)
      if object["spec"]?["updateStrategy"]?["type"] == "RollingUpdate",
        object["spec"]?["updateStrategy"]?["rollingUpdate"]?["partition"] == nil
      {
        object[path: "spec", "updateStrategy", "rollingUpdate", "partition"] = 0
      }
    case "Service": Defaults.fillService(&object)
    case "HorizontalPodAutoscaler": Defaults.fillAutoscaler(&object)
    case "NetworkPolicy":
      if (object["spec"]?["policyTypes"]?.elements ?? []).isEmpty {
        object[path: "spec", "policyTypes"] = object["spec"]?["egress"] == nil ? ["Ingress"] : ["Ingress", "Egress"]
      }
    case "RoleBinding":
      if object["roleRef"]?["apiGroup"] == "" { object[path: "roleRef", "apiGroup"] = "rbac.authorization.k8s.io" }
      object["subjects"] = object["subjects"].map { subjects in
        .array(
          subjects.elements.map { subject in
            var subject = subject
            if subject["apiGroup"] == nil, subject["kind"] != "ServiceAccount" {
              subject["apiGroup"] = "rbac.authorization.k8s.io"
            }
            return subject
          })
      }
    case "Secret": Defaults.fillSecret(&object)
    default: break
    }
    return object
  }
}

enum Defaults {
  static func fillTemplate(_ object: inout Tree) {
    guard var spec = object["spec"]?["template"]?["spec"] else { return }
    fillPodSpec(&spec)
    object[path: "spec", "template", "spec"] = spec
  }

  static func fillPod(_ object: inout Tree) {
    guard var spec = object["spec"] else { return }
    fillPodSpec(&spec)
    if spec["enableServiceLinks"] == nil { spec["enableServiceLinks"] = true }
    // A limit without a request is both.
    spec["containers"] = .array(
      (spec["containers"]?.elements ?? []).map { container in
        var container = container
        for (key, limit) in container["resources"]?["limits"]?.members ?? [:]
        where container["resources"]?["requests"]?[key] == nil {
          container[path: "resources", "requests", key] = limit
        }
        return container
      })
    object["spec"] = spec
  }

  private static func fillPodSpec(_ spec: inout Tree) {
    if let account = spec["serviceAccountName"] ?? spec["serviceAccount"] {
      spec["serviceAccountName"] = account
      spec["serviceAccount"] = account
    }
    for list in ["containers", "initContainers"] where spec[list] != nil {
      guard case .array(let containers)? = spec[list] else { continue }
      spec[list] = .array(containers.map(filledContainer))
    }
    if case .array(let volumes)? = spec["volumes"] {
      spec["volumes"] = .array(
        volumes.map { volume in
          // A volume of which only the name is given is an empty directory.
          guard volume.members.count == 1 else { return volume }
          var volume = volume
          volume["emptyDir"] = [:]
          return volume
        })
    }
  }

  private static func filledContainer(_ container: Tree) -> Tree {
    var container = container
    if container["imagePullPolicy"] == nil {
      let image = container["image"]?.string ?? ""
      let name = image.split(separator: "@").first ?? ""
      let tag = name.split(separator: "/").last?.split(separator: ":").dropFirst().first
      let isLatest = !image.contains("@") && (tag == nil || tag == "latest")
      container["imagePullPolicy"] = isLatest ? "Always" : "IfNotPresent"
    }
    return container
  }

  static func fillStrategy(_ object: inout Tree) {
    if object["spec"]?["strategy"]?["type"] == nil { object[path: "spec", "strategy", "type"] = "RollingUpdate" }
    guard object["spec"]?["strategy"]?["type"] == "RollingUpdate" else { return }
    for key in ["maxUnavailable", "maxSurge"] where object["spec"]?["strategy"]?["rollingUpdate"]?[key] == nil {
      object[path: "spec", "strategy", "rollingUpdate", key] = "25%"
    }
  }

  static func fillService(_ object: inout Tree) {
    let type = object["spec"]?["type"]?.string ?? ""
    if case .array(let ports)? = object["spec"]?["ports"] {
      object[path: "spec", "ports"] = .array(
        ports.map { port in
          var port = port
          if port["targetPort"] == 0 || port["targetPort"] == "" { port["targetPort"] = port["port"] }
          return port
        })
    }
    if type == "NodePort" || type == "LoadBalancer", object["spec"]?["externalTrafficPolicy"] == nil {
      object[path: "spec", "externalTrafficPolicy"] = "Cluster"
    }
    if type != "ExternalName", object["spec"]?["internalTrafficPolicy"] == nil {
      object[path: "spec", "internalTrafficPolicy"] = "Cluster"
    }
    if object["spec"]?["sessionAffinity"] == "None" { object[path: "spec", "sessionAffinityConfig"] = nil }
    if object["spec"]?["sessionAffinity"] == "ClientIP",
      object["spec"]?["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"] == nil
    {
      object[path: "spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"] = 10_800
    }
  }

  static func fillAutoscaler(_ object: inout Tree) {
    if (object["spec"]?["metrics"]?.elements ?? []).isEmpty {
      object[path: "spec", "metrics"] = [
        [
          "type": "Resource",
          "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
        ]
      ]
    }
    guard object["spec"]?["behavior"] != nil else { return }
    let percent: Tree = ["type": "Percent", "value": 100, "periodSeconds": 15]
    let standards: [(String, Tree)] = [
      (
        "scaleUp",
        [
          "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
          "policies": [["type": "Pods", "value": 4, "periodSeconds": 15], percent],
        ]
      ),
      ("scaleDown", ["selectPolicy": "Max", "policies": [percent]]),
    ]
    for (direction, standard) in standards {
      for (key, value) in standard.members where object["spec"]?["behavior"]?[direction]?[key] == nil {
        object[path: "spec", "behavior", direction, key] = value
      }
    }
  }

  /// What is given as text is stored in base64.
  static func fillSecret(_ object: inout Tree) {
    guard let texts = object["stringData"]?.texts else { return }
    var data = object["data"]?.members ?? [:]
    for (key, text) in texts { data[key] = .string(Base64.encode(Array(text.utf8))) }
    object["data"] = .object(data)
    object["stringData"] = nil
  }
}

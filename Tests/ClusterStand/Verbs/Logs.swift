import FleetModel
import Platform

extension ClusterState {
  /// What a container wrote, as the kubelet gives it
  /// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod>).
  func log(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let name = target.name ?? ""
    guard let pod = store.object(target.resource, target.key) else { throw .notFound(target.resource, name) }
    for key in ["follow", "sinceTime", "sinceSeconds", "stream"] where request.query[key] != nil {
      if key == "follow", !request.isSet(key) { continue }
      throw .notDone("the log's parameter \(key)")
    }
    let tail = try Self.bound(request, "tailLines", least: 0, "must be greater than or equal to 0", name)
    let bytes = try Self.bound(request, "limitBytes", least: 1, "must be greater than 0", name)
    let container = try Self.container(request.query["container"] ?? "", of: pod, name)
    let containerName = container["name"]?.string ?? ""
    // Without a node there is nobody to ask.
    guard pod["spec"]?["nodeName"] != nil else { return .text(204, "") }
    let status = (pod["status"]?["containerStatuses"]?.elements ?? []).first { $0["name"]?.string == containerName }
    let hasEnded = status?["lastState"]?["terminated"] != nil
    if request.isSet("previous"), !hasEnded {
      throw .badRequest("previous terminated container \"\(containerName)\" in pod \"\(name)\" not found")
    }
    if !hasEnded, status?["state"]?["running"] == nil, status?["state"]?["terminated"] == nil {
      let reason = status?["state"]?["waiting"]?["reason"]?.string ?? "ContainerCreating"
      let why =
        switch reason {
        case "ImagePullBackOff": "trying and failing to pull image"
        case "ErrImagePull": "image can't be pulled"
        default: reason
        }
      throw .badRequest("container \"\(containerName)\" in pod \"\(name)\" is waiting to start: \(why)")
    }
    var lines = controllers.log(ofImage: container["image"]?.string ?? "")[...]
    let total = lines.count
    if let tail { lines = lines.suffix(tail) }
    if request.isSet("timestamps") {
      let start = (pod["status"]?["startTime"]?.string ?? now).prefix(19)
      lines =
        zip(total - lines.count..<total, lines).map { place, line in
          let digits = "\((place + 1) * 1000)"
          return "\(start).\(String(repeating: "0", count: max(0, 9 - digits.count)))\(digits)Z \(line)"
        }[...]
    }
    var text = Array(lines.map { $0 + "\n" }.joined().utf8)
    if let bytes { text = Array(text.prefix(bytes)) }
    return .text(200, String(decoding: text, as: UTF8.self), contentType: "text/plain")
  }

  private static func bound(
    _ request: StandRequest, _ key: String, least: Int, _ rule: String, _ pod: String
  ) throws(StatusError) -> Int? {
    guard let text = request.query[key] else { return nil }
    guard let value = Int(text) else { throw .notDone("a log's \(key) that is no number") }
    guard value >= least else {
      throw .invalid(
        "PodLogOptions", group: "", pod,
        [.init(reason: "FieldValueInvalid", message: "Invalid value: \(value): \(rule)", field: key)])
    }
    return value
  }

  private static func container(_ wanted: String, of pod: Tree, _ name: String) throws(StatusError) -> Tree {
    let all = (pod["spec"]?["initContainers"]?.elements ?? []) + (pod["spec"]?["containers"]?.elements ?? [])
    if !wanted.isEmpty {
      guard let container = all.first(where: { $0["name"]?.string == wanted }) else {
        throw .badRequest("container \(wanted) is not valid for pod \(name)")
      }
      return container
    }
    let main = pod["spec"]?["containers"]?.elements ?? []
    guard let container = main.first, main.count == 1 else {
      let names = main.compactMap { $0["name"]?.string }.joined(separator: " ")
      throw .badRequest("a container name must be specified for pod \(name), choose one of: [\(names)]")
    }
    return container
  }
}

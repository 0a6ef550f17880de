import FleetModel

/// Why the controller cannot make pods at all: there is no pod then to look at. The Deployment has condition ReplicaFailure,
/// and the ReplicaSet an event for each try, each with the name of a pod that never was.
enum PodRefusal {
  static func reason(
    of workload: LiveObject, revision: NewRevision, status: WorkloadStatus, events: EventWords
  ) -> RolloutReason? {
    let maker = revision.replicaSet ?? workload
    let condition = workload.condition("ReplicaFailure").flatMap { $0["status"]?.string == "True" ? $0 : nil }
    // An old event says nothing once the pods are there.
    let wanted = revision.replicaSet?.json["spec"]?["replicas"]?.integer ?? status.desired
    let event = revision.pods.count < wanted ? events.last("FailedCreate", about: maker) : nil
    guard let words = condition?["message"]?.string ?? event else { return nil }
    let message = cause(in: words)
    return RolloutReason(kind(of: message), message, object: maker.title, count: max(1, wanted - revision.pods.count))
  }

  /// What stands behind `Error creating: pods "web-8578c7c844-kjz8w" is forbidden: `.
  static func cause(in words: String) -> String {
    var rest = words[...]
    if rest.hasPrefix("Error creating: ") { rest = rest.dropFirst("Error creating: ".count) }
    // A StatefulSet's controller says first what it wanted to do.
    if rest.hasPrefix("create Pod "), let end = rest.firstRange(of: " failed error: ") {
      rest = rest[end.upperBound...]
    }
    for opening in ["pods \"", "Pod \""] where rest.hasPrefix(opening) {
      guard let close = rest.dropFirst(opening.count).firstIndex(of: "\"") else { break }
      rest = rest[rest.index(after: close)...]
      for phrase in [" is forbidden: ", " is invalid: "] where rest.hasPrefix(phrase) {
        rest = rest.dropFirst(phrase.count)
      }
      break
    }
    return String(rest)
  }

  private static func kind(of message: String) -> RolloutReason.Kind {
    if message.hasPrefix("exceeded quota") || message.hasPrefix("failed quota") { return .quota }
    if message.hasPrefix("violates PodSecurity") { return .podSecurity }
    if message.hasPrefix("error looking up service account") { return .serviceAccount }
    return .podsRefused
  }
}

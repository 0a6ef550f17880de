import Platform
import Testing

@testable import ClusterStand

/// The stand answers the recorded requests as the real server did.
@Suite(.enabled(if: RecordedStory.isThere, "the recorded exchanges are not beside the project"))
struct StoryTests {
  static func newCluster() -> Cluster {
    Cluster(
      ClusterState(table: ResourceTable(custom: true), time: SystemTime(), seed: 1), access: StandAccess())
  }

  /// What the stand does not do, with the reason.
  static let leftOut: Set<String> = [
    // YAML with a key written twice is taken only to be refused.
    "120-ssa-duplicate-key-warn.json",
    // The quotes of the one parser are not those of the other.
    "146-ssa-bad-yaml.json", "152-post-bad-json.json",
    // Admission by webhooks and policies.
    "170-webhook-denied.json", "171-webhook-denied-dryrun.json", "172-webhook-warning.json",
    "173-webhook-timeout.json", "174-webhook-unreachable.json", "175-webhook-unreachable-ignored.json",
    "176-admission-policy-denied.json",
    // The recorded bodies are not kept.
    "177-request-too-large.json", "178-configmap-too-large.json",
  ]

  /// Answered alike in other words.
  static let otherWords: Set<String> = [
    // The line of the first of two keys, not of the second.
    "119-ssa-duplicate-key-strict.json",
    // Which of several errors are told, and in which order, changes from call to call.
    "132b-ssa-unknown-field-hides-others.json", "132c-ssa-unknown-field-and-wrong-type.json",
    // The name of the Go type before the field.
    "150-post-wrong-type.json",
  ]

  @Test func theStoryOfApply() throws {
    let cluster = Self.newCluster()
    for exchange in try RecordedStory.exchanges("apply") where !Self.leftOut.contains(exchange.file) {
      // What the autoscaler did in between.
      let scales = ["091-hpa-scaled-managedfields.json", "096-apply-without-replicas-again.json"]
      if scales.contains(exchange.file) { Self.scale("web", to: 3, cluster) }
      let answer = RecordedStory.ask(exchange, cluster)
      Self.compare(exchange, answer, words: !Self.otherWords.contains(exchange.file))
    }
  }

  @Test func theStoryOfLeases() throws {
    let cluster = Self.newCluster()
    _ = RecordedStory.ask(
      "POST", "/api/v1/namespaces",
      Array(#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"lease-demo"}}"#.utf8), cluster)
    var versions: [String: String] = [:]
    var uids: [String: String] = [:]
    for recorded in try RecordedStory.exchanges("lease") {
      if recorded.file.hasPrefix("20-") { continue }
      var exchange = recorded
      // The versions and identities that the requests carry are those that the stand gave.
      if case .object? = exchange.request["body"] {
        Self.replace(&exchange.request, ["body", "metadata", "resourceVersion"], versions)
        Self.replace(&exchange.request, ["body", "metadata", "uid"], uids)
        Self.replace(&exchange.request, ["body", "preconditions", "resourceVersion"], versions)
        Self.replace(&exchange.request, ["body", "preconditions", "uid"], uids)
      }
      let answer = RecordedStory.ask(exchange, cluster)
      if let old = exchange.body["metadata"]?["resourceVersion"]?.string,
        let new = answer.body["metadata"]?["resourceVersion"]?.string
      {
        versions[old] = new
      }
      if let old = exchange.body["metadata"]?["uid"]?.string, let new = answer.body["metadata"]?["uid"]?.string {
        uids[old] = new
      }
      // These name the versions and identities themselves.
      let isNamed = ["12-", "17-", "18-", "19b", "19c"].contains { exchange.file.hasPrefix($0) }
      Self.compare(exchange, answer, words: !isNamed)
    }
  }

  static func replace(_ tree: inout Tree, _ path: [String], _ names: [String: String]) {
    let old = path.reduce(Optional(tree)) { $0?[$1] }?.string
    guard let old, let new = names[old] else { return }
    tree[path: path[0], path[1], path[2]] = .string(new)
  }

  static func scale(_ name: String, to replicas: Int, _ cluster: Cluster) {
    _ = RecordedStory.ask(
      "PATCH", "/apis/apps/v1/namespaces/shop/deployments/\(name)/scale?fieldManager=kube-controller-manager",
      Array(#"{"spec":{"replicas":\#(replicas)}}"#.utf8), contentType: "application/merge-patch+json", cluster)
  }

  static func compare(
    _ exchange: RecordedStory.Exchange, _ answer: (status: Int, body: Tree, warnings: [String]), words: Bool = true
  ) {
    #expect(answer.status == exchange.status, "\(exchange): \(answer.body.description.prefix(600))")
    if words, answer.status == exchange.status {
      let expected = RecordedStory.comparable(exchange.body)
      let found = RecordedStory.comparable(answer.body)
      for difference in differences(expected, found, "") { Issue.record("\(exchange): \(difference)") }
    } else {
      #expect(answer.body["reason"] == exchange.body["reason"], "\(exchange)")
    }
  }

  /// Where two values differ, path by path.
  static func differences(_ expected: Tree, _ found: Tree, _ path: String) -> [String] {
    switch (expected, found) {
    case (.object(let left), .object(let right)):
      return Set(left.keys).union(right.keys).sorted().flatMap { key -> [String] in
        switch (left[key], right[key]) {
        case (let left?, let right?): return differences(left, right, "\(path).\(key)")
        case (let left?, nil): return ["\(path).\(key): lacks \(left.description.prefix(300))"]
        case (nil, let right?): return ["\(path).\(key): has \(right.description.prefix(300))"]
        case (nil, nil): return []
        }
      }
    case (.array(let left), .array(let right)) where left.count == right.count:
      return zip(left, right).enumerated().flatMap { differences($0.element.0, $0.element.1, "\(path)[\($0.offset)]") }
    default:
      return expected == found
        ? [] : ["\(path): \(expected.description.prefix(400)) is \(found.description.prefix(400))"]
    }
  }
}

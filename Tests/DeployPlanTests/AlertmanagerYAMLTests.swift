import FleetModel
import TestSupport
import Testing

@testable import DeployPlan

/// What a policy is written as, for other programs to read.
@Suite struct AlertmanagerYAMLTests {
  /// Those cases that are taken, with what they say.
  static let policies: [(example: AlertmanagerFileTests.Case, policy: NotificationPolicy)] =
    AlertmanagerFileTests.cases.compactMap { example in
      AlertmanagerFile.read(example.text, file: "f").policy.map { (example, $0) }
    }

  @Test func routesAreReadBack() {
    #expect(Self.policies.count >= 60)
    for (example, policy) in Self.policies {
      var bare = policy
      for index in bare.receivers.indices {
        bare.receivers[index] = Receiver()
        bare.receivers[index].name = policy.receivers[index].name
      }
      let reading = AlertmanagerFile.read(bare.alertmanagerYAML(), file: "f")
      #expect(reading.policy == bare, "\(example.name): \(reading.diagnostics)")
    }
  }

  @Test func everyKeyIsWrittenWithoutSecrets() throws {
    let system = try #require(SystemFile.read(try CaseFiles.yaml("maximal"), file: "f").system)
    let text = system.notificationPolicy.alertmanagerYAML()
    #expect(!text.contains("hunter2"))
    for key in ["msteams_configs", "command_configs", "log_configs", "alertmanager_configs", "rate_limit", " timeout:"]
    {
      #expect(!text.contains(key), "\(key)")
    }
    for key in ["mrkdwn_in", "confirm", "images", "responders", "auth_identity", "min_version", "location"] {
      #expect(text.contains(key), "\(key)")
    }
  }

  @Test(.enabled(if: Amtool.isThere, "amtool is not there"))
  func alertmanagerTakesIt() throws {
    let folder = try ScratchDirectory()
    var policies = Self.policies.filter { $0.example.difference == nil }.map { ($0.example.name, $0.policy) }
    for name in ["maximal", "maximal-root"] {
      var system = try #require(SystemFile.read(try CaseFiles.yaml(name), file: "f").system)
      // A name that Alertmanager 0.25 cannot have.
      if system.route != nil {
        system.route?.groupBy = ["alertname"]
        system.route?.routes[0].matchers.removeLast()
      }
      policies.append((name, system.notificationPolicy))
    }
    let files = try policies.enumerated().map { index, policy in
      "\(try folder.write("\(index).yml", policy.1.alertmanagerYAML()))"
    }
    for ((name, _), verdict) in zip(policies, try Amtool.checkConfig(files)) {
      #expect(verdict == nil, "\(name): Alertmanager says \(verdict ?? "")")
    }
  }

  /// Alertmanager routes by what is written as by what was read.
  @Test(.enabled(if: Amtool.isThere, "amtool is not there"))
  func alertmanagerRoutesTheSame() throws {
    let folder = try ScratchDirectory()
    let random = SeededRandom(seed: 5)
    var count = 0
    for (example, policy) in Self.policies where example.difference == nil && !policy.route.routes.isEmpty {
      let original = "\(try folder.write("original.yml", example.text))"
      let written = "\(try folder.write("written.yml", policy.alertmanagerYAML()))"
      for _ in 0..<2 {
        let labels = Self.labels(for: policy.route, random)
        let receivers = try Amtool.receivers(by: original, of: labels)
        #expect(receivers == (try Amtool.receivers(by: written, of: labels)), "\(example.name): \(labels)")
        count += 1
      }
    }
    #expect(count >= 50)
  }

  /// Labels that matchers of the tree name, with values of theirs or others.
  private static func labels(for route: Route, _ random: SeededRandom) -> [String] {
    var pending = [route]
    var labels: [String: String] = [:]
    while let node = pending.popLast() {
      pending += node.routes
      for matcher in node.matchers {
        let values = [matcher.value, "x", "a"].filter { !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber } }
        if random.next() % 2 == 0 { labels[matcher.name] = values[Int(random.next() % UInt64(values.count))] }
      }
    }
    return labels.filter { !$0.key.contains(":") }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }
}

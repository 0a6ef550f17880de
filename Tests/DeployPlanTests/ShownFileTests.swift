import Testing

@testable import DeployPlan

@Suite struct ShownFileTests {
  private static let file = """
    # A comment.
    system: demo   # Also one.
    x-shared: &token sesame
    monitoring: {retention: 15d}
    receivers:
      - name: hook
        webhook_configs:
          - url: https://hooks.example.org/T0/secret
            http_config:
              bearer_token: *token
      - name: page
        pagerduty_configs:
          - routing_key: "0123456789"
            description: |
              two
              lines
    agents:
      - agent_id: planner
        image: example/planner
        tag: "1.10"
        environment:
          MODE: demo
          KEY: sesame
          REF: {secret: vault, key: k}
    alert_rules:
      - {name: A, description: "a: {value}", condition_type: threshold, metric_name: m, threshold: 1}
    environments:
      prod:
        receivers: [{name: hook, webhook_configs: [{url: "https://hooks.example.org/T0/other"}]}]
    """

  @Test func secretsAreNotShown() throws {
    let shown = try #require(SystemFile.shown(Self.file))
    for word in ["sesame", "0123456789", "T0", "comment", "Also"] { #expect(!shown.contains(word), "\(word)") }
    #expect(
      shown.hasPrefix("system: demo\nx-shared: <secret>\nmonitoring:\n  retention: 15d\nreceivers:\n- name: hook\n"))
    #expect(shown.contains("        MODE: <secret>\n") || shown.contains("    MODE: <secret>\n"))
    #expect(shown.contains("tag: \"1.10\"") && shown.contains("secret: vault"))
  }

  /// What is shown is a system file again, which says the same but for the secrets.
  @Test func whatIsShownReadsBack() throws {
    let file = """
      system: demo
      monitoring: {collection_interval: 5s}
      agents:
        - agent_id: planner
          image: example/planner
          tag: "1.10"
          labels: {yes: "true", no: "no", empty: "", text: "1.0"}
      alert_rules:
        - name: A
          description: |
            two: "x" # y
            lines
          condition_type: threshold
          metric_name: "m*"
          operator: "<="
          threshold: 1.50
      """
    let before = SystemFile.read(file, file: "")
    let after = SystemFile.read(try #require(SystemFile.shown(file)), file: "")
    #expect(before.system != nil && before.system == after.system)
  }

  @Test(arguments: ["a: [", "\t", ""]) func whatIsNoYAMLIsNotShown(_ text: String) {
    #expect(SystemFile.shown(text) == nil)
  }

  /// A file with mistakes is shown without its secrets as well.
  @Test func mistakesDoNotUncoverSecrets() throws {
    let shown = try #require(
      SystemFile.shown(
        "system: 5\nreceivers: [{name: x, webhook_configs: [{url: 'no url sesame'}]}]\nunknown: {a: b}\n"))
    #expect(!shown.contains("sesame"))
  }
}

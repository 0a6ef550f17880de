import DeployPlan
import FleetModel
import Logging
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import ControlPlane

/// Templates, texts and time zones of an `alertmanager.yml` or a system file are checked together, each problem with its place.
@Suite struct NotificationFilesTests {
  private static func config(_ receiver: String, templates: String = "[]", further: String = "") -> String {
    """
    route: {receiver: team}
    receivers:
      - name: team
        slack_configs:
          - api_url_file: /run/slack
    \(receiver.split(separator: "\n").map { "          \($0)" }.joined(separator: "\n"))
    templates: \(templates)
    \(further)
    """
  }

  private static func problems(_ text: String, beside folder: ScratchDirectory? = nil) throws -> [String] {
    let file = folder?.path.appending("alertmanager.yml") ?? "alertmanager.yml"
    let reading = NotificationFiles(alertmanager: Array(text.utf8), file: file).read()
    #expect(reading.isValid == !reading.diagnostics.contains { $0.level == .error })
    #expect((reading.texts == nil) == !reading.isValid)
    return reading.diagnostics.map { "\($0)".replacing(folder.map { "\($0.path)/" } ?? "\u{0}", with: "") }
  }

  @Test func textsAreCompiled() throws {
    #expect(try Self.problems(Self.config("  title: '{{ .Status }} {{ template \"slack.default.title\" . }}'")) == [])
    let broken = try Self.problems(Self.config("  title: '{{ .Status'"))
    #expect(broken.count == 1)
    #expect(broken.first?.hasPrefix("alertmanager.yml:6:20: error: receivers[0].slack_configs[0].title: ") == true)
    let missing = try Self.problems(Self.config("  title: x\n  text: |\n    one\n    {{ template \"mine\" . }}"))
    #expect(missing.count == 1)
    #expect(missing.first?.hasPrefix("alertmanager.yml:9:15: error: receivers[0].slack_configs[0].text: ") == true)
  }

  @Test func templatesAreReadBesideTheFile() throws {
    let folder = try ScratchDirectory()
    try folder.write("texts/a.tmpl", "{{ define \"mine\" }}{{ .Status }}{{ end }}")
    let text = Self.config("  text: '{{ template \"mine\" . }}'", templates: "['texts/*.tmpl', 'none/*.tmpl']")
    #expect(try Self.problems(text, beside: folder) == [])
    #expect(
      try Self.problems(text.replacing("none/*", with: "none/b"), beside: folder) == [
        "alertmanager.yml:7:29: warning: templates[1]: there is no file none/b.tmpl; write it, or mend the path"
      ])
    try folder.write("texts/b.tmpl", "\n{{ define \"b\" }}{{ if }}{{ end }}")
    try folder.write("texts/c.tmpl", "{{ nothing }}")
    let found = try Self.problems(text, beside: folder)
    #expect(found.count == 2)
    #expect(found.first?.hasPrefix("texts/b.tmpl:2: error: ") == true, "\(found)")
    #expect(found.last?.hasPrefix("texts/c.tmpl:1: error: ") == true, "\(found)")
  }

  @Test func placesOfTimesAreKnown() throws {
    let times = """
      mute_time_intervals: [{name: old, time_intervals: [{location: Europe/Berlin}]}]
      time_intervals: [{name: new, time_intervals: [{weekdays: [monday]}, {location: Nowhere/Land}]}]
      """
    let found = try Self.problems(Self.config("  title: x", further: times))
    #expect(found.count == 1)
    #expect(
      found.first?.hasPrefix("alertmanager.yml:9:80: error: time_intervals[0].time_intervals[1].location: ") == true,
      "\(found)")
  }

  @Test func aSystemFileNamesAnAlertmanagerFile() throws {
    let folder = try ScratchDirectory()
    let file = folder.path.appending("system.yaml")
    let system = try #require(SystemFile.read("{system: t, alertmanager_config: am/a.yml}", file: "s").system)
    let files = NotificationFiles(system, file: file)
    #expect(files.read().diagnostics.map(\.path) == ["alertmanager_config"])
    let before = files.state(after: files.read())
    try folder.write(
      "am/a.yml",
      """
      route: {receiver: team}
      receivers: [{name: team, webhook_configs: [{url: 'http://x/', http_config: {bearer_token_file: token}}]}]
      templates: ['*.tmpl']
      """)
    let reading = files.read()
    #expect(reading.diagnostics == [])
    #expect(
      reading.policy?.receivers.first?.webhooks.first?.http?.bearerTokenFile == "\(folder.path)/am/token",
      "as Alertmanager, beside its file")
    let between = files.state(after: reading)
    #expect(before != between)
    try folder.write("am/x.tmpl", "{{ define \"x\" }}{{ end }}")
    #expect(between != files.state(after: reading), "a template that comes is a change")
  }

  @Test func aSystemFileHasItsOwn() throws {
    let text = """
      system: t
      receivers:
        - name: team
          email_configs: [{to: a@example.org, from: b@example.org, smarthost: "localhost:25", text: "{{ .Nothing }}"}]
      """
    let reading = SystemFile.read(text, file: "system.yaml")
    let system = try #require(reading.system)
    let found = NotificationFiles(system, file: "system.yaml", places: reading.places).read()
    #expect(!found.isValid)
    #expect(found.diagnostics.map { "\($0.line ?? 0) \($0.path)" } == ["4 receivers[0].email_configs[0].text"])
    #expect(NotificationFiles(FleetSystem(name: "t"), file: nil).read().policy?.receivers.map(\.name) == ["nobody"])
  }
}

/// Changed files come into force once they have come to rest, and those with mistakes never.
@Suite struct NotificationFileFollowerTests {
  actor Applied {
    private(set) var resolveTimeouts: [Duration] = []
    func take(_ reading: NotificationFiles.Reading) {
      resolveTimeouts.append(reading.policy?.resolveTimeout ?? .zero)
    }
  }

  private static func text(_ timeout: String) -> String {
    "global: {resolve_timeout: \(timeout)}\nroute: {receiver: a}\nreceivers: [{name: a}]\n"
  }

  @Test func changesComeIntoForce() async throws {
    let folder = try ScratchDirectory()
    try folder.write("a.yml", Self.text("1m"))
    let system = try #require(
      SystemFile.read("{system: t, alertmanager_config: \(folder.path)/a.yml}", file: "s").system)
    let applied = Applied()
    let files = NotificationFiles(system, file: nil)
    let follower = NotificationFileFollower(
      files, after: files.read(), time: SystemTime(), logger: Logger(label: "test")
    ) { await applied.take($0) }
    await follower.look()
    await follower.look()
    #expect(await applied.resolveTimeouts == [])
    try folder.write("a.yml", Self.text("20m"))
    await follower.look()
    #expect(await applied.resolveTimeouts == [], "it may still be being written")
    await follower.look()
    #expect(await applied.resolveTimeouts == [.seconds(1200)])
    try folder.write("a.yml", "route: [")
    for _ in 0..<3 { await follower.look() }
    #expect(await applied.resolveTimeouts == [.seconds(1200)])
    try folder.write("a.yml", Self.text("3h"))
    for _ in 0..<3 { await follower.look() }
    #expect(await applied.resolveTimeouts == [.seconds(1200), .seconds(10_800)])
  }
}

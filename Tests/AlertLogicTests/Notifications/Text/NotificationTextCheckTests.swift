import AlertLogic
import FleetModel
import Testing

/// What cannot work is found when it is loaded.
@Suite struct NotificationTextCheckTests {
  @Test(arguments: [
    ("{{ .Nope }}", "can't evaluate field Nope in type *template.Data"),
    ("{{ range .Alerts }}{{ .Nope }}{{ end }}", "can't evaluate field Nope in type template.Alert"),
    ("{{ range .Alerts.Resolved }}{{ .Nope }}{{ end }}", "can't evaluate field Nope"),
    ("{{ if eq .Status \"resolved\" }}{{ .Nope }}{{ end }}", "can't evaluate field Nope"),
    ("{{ nope }}", "function \"nope\" not defined; known are"), ("{{ tz \"UTC\" .StartsAt }}", "times are in UTC"),
    ("{{ if false }}{{ template \"gone\" . }}{{ end }}", "template \"gone\" not defined"),
    ("{{ template \"theirs\" . }}", "template \"gone\" not defined"), ("{{ toUpper }}", "wrong number of args"),
    ("{{ if }}", "missing value for if"), ("{{", "unclosed action"),
  ]) func refused(_ text: String, _ problem: String) throws {
    let texts = try NotificationTexts(files: [
      .init(path: "/etc/own.tmpl", text: "{{ define \"theirs\" }}\n{{ template \"gone\" . }}{{ end }}")
    ])
    #expect {
      _ = try texts.compile(text)
    } throws: { error in
      let isRight = "\(error)".contains(problem)
      if !isRight { Issue.record("\(error)") }
      return isRight
    }
  }

  @Test(arguments: [
    "{{ index .Alerts 7 }}", "{{ (index .Alerts.Firing 0).Labels.x }}", "{{ .CommonLabels.x }}",
    "{{ reReplaceAll .Status \"a\" \"b\" }}",
  ]) func whatMayWorkIsTaken(_ text: String) throws { _ = try NotificationTexts().compile(text) }

  @Test(arguments: [
    ("<script>{{ .Status }}</script>", "within a script"), ("<a onclick=\"{{ .Status }}\">", "within an event handler"),
    ("<a {{ .Status }}>", "within a tag"), ("<a href=\"{{ .Status }}", "the document ends within"),
  ]) func refusedInHTML(_ text: String, _ problem: String) throws {
    #expect { _ = try NotificationTexts().compile(text, isHTML: true) } throws: { "\($0)".contains(problem) }
  }

  @Test func filesAreNamedWithTheLine() throws {
    #expect {
      _ = try NotificationTexts(files: [
        .init(path: "/etc/skep/own.tmpl", text: "\n{{ define \"x\" }}\n{{ nope }}{{ end }}")
      ])
    } throws: { "\($0)".hasPrefix("/etc/skep/own.tmpl:3: function \"nope\" not defined") }
  }

  @Test func ownTemplatesTakeThePlaceOfTheDefaultOnes() throws {
    let texts = try NotificationTexts(files: [
      .init(path: "a.tmpl", text: "{{ define \"__subject\" }}first{{ end }}"),
      .init(path: "b.tmpl", text: "{{ define \"__subject\" }}own {{ .Status }}{{ end }}"),
    ])
    let data = NotificationTemplateData(DefaultTextTests.notifications[0].notification)
    #expect(try texts.compile("{{ template \"pagerduty.default.description\" . }}").write(data) == "own firing")
  }

  @Test func everyTextOfAReceiverIsLookedAt() throws {
    var slack = Receiver.Slack()
    slack.title = "{{ .Nope }}"
    slack.actions = [Receiver.Slack.Action()]
    slack.actions[0].url = "{{ nope }}"
    var email = Receiver.Email()
    email.headers = ["Subject": "{{ .Nope }}"]
    email.html = "<script>{{ .Status }}</script>"
    var receiver = Receiver()
    receiver.slacks = [slack]
    receiver.emails = [email]
    receiver.pagerDuties = [Receiver.PagerDuty()]
    receiver.opsgenies = [Receiver.Opsgenie()]
    receiver.msTeams = [Receiver.MSTeams()]
    receiver.msTeamsV2 = [Receiver.MSTeamsV2()]
    let paths = try NotificationTexts().problems(in: receiver).map(\.path)
    #expect(
      paths.sorted() == [
        "email_configs[0].headers.Subject", "email_configs[0].html", "slack_configs[0].actions[0].url",
        "slack_configs[0].title",
      ])
  }

  @Test func newerFunctions() throws {
    let data = NotificationTemplateData(DefaultTextTests.notifications[1].notification)
    for (text, wanted) in [
      ("{{ trimSpace \" a \" }}", "a"), ("{{ (index .Alerts 0).StartsAt | date \"2006-01-02\" }}", "2026-01-02"),
      ("{{ since (index .Alerts 0).StartsAt }}", "15m0s"),
      ("{{ since (index .Alerts 0).StartsAt | humanizeDuration }}", "15m 0s"),
      ("{{ toJson .GroupLabels }}", "{\"alertname\":\"HighMemory\"}"), ("{{ urlUnescape \"a%20b+c\" }}", "a b c"),
      ("{{ toJson (stringSlice \"a\\\"\" \"b\") }}", "[\"a\\\"\",\"b\"]"),
    ] { #expect(try NotificationTexts().compile(text).write(data) == wanted) }
  }
}

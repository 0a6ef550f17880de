/// The texts of receivers that say nothing themselves, as Alertmanager has them.
public enum DefaultTexts {
  public enum Slack {
    public static let username = #"{{ template "slack.default.username" . }}"#
    public static let color = #"{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}"#
    public static let title = #"{{ template "slack.default.title" . }}"#
    public static let titleLink = #"{{ template "slack.default.titlelink" . }}"#
    public static let pretext = #"{{ template "slack.default.pretext" . }}"#
    public static let text = #"{{ template "slack.default.text" . }}"#
    public static let footer = #"{{ template "slack.default.footer" . }}"#
    public static let fallback = #"{{ template "slack.default.fallback" . }}"#
    public static let callbackID = #"{{ template "slack.default.callbackid" . }}"#
    public static let iconEmoji = #"{{ template "slack.default.iconemoji" . }}"#
    public static let iconURL = #"{{ template "slack.default.iconurl" . }}"#
  }

  public enum MSTeams {
    public static let title = #"{{ template "msteams.default.title" . }}"#
    public static let summary = #"{{ template "msteams.default.summary" . }}"#
    public static let text = #"{{ template "msteams.default.text" . }}"#
  }

  public enum MSTeamsV2 {
    public static let title = #"{{ template "msteamsv2.default.title" . }}"#
    public static let text = #"{{ template "msteamsv2.default.text" . }}"#
  }

  public enum PagerDuty {
    public static let client = #"{{ template "pagerduty.default.client" . }}"#
    public static let clientURL = #"{{ template "pagerduty.default.clientURL" . }}"#
    public static let description = #"{{ template "pagerduty.default.description" . }}"#
    /// That of the gravest alert; Alertmanager says `error` whatever it is.
    public static let severity = "{{ .Severity }}"
    public static let details = [
      "firing": #"{{ template "pagerduty.default.instances" .Alerts.Firing }}"#,
      "resolved": #"{{ template "pagerduty.default.instances" .Alerts.Resolved }}"#,
      "num_firing": "{{ .Alerts.Firing | len }}", "num_resolved": "{{ .Alerts.Resolved | len }}",
    ]
  }

  public enum Opsgenie {
    public static let message = #"{{ template "opsgenie.default.message" . }}"#
    public static let description = #"{{ template "opsgenie.default.description" . }}"#
    public static let source = #"{{ template "opsgenie.default.source" . }}"#
  }

  public enum Email {
    public static let subject = #"{{ template "email.default.subject" . }}"#
    public static let text = #"{{ template "email.default.text" . }}"#
    public static let html = #"{{ template "email.default.html" . }}"#
  }
}

/// The texts that receivers send where nothing else is said, under the names of Alertmanager's default templates, so that
/// templates of users that invoke those go on to work. The words are Skep's: who is concerned, what it is, how bad, since
/// when, where to look and what helps, the most telling first.
enum DefaultTemplates {
  /// By the names under which errors know them.
  static let all: [(name: String, text: String)] = [
    ("skep/common", common), ("skep/chat", chat), ("skep/incidents", incidents), ("skep/email", DefaultEmail.template),
    ("skep/others", others),
  ]

  /// Alerts that a message tells of one by one; of the rest it gives the number.
  static let listed = 10

  private static let common = #"""
    {{ define "__alertmanager" }}Skep{{ end }}
    {{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}{{ end }}
    {{ define "__subject" }}{{ .Headline }}{{ end }}
    {{ define "__description" }}{{ end }}

    {{ define "__text_alert" }}{{ .Headline }}{{ with .Severity }} ({{ . }}){{ end }}
    {{ with .Summary }}{{ . | shorten 500 }}
    {{ end }}{{ .Period }}
    {{ with .Runbook }}What helps: {{ . }}
    {{ end }}{{ with .GeneratorURL }}Source: {{ . }}
    {{ end }}{{ end }}

    {{ define "__text_alert_list" }}{{ range $i, $alert := . }}{{ if lt $i 10 }}{{ if $i }}
    {{ end }}{{ template "__text_alert" $alert }}{{ end }}{{ end }}{{ if gt (len .) 10 }}
    and {{ len (slice . 10) }} more
    {{ end }}{{ end }}

    {{ define "__markdown_alert" }}**{{ .Headline | markdownText }}**{{ with .Severity }} ({{ . | markdownText }}){{ end }}

    {{ with .Summary }}{{ . | shorten 500 | markdownText }}

    {{ end }}{{ .Period }}{{ with .Runbook }} · [What helps]({{ . | urlText }}){{ end }}{{ with .GeneratorURL }} · [Source]({{ . | urlText }}){{ end }}
    {{ end }}

    {{ define "__text_alert_list_markdown" }}{{ range $i, $alert := . }}{{ if lt $i 10 }}{{ if $i }}
    {{ end }}{{ template "__markdown_alert" $alert }}{{ end }}{{ end }}{{ if gt (len .) 10 }}
    and {{ len (slice . 10) }} more
    {{ end }}{{ end }}

    {{ define "__text" }}{{ with .Alerts.Firing }}{{ template "__text_alert_list" . }}{{ end }}{{ with .Alerts.Resolved }}{{ if $.Alerts.Firing }}
    {{ end }}Resolved:
    {{ template "__text_alert_list" . }}{{ end }}{{ end }}

    {{ define "__markdown" }}{{ with .Alerts.Firing }}{{ template "__text_alert_list_markdown" . }}{{ end }}{{ with .Alerts.Resolved }}{{ if $.Alerts.Firing }}
    {{ end }}Resolved:

    {{ template "__text_alert_list_markdown" . }}{{ end }}
    [Look at it in Skep]({{ template "__alertmanagerURL" . }}){{ end }}
    """#

  private static let chat = #"""
    {{ define "slack.default.title" }}{{ .Headline | slackText }}{{ end }}
    {{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
    {{ define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end }}
    {{ define "slack.default.callbackid" }}{{ end }}
    {{ define "slack.default.pretext" }}{{ end }}
    {{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
    {{ define "slack.default.iconemoji" }}{{ end }}
    {{ define "slack.default.iconurl" }}{{ end }}
    {{ define "slack.default.footer" }}{{ end }}
    {{ define "__slack_alert" }}*{{ .Headline | slackText }}*{{ with .Severity }} ({{ . | slackText }}){{ end }}
    {{ with .Summary }}{{ . | shorten 500 | slackText }}
    {{ end }}{{ .Period }}{{ with .Runbook }} · <{{ . | urlText | slackText }}|What helps>{{ end }}{{ with .GeneratorURL }} · <{{ . | urlText | slackText }}|Source>{{ end }}
    {{ end }}
    {{ define "__slack_alert_list" }}{{ range $i, $alert := . }}{{ if lt $i 10 }}{{ template "__slack_alert" $alert }}{{ end }}{{ end }}{{ if gt (len .) 10 }}and {{ len (slice . 10) }} more
    {{ end }}{{ end }}
    {{ define "slack.default.text" }}{{ with .Alerts.Firing }}{{ template "__slack_alert_list" . }}{{ end }}{{ with .Alerts.Resolved }}{{ if $.Alerts.Firing }}Resolved:
    {{ end }}{{ template "__slack_alert_list" . }}{{ end }}{{ end }}

    {{ define "msteams.default.summary" }}{{ template "__subject" . }}{{ end }}
    {{ define "msteams.default.title" }}{{ template "__subject" . }}{{ end }}
    {{ define "msteams.default.text" }}{{ template "__markdown" . }}{{ end }}
    {{ define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end }}
    {{ define "msteamsv2.default.text" }}{{ template "__markdown" . }}{{ end }}
    """#

  private static let incidents = #"""
    {{ define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
    {{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
    {{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
    {{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}

    {{ define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}
    {{ define "opsgenie.default.description" }}{{ template "__text" . }}{{ end }}
    {{ define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end }}
    {{ define "opsgenie.default.tags" }}{{ end }}
    {{ define "opsgenie.default.teams" }}{{ end }}
    """#

  /// Of kinds that Skep does not serve: texts of users may be made of them.
  private static let others = #"""
    {{ define "victorops.default.state_message" }}{{ template "__text" . }}{{ end }}
    {{ define "victorops.default.entity_display_name" }}{{ template "__subject" . }}{{ end }}
    {{ define "victorops.default.monitoring_tool" }}{{ template "__alertmanager" . }}{{ end }}
    {{ define "pushover.default.title" }}{{ template "__subject" . }}{{ end }}
    {{ define "pushover.default.message" }}{{ template "__text" . }}{{ end }}
    {{ define "pushover.default.url" }}{{ template "__alertmanagerURL" . }}{{ end }}
    {{ define "sns.default.subject" }}{{ template "__subject" . }}{{ end }}
    {{ define "sns.default.message" }}{{ template "__text" . }}{{ end }}
    {{ define "telegram.default.message" }}{{ template "__text" . }}{{ end }}
    {{ define "discord.default.content" }}{{ end }}
    {{ define "discord.default.title" }}{{ template "__subject" . }}{{ end }}
    {{ define "discord.default.message" }}{{ template "__text" . }}{{ end }}
    {{ define "webex.default.message" }}{{ template "__markdown" . }}{{ end }}
    {{ define "wechat.default.message" }}{{ template "__text" . }}{{ end }}
    {{ define "wechat.default.to_user" }}{{ end }}
    {{ define "wechat.default.to_party" }}{{ end }}
    {{ define "wechat.default.to_tag" }}{{ end }}
    {{ define "wechat.default.agent_id" }}{{ end }}
    {{ define "jira.default.summary" }}{{ template "__subject" . }}{{ end }}
    {{ define "jira.default.description" }}{{ template "__text" . }}{{ end }}
    {{ define "jira.default.priority" }}{{ .Severity }}{{ end }}
    """#
}

/// The e-mail that is sent where nothing else is said.
enum DefaultEmail {
  static let template = #"""
    {{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
    {{ define "email.default.text" }}{{ .Headline }}

    {{ template "__text" . }}
    Look at it: {{ template "__alertmanagerURL" . }}
    {{ end }}
    {{ define "__email_alert" }}<tr><td style="padding:12px 16px;border-top:1px solid #d9dde3">
    <div style="font-weight:bold">{{ .Headline }}{{ with .Severity }} <span style="font-weight:normal">({{ . }})</span>{{ end }}</div>
    {{ with .Summary }}<div style="margin-top:4px;white-space:pre-line">{{ . | shorten 500 }}</div>
    {{ end }}<div style="margin-top:4px;color:#5b6472">{{ .Period }}</div>
    <div style="margin-top:4px">{{ with .Runbook }}<a href="{{ . }}">What helps</a> {{ end }}{{ with .GeneratorURL }}<a href="{{ . }}">Source</a>{{ end }}</div>
    </td></tr>
    {{ end }}
    {{ define "__email_alert_list" }}{{ range $i, $alert := . }}{{ if lt $i 50 }}{{ template "__email_alert" $alert }}{{ end }}{{ end }}{{ if gt (len .) 50 }}<tr><td style="padding:12px 16px;border-top:1px solid #d9dde3">and {{ len (slice . 50) }} more</td></tr>
    {{ end }}{{ end }}
    {{ define "email.default.html" }}<!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>{{ template "__subject" . }}</title>
    </head>
    <body style="margin:0;padding:16px;background:#f3f4f6;color:#1b2330;font:15px/1.45 system-ui,sans-serif">
    <table role="presentation" style="width:100%;max-width:640px;margin:0 auto;border-collapse:collapse;background:#ffffff">
    <tr><td style="padding:16px;color:#ffffff;background:{{ if eq .Status "firing" }}#b42318{{ else }}#2f7d4f{{ end }};font-size:18px;font-weight:bold">{{ .Headline }}</td></tr>
    <tr><td style="padding:12px 16px"><a href="{{ template "__alertmanagerURL" . }}" style="font-weight:bold">Look at it in {{ template "__alertmanager" . }}</a></td></tr>
    {{ with .Alerts.Firing }}{{ template "__email_alert_list" . }}{{ end }}{{ with .Alerts.Resolved }}{{ if $.Alerts.Firing }}<tr><td style="padding:12px 16px;border-top:1px solid #d9dde3;color:#2f7d4f;font-weight:bold">Resolved</td></tr>
    {{ end }}{{ template "__email_alert_list" . }}{{ end }}</table>
    </body>
    </html>
    {{ end }}
    """#
}

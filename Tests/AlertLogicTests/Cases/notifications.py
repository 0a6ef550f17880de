#!/usr/bin/env python3
"""Records what templates of notifications give in Alertmanager: `amtool template render` writes them about the
notifications below. Writes notifications.json beside itself. Needs amtool in the PATH.
"""
import json, os, subprocess, tempfile

DEFINITIONS = """{{ define "greet" }}hello {{ . }}{{ end }}
{{ define "loop" }}{{ range . }}<{{ .Labels.agent_id }}>{{ else }}none{{ end }}{{ end }}
{{ define "link" }}{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}{{ end }}
"""
COMMON = {"alertname": "HighMemory", "team": "a<b>&\"c\" 'd'", "url": "javascript:alert(1)", "path": "x y/?q=1&r=é+%41"}


def alert(agent, status, **annotations):
  return {
    "status": status, "labels": dict(COMMON, agent_id=agent, severity="warning"),
    "annotations": dict({"summary": "it is <b>bad</b>"}, **annotations), "startsAt": "2026-01-02T08:04:05.12Z",
    "endsAt": "2026-01-02T10:00:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
    "generatorURL": "https://example.org/g?a=1&b=2", "fingerprint": "0123456789abcdef"}


def data(alerts, status):
  return {"receiver": "on-call", "status": status, "alerts": alerts, "groupLabels": {"alertname": "HighMemory"},
          "commonLabels": dict(COMMON, severity="warning", **({"agent_id": alerts[0]["labels"]["agent_id"]} if len(alerts) == 1 else {})),
          "commonAnnotations": dict(alerts[0]["annotations"]) if len(alerts) == 1 else {"summary": "it is <b>bad</b>"},
          "externalURL": "https://skep.example/am"}


NOTIFICATIONS = {
  "firing": data([alert("planner", "firing", runbook_url="https://r.example/1"), alert("coder", "resolved")], "firing"),
  "resolved": data([alert("planner", "resolved", description="long")], "resolved"),
}
TEXTS = r"""
plain text
{{ .Status | toUpper }} {{ .Receiver }} {{ .ExternalURL }}
{{ len .Alerts }}/{{ .Alerts.Firing | len }}/{{ .Alerts.Resolved | len }}
{{ .GroupLabels.SortedPairs.Values | join " " }}
{{ .CommonLabels.SortedPairs.Names | join "," }}
{{ .CommonLabels.Names | join "," }}|{{ .CommonLabels.Values | join "," }}
{{ .CommonLabels.Remove .GroupLabels.Names }}
{{ (.CommonLabels.Remove (stringSlice "team" "url" "path")).SortedPairs }}
{{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Values | join " " }}{{ end }}
{{ if gt (len .CommonLabels) (len .GroupLabels) }}more{{ else }}less{{ end }}
{{ range .Alerts }}{{ .Status }} {{ .Labels.agent_id }} {{ .StartsAt }} {{ .EndsAt }} {{ .Fingerprint }};{{ end }}
{{ range .Alerts }}{{ .StartsAt.Format "15:04:05 02 Jan 2006 MST" }} {{ .EndsAt.IsZero }} {{ .StartsAt.Unix }};{{ end }}
{{ range .Alerts.Firing }}{{ .Labels.SortedPairs }}{{ .GeneratorURL }}{{ else }}none{{ end }}
{{ range $i, $a := .Alerts }}{{ if $i }}, {{ end }}{{ $a.Labels.agent_id }}{{ end }}
{{ (index .Alerts 0).Annotations.summary }} {{ (index .Alerts 0).Labels.nope }}|
{{ .CommonLabels.nope }}|{{ .CommonAnnotations.nope }}|{{ index .CommonLabels "nope" }}|
{{ .CommonLabels }} {{ .CommonAnnotations }}
{{ .Alerts.Firing }}
{{ .CommonLabels.team | title }} {{ "hello wORLD o'neil foo_bar x-y 3d a.b c:d don't mc2" | title }}
{{ "Straße ÄÖ ŉ" | toUpper }} {{ "ÀÉ İ" | toLower }}
{{ "  a b	
 " | trimSpace }}|
{{ match "^High" .CommonLabels.alertname }} {{ match "a.c" "xx" }}
{{ reReplaceAll "High(.*)" "Low-$1" .CommonLabels.alertname }} {{ reReplaceAll "(?P<x>a+)" "<${x}>" "baab" }}
{{ stringSlice "a" "b" "c" | join "-" }} {{ stringSlice "a" "b" }} {{ len (stringSlice) }}
{{ join "," (stringSlice "x" "y") }}
{{ .CommonLabels.team | safeHtml }} {{ "<i>" | safeHtml }}
{{ printf "%s-%d-%v-%q" .Status (len .Alerts) .GroupLabels .Receiver }}
{{ .ExternalURL | urlquery }} {{ .CommonLabels.team | html }} {{ .CommonLabels.team | js }}
{{ template "greet" .Status }} {{ template "loop" .Alerts.Firing }} {{ template "link" . }}
{{ $x := .Status }}{{ with .GroupLabels }}{{ $x }} {{ .alertname }} {{ $.Receiver }}{{ end }}
{{- /* a comment */ -}} {{ .Status -}}   trimmed
{{ define "own" }}[{{ . }}]{{ end }}{{ template "own" .Status }}{{ block "b" .Receiver }}({{ . }}){{ end }}
{{ eq .Status "firing" "other" }} {{ ne .Status "x" }} {{ and .Status .Receiver }} {{ or "" .Status }} {{ not .Status }}
{{ slice .Receiver 3 }} {{ index (stringSlice "a" "b") 1 }}
{{ .Status | printf "%10s|" }}
{{ .StatuS }}
{{ (index .Alerts 0).Nope }}
{{ .Alerts.Nope }}
{{ .GroupLabels.SortedPairs.Nope }}
{{ index .Alerts 7 }}
{{ nope .Status }}
{{ template "nope" . }}
{{ reReplaceAll "(" "x" "y" }}
{{ match "(" "x" }}
{{ toUpper }}
{{ toUpper 1 }}
{{ join .GroupLabels.Names "," }}
{{ if .Status }}
{{ .Status }
{{ range .Alerts }}{{ end }}{{ end }}
{{ . | toUpper }}
{{ "unclosed }}
""".strip("\n").split("\n")
# Two lines of one text.
TEXTS = [text for text in TEXTS if not text.startswith(" \" | trimSpace")]
TEXTS[[i for i, t in enumerate(TEXTS) if t.startswith('{{ "  a b')][0]] = '{{ "  a b\\t\\n " | trimSpace }}|'
HTML = r"""
<b>{{ .CommonLabels.team }}</b> {{ .CommonAnnotations.summary }} 1 + 1 < 3 & more
<a href="{{ .ExternalURL }}/#/alerts">x</a><a href='{{ .CommonLabels.url }}'>y</a><a href={{ .CommonLabels.path }}>z</a>
<a href="{{ .ExternalURL }}?q={{ .CommonLabels.team }}&amp;p={{ .CommonLabels.path }}">x</a>
<a href="/{{ .CommonLabels.path }}#{{ .CommonLabels.path }}">x</a>
<a href="{{ template "link" . }}" title="{{ .CommonLabels.team }}">x</a>
<p title={{ .CommonLabels.team }} class={{ .Status }}>x</p>
<p style="color: {{ .Status }}; background: {{ .CommonLabels.url }}">x</p>
<p style="width: {{ len .Alerts }}px">{{ len .Alerts }}</p>
<title>{{ .CommonLabels.team }} <b></title><textarea>{{ "<i>" | safeHtml }}</textarea>
<!-- a comment {{ .Status }} --><p>{{ "<i>" | safeHtml }}{{ .CommonLabels.team | safeHtml }}</p>
<p title="{{ "<i>x</i> &amp; y" | safeHtml }}">{{ .CommonLabels.team | html }}</p>
<img src="{{ .CommonLabels.url }}" alt="{{ .CommonLabels.nope }}">{{ .CommonLabels.nope }}
<style>p { color: {{ .Status }}; width: {{ .CommonLabels.url }} }</style>{{ .GroupLabels }}
{{ range .Alerts }}<tr><td>{{ .Labels.SortedPairs }}</td><td><a href="{{ .GeneratorURL }}">{{ .StartsAt }}</a></td></tr>{{ end }}
<!DOCTYPE html><html><body data-url="{{ .CommonLabels.url }}" data-x="{{ .CommonLabels.url }}">{{ "a+b=c`d`" }}</body></html>
<p class="{{ if eq .Status "firing" }}red{{ else }}green{{ end }}">{{ template "greet" .CommonLabels.team }}</p>
""".strip("\n").split("\n")


def main():
  cases = []
  with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/own.tmpl", "w") as file:
      file.write(DEFINITIONS)
    for name, notification in NOTIFICATIONS.items():
      with open(f"{folder}/{name}.json", "w") as file:
        json.dump(notification, file)
    for kind, texts in ("text", TEXTS), ("html", HTML):
      for text in texts:
        for name in NOTIFICATIONS:
          ran = subprocess.run(
            ["amtool", "template", "render", f"--template.glob={folder}/own.tmpl", f"--template.text={text}",
             f"--template.type={kind}", f"--template.data={folder}/{name}.json"], capture_output=True, text=True)
          case = {"text": text, "kind": kind, "notification": name}
          if ran.returncode == 0:
            case["output"] = ran.stdout.removesuffix("\n")
          else:
            case["error"] = ran.stderr.strip().removeprefix("amtool: error: ")
          cases.append(case)
  with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "notifications.json"), "w") as file:
    json.dump({"definitions": DEFINITIONS, "notifications": NOTIFICATIONS, "cases": cases}, file, indent=1, ensure_ascii=False)
    file.write("\n")


main()

#!/usr/bin/env python3
"""Records what Alertmanager posts for three notifications of one group: firing, partly resolved, resolved.

Writes alertmanager.json beside itself: the configuration of each receiver, and the bodies in the order of arrival.
Needs prometheus-alertmanager in the PATH. Alertmanager is ended by its process id.
"""
import http.server, json, os, subprocess, tempfile, threading, time, urllib.request

RECEIVED = {}


class Recorder(http.server.BaseHTTPRequestHandler):
  def do_POST(self):
    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
    name = self.path.split("/")[1]
    rest = "/" + "/".join(self.path.split("/")[2:])
    RECEIVED.setdefault(name, []).append({"method": self.command, "path": rest, "body": json.loads(body)})
    self.send_response(202 if name.startswith("opsgenie") else 200)
    self.send_header("Content-Length", "2")
    self.end_headers()
    self.wfile.write(b"{}")

  do_PUT = do_POST

  def log_message(self, *_):
    pass


def rounds(requests):
  """Notifications: an update of an alert belongs to the one before."""
  return sum(request["method"] == "POST" for request in requests)


def main():
  server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
  threading.Thread(target=server.serve_forever, daemon=True).start()
  base = f"http://127.0.0.1:{server.server_port}"
  full_slack = {
    "channel": "#{{ .CommonLabels.team }}", "username": "watch", "color": "{{ .Status }}", "title": "{{ .Status }} {{ len .Alerts }}",
    "title_link": "{{ .ExternalURL }}", "pretext": "{{ .GroupLabels.alertname }}",
    "text": "{{ range .Alerts }}{{ .Labels.agent_id }}: {{ .Annotations.description }}\n{{ end }}", "footer": "foot",
    "fallback": "fall {{ .Receiver }}", "callback_id": "call", "icon_emoji": ":bee:", "icon_url": "https://example.org/i.png",
    "image_url": "https://example.org/g.png", "thumb_url": "https://example.org/t.png", "link_names": True,
    "short_fields": True, "mrkdwn_in": ["text", "fields"],
    "fields": [{"title": "T {{ .Status }}", "value": "{{ .CommonLabels.team }}"}, {"title": "U", "value": "v", "short": False}],
    "actions": [
      {"type": "button", "text": "Look {{ .Status }}", "url": "{{ .ExternalURL }}/x", "style": "primary"},
      {"type": "button", "text": "Mute", "name": "mute", "value": "{{ .Status }}",
       "confirm": {"text": "Sure?", "title": "t", "ok_text": "Yes", "dismiss_text": "No"}}],
  }
  pagerduty = {
    "routing_key": "key-{{ .CommonLabels.team }}", "client": "watch", "client_url": "{{ .ExternalURL }}",
    "description": "{{ .Status }} {{ .CommonLabels.long }}", "severity": "warning", "class": "c {{ .Status }}",
    "component": "{{ .CommonLabels.team }}", "group": "g",
    "details": {"firing": "{{ len .Alerts.Firing }}", "resolved": "{{ len .Alerts.Resolved }}", "extra": "{{ .CommonLabels.odd }}"},
    "images": [{"src": "{{ .ExternalURL }}/i.png", "alt": "a", "href": "https://example.org/"}, {"src": "", "alt": "none"}],
    "links": [{"href": "{{ .ExternalURL }}", "text": "l {{ .Status }}"}],
  }
  service = dict(pagerduty, service_key="service-{{ .CommonLabels.team }}")
  del service["routing_key"]
  opsgenie = {
    "api_key": "secret", "message": "{{ .Status }} {{ .CommonLabels.long }}", "description": "d {{ len .Alerts }}",
    "source": "s {{ .ExternalURL }}", "tags": " a, {{ .Status }},, b", "note": "n", "priority": "P{{ len .Alerts }}",
    "entity": "e {{ .CommonLabels.team }}", "actions": "look, mute", "details": {"team": "own", "more": "{{ .Status }}"},
    "responders": [{"name": "{{ .CommonLabels.team }}", "type": "team"}, {"username": "u@example.org", "type": "USER"}],
    "update_alerts": True,
  }
  configs = {
    "webhook": ("webhook_configs", {"url": f"{base}/webhook"}),
    "webhook-one": ("webhook_configs", {"url": f"{base}/webhook-one", "max_alerts": 1}),
    "slack": ("slack_configs", dict(full_slack, api_url=f"{base}/slack", send_resolved=True)),
    "slack-default": ("slack_configs", {"api_url": f"{base}/slack-default", "channel": "#c", "send_resolved": True}),
    "pagerduty": ("pagerduty_configs", dict(pagerduty, url=f"{base}/pagerduty")),
    "pagerduty-default": ("pagerduty_configs", {"routing_key": "key", "url": f"{base}/pagerduty-default"}),
    "opsgenie": ("opsgenie_configs", dict(opsgenie, api_url=f"{base}/opsgenie/")),
    "opsgenie-default": ("opsgenie_configs", {"api_key": "k", "api_url": f"{base}/opsgenie-default/"}),
  }
  receiver = {"name": "on (call)", }
  for kind, config in configs.values():
    receiver.setdefault(kind, []).append(config)
  labels = {
    "alertname": "High \"Memory\"", "team": "re<se>a&rch", "odd": "\u202eabc\u00e9\n\t\\ {{ x }}", "long": "\u00e4x" * 520,
  }
  alerts = [
    {"labels": dict(labels, agent_id=agent), "startsAt": f"2026-01-02T08:00:0{i}.12Z",
     "annotations": {"description": f"agent {agent} 'is' <full>", "summary": "memory"}, "generatorURL": f"https://example.org/{i}"}
    for i, agent in enumerate(["planner", "b\u00e4cker"])]
  with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "alertmanager.yml")
    with open(path, "w") as file:
      json.dump({"route": {"receiver": receiver["name"], "group_by": ["alertname", "odd"], "group_wait": "200ms",
                           "group_interval": "1s", "repeat_interval": "1h"}, "receivers": [receiver]}, file)
    port = http.server.HTTPServer(("127.0.0.1", 0), Recorder)
    address = f"127.0.0.1:{port.server_port}"
    port.server_close()
    with open(os.path.join(folder, "log"), "w") as log:
      process = subprocess.Popen(
        ["prometheus-alertmanager", f"--config.file={path}", f"--storage.path={folder}/data", "--cluster.listen-address=",
         f"--web.listen-address={address}", "--web.external-url=https://skep.example:9093/am"], stdout=log, stderr=log)
    try:
      post = f"http://{address}/am/api/v2/alerts"
      steps = [alerts, [dict(alerts[0], endsAt="2026-01-02T09:00:00Z")], [dict(alerts[1], endsAt="2026-01-02T09:30:00.5Z")]]
      for number, step in enumerate(steps):
        deadline = time.time() + 20
        while time.time() < deadline:
          try:
            urllib.request.urlopen(urllib.request.Request(
              post, json.dumps(step).encode(), {"Content-Type": "application/json"}))
            break
          except OSError:
            time.sleep(0.1)
        while time.time() < deadline and any(rounds(RECEIVED.get(name, [])) <= number for name in configs):
          time.sleep(0.05)
    finally:
      process.terminate()
      process.wait()
    if any(rounds(RECEIVED.get(name, [])) != 3 for name in configs):
      raise SystemExit(open(os.path.join(folder, "log")).read()[-3000:])
  # What differs from run to run.
  result = json.loads(json.dumps({name: {"kind": kind, "config": config, "requests": RECEIVED.get(name, [])}
                                  for name, (kind, config) in configs.items()}).replace(base, "http://recorder"))
  with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "alertmanager.json"), "w") as file:
    json.dump(result, file, indent=1, sort_keys=True, ensure_ascii=False)
    file.write("\n")


main()

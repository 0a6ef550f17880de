"""Agents that know nothing of Skep. `serve` starts them and prints their addresses as JSON; `parse FORMAT` reads a body from
standard input and prints its samples as the formats' own reference parser understands them."""
import http.server
import json
import random
import sys
import threading

OPENMETRICS = b"""# TYPE tasks counter
# HELP tasks Tasks done.
tasks_total{kind="plan"} 17 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 1.0
tasks_created{kind="plan"} 1.7e9
# TYPE tasks_seconds gauge
# UNIT tasks_seconds seconds
tasks_seconds 0.25
# TYPE latency histogram
latency_bucket{le="0.1"} 1
latency_bucket{le="+Inf"} 3
latency_sum 1.5
latency_count 3
# TYPE build info
build_info{version="1.2.3",note="a\\"quote\\\\ and a\\nline"} 1
# EOF
"""
JSON = json.dumps({"metrics": [
    {"name": "queue_depth", "type": "gauge", "value": 3.5, "labels": {"queue": "in"}},
    {"name": "jobs_total", "type": "counter", "value": 12, "labels": {}},
    {"name": "temperature", "value": -4}]}).encode()


def static(content_type, body):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def client():
    import prometheus_client as p
    registry = p.CollectorRegistry()
    requests = p.Counter("requests", "Requests.", ["path"], registry=registry)
    p.Gauge("inflight", "Now.", registry=registry).set_function(lambda: random.random())
    latency = p.Histogram("work_seconds", "Work.", registry=registry)
    p.Summary("size_bytes", "Size.", registry=registry).observe(1e-9)
    p.Enum("state", "State.", states=["idle", "busy"], registry=registry).state("busy")
    for n in range(50):
        requests.labels(f"/a/{n % 7}/\u00fc").inc(n)
        latency.observe(n / 10)
    server, thread = p.start_http_server(0, "127.0.0.1", registry=registry)
    return server.server_port


def serve():
    print(json.dumps({
        "client": client(),
        "openmetrics": static("application/openmetrics-text; version=1.0.0; charset=utf-8", OPENMETRICS),
        "json": static("application/json", JSON)}), flush=True)
    sys.stdin.read()  # ends with the test that started it


def parse(kind):
    body = sys.stdin.read()
    if kind == "json":
        samples = [(m["name"], m.get("labels", {}), float(m["value"])) for m in json.loads(body)["metrics"]]
    else:
        if kind == "openmetrics":
            from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
        else:
            from prometheus_client.parser import text_string_to_metric_families as families
        samples = [(s.name, s.labels, s.value) for family in families(body) for s in family.samples]
    print(json.dumps([{"name": n, "labels": l, "value": repr(v)} for n, l, v in samples]))


serve() if sys.argv[1] == "serve" else parse(sys.argv[2])

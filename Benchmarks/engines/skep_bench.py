"""What the benchmark harness needs beside Skep: its scrape configuration as a system file, and an answer to its question."""
import datetime
import http.server
import json
import re
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

COUNT = re.compile(r"sum\(count_over_time\((\w+)\[(\d+)([smhd])\]\)\)")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def configure(scrape, folder):
    """The harness writes one job of static targets, or none; Skep gets the same ones as a file_sd file."""
    text = open(scrape).read()
    interval = (re.search(r"scrape_interval: (\S+)", text) or [0, "1s"])[1]
    targets = re.findall(r"'([^']+:\d+)'", text)
    groups = [{"targets": [t], "labels": {"agent_id": f"agent-{i:04d}"}} for i, t in enumerate(targets)]
    with open(f"{folder}/targets.json", "w") as f:
        json.dump(groups, f)
    with open(f"{folder}/system.yaml", "w") as f:
        f.write(f"system: bench\nmonitoring:\n  collection_interval: {interval}\n  collection_timeout: {interval}\n"
                f"  retention: 30d\n  discovery_files: ['{folder}/targets.json']\n")


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers `sum(count_over_time(METRIC[RANGE]))` with what Skep counts of its stored samples; nothing else."""

    skep = ""

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/":
            return self.reply(200, {"status": "success"})
        asked = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
        match = COUNT.fullmatch(asked.get("query", ""))
        if url.path != "/api/v1/query" or not match:
            return self.reply(501, {"status": "error", "errorType": "unsupported", "error": "not in this version"})
        end = float(asked["time"])
        # The window of PromQL is open on the left.
        start = end - int(match[2]) * UNITS[match[3]] + 0.001
        query = urllib.parse.urlencode({"metric_name": match[1], "start": moment(start), "end": moment(end)})
        try:
            with urllib.request.urlopen(f"{self.skep}/fleet/v1/samples/count?{query}", timeout=300) as r:
                samples = json.load(r)["samples"]
        except urllib.error.URLError as x:
            return self.reply(503, {"status": "error", "errorType": "unavailable", "error": str(x)})
        result = [{"metric": {}, "value": [end, str(samples)]}] if samples else []
        self.reply(200, {"status": "success", "data": {"resultType": "vector", "result": result}})

    def reply(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def answer(port, skep):
    Answers.skep = skep
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers)
    threading.Timer(3600, server.shutdown).start()  # stops by itself
    server.serve_forever()


if sys.argv[1] == "configure":
    configure(sys.argv[2], sys.argv[3])
else:
    answer(int(sys.argv[2]), sys.argv[3])

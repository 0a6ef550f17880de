"""What the benchmark harness needs beside Skep: its scrape configuration as a system file, and an answer to its question."""
import http.server
import json
import re
import sys
import threading


def configure(scrape, folder):
    """The harness writes one job of static targets; Skep gets the same ones as a file_sd file."""
    text = open(scrape).read()
    interval = (re.search(r"scrape_interval: (\S+)", text) or [0, "1s"])[1]
    targets = re.findall(r"'([^']+:\d+)'", text)
    groups = [{"targets": [t], "labels": {"agent_id": f"agent-{i:04d}"}} for i, t in enumerate(targets)]
    with open(f"{folder}/targets.json", "w") as f:
        json.dump(groups, f)
    with open(f"{folder}/system.yaml", "w") as f:
        f.write(f"system: bench\nmonitoring:\n  collection_interval: {interval}\n  collection_timeout: {interval}\n"
                f"  discovery_files: ['{folder}/targets.json']\n")


class Empty(http.server.BaseHTTPRequestHandler):
    """After its restart the harness asks how many samples are stored; the store of this version is in memory, so: none."""

    def do_GET(self):
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def answer(port):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Empty)
    threading.Timer(900, server.shutdown).start()  # stops by itself
    server.serve_forever()


if sys.argv[1] == "configure":
    configure(sys.argv[2], sys.argv[3])
else:
    answer(int(sys.argv[2]))

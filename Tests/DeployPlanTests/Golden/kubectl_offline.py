"""Runs kubectl where no cluster is: what it asks an API server about itself is answered from recorded exchanges.

usage: kubectl_offline.py RECORDED_DISCOVERY CACHE ARGUMENT...
"""
import glob
import http.server
import json
import os
import subprocess
import sys
import threading

folder, cache, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
answers = {}
for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
    with open(path) as file:
        exchange = json.load(file)
    headers = {name.lower(): value for name, value in exchange["request"]["headers"].items()}
    answers.setdefault(exchange["request"]["path"], []).append((headers.get("accept", ""), exchange["response"]))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = answers.get(self.path.split("?")[0], [])
        wanted = [part.strip().split(",")[0] for part in self.headers.get("accept", "").split(",")]
        # The first kind of answer that is wanted and was recorded.
        for accept in wanted + [""]:
            for recorded, answer in known:
                if accept in recorded and answer["status"] == 200:
                    return self.answer(answer)
        self.send_error(404)

    def answer(self, answer):
        body = answer["body"] if isinstance(answer["body"], str) else json.dumps(answer["body"])
        self.send_response(answer["status"])
        self.send_header("content-type", answer["headers"].get("content-type", "application/json"))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_address[1]}"
environment = dict(os.environ, KUBECONFIG="/dev/null")
sys.exit(subprocess.run(["kubectl", "--server", address, "--cache-dir", cache] + arguments, env=environment).returncode)

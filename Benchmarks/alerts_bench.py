#!/usr/bin/env python3
"""Notifications under load: Skep beside Debian's Alertmanager (and Prometheus, for the way from a sample on).

  alerts_bench.py [-e alertmanager,skep] [--alerts 100000] [--seconds 60] [--per-minute 5000]

Each engine gets the same alertmanager.yml and a webhook of its own. Three parts:
  active   N alerts are posted and posted again, as Prometheus does each minute: CPU, resident bytes for each alert
  storm    10,000 alerts of one name at once: how many messages, how long until the last alert was told
  latency  so many alerts a minute, each a group of its own without a wait: from the post, and from a sample's remote write, to
           the webhook; Prometheus evaluates its rules each second
SKEP names the binary; prometheus and prometheus-alertmanager are found on the PATH.
"""
import argparse
import http.server
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

SKEP = os.environ.get("SKEP", ".build-release/release/skep")
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Recorder:
    """A webhook that remembers when each alert was told first, and counts messages and bytes."""

    def __init__(self):
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                now = time.monotonic()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                told = [a["labels"].get("n") for a in json.loads(body)["alerts"]]
                with recorder.lock:
                    recorder.messages += 1
                    recorder.bytes += len(body)
                    for name in told:
                        recorder.first.setdefault(name, now)

            def log_message(self, *_):
                pass

        self.lock = threading.Lock()
        self.reset()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        with self.lock:
            self.messages, self.bytes, self.first = 0, 0, {}

    def wait(self, count, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(self.first) < count:
            time.sleep(0.05)
        return len(self.first)


def policy(url, group_by, wait, interval):
    return f"""route: {{receiver: hook, group_by: {group_by}, group_wait: {wait}, group_interval: {interval}, repeat_interval: 4h}}
receivers:
  - name: hook
    webhook_configs: [{{url: '{url}'}}]
"""


class Engine:
    """A program under test: started in a folder of its own, ended by its pid."""

    def __init__(self, name, url, group_by, wait, interval, with_samples=False):
        self.folder = tempfile.mkdtemp(prefix="alerts-bench-")
        self.port = free_port()
        self.processes = []
        config = f"{self.folder}/alertmanager.yml"
        with open(config, "w") as f:
            f.write(policy(url, group_by, wait, interval))
        self.base = f"http://127.0.0.1:{self.port}"
        self.write_url = f"{self.base}/api/v1/write"
        if name == "skep":
            system = f"{self.folder}/system.yaml"
            with open(system, "w") as f:
                f.write("system: bench\nalertmanager_config: alertmanager.yml\n")
                if with_samples:
                    f.write("alert_rules:\n  - {name: high, description: high, condition_type: threshold, metric_name: bench_value, "
                            "operator: '>', threshold: 1}\n")
            self.start([SKEP, "serve", "--config", system, "--listen", f"127.0.0.1:{self.port}",
                        "--data-dir", f"{self.folder}/data", "--log-level", "error"])
        else:
            self.start(["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={self.folder}/data",
                        f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=", "--log.level=error"])
            if with_samples:
                self.start_prometheus()
        self.await_ready(self.base)

    def start_prometheus(self):
        port = free_port()
        with open(f"{self.folder}/prometheus.yml", "w") as f:
            f.write(f"global: {{evaluation_interval: 1s}}\nrule_files: [rules.yml]\nalerting:\n  alertmanagers:\n"
                    f"    - static_configs: [{{targets: ['127.0.0.1:{self.port}']}}]\n")
        with open(f"{self.folder}/rules.yml", "w") as f:
            f.write("groups:\n  - name: bench\n    interval: 1s\n    rules:\n      - {alert: high, expr: bench_value > 1}\n")
        self.start(["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
                    f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver", "--log.level=error"])
        self.write_url = f"http://127.0.0.1:{port}/api/v1/write"
        self.await_ready(f"http://127.0.0.1:{port}")

    def start(self, argv):
        self.processes.append(subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=open(f"{self.folder}/log", "a")))

    def await_ready(self, base):
        for _ in range(200):
            try:
                urllib.request.urlopen(base + "/-/ready", timeout=2).read()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(open(f"{self.folder}/log").read() or f"{base} does not get ready")

    def cpu(self):
        total = 0
        for process in self.processes:
            fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def resident(self):
        for line in open(f"/proc/{self.processes[0].pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024

    def post(self, alerts):
        body = json.dumps(alerts).encode()
        request = urllib.request.Request(
            self.base + "/api/v2/alerts", body, {"Content-Type": "application/json"}, method="POST")
        urllib.request.urlopen(request, timeout=60).read()

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def alert(n, name):
    agent = n % 2000
    return {
        "labels": {"alertname": name, "n": str(n), "agent_id": f"agent-{agent}", "instance": f"10.0.{agent // 250}.{agent % 250}:8080",
                   "severity": ["info", "warning", "critical"][n % 3], "namespace": "multi-agents", "team": f"team-{n % 7}"},
        "annotations": {"description": f"agent-{agent} has {n} requests waiting, which is more than it works off in a minute",
                        "runbook_url": f"https://runbooks.example.org/{name}"},
        "generatorURL": f"http://prometheus.example.org/graph?g0.expr=waiting%7Bn%3D%22{n}%22%7D",
    }


def active(name, count):
    recorder = Recorder()
    engine = Engine(name, recorder.url, "[alertname]", "1s", "10s")
    try:
        time.sleep(1)
        before, cpu = engine.resident(), engine.cpu()
        batches = [[alert(n, f"Alert{n % 50}") for n in range(i, min(i + 1000, count))] for i in range(0, count, 1000)]
        began = time.monotonic()
        for batch in batches:
            engine.post(batch)
        posted = time.monotonic() - began
        told = recorder.wait(count, 120)
        first = engine.cpu() - cpu
        time.sleep(15)
        cpu = engine.cpu()
        for batch in batches:
            engine.post(batch)
        again = engine.cpu() - cpu
        time.sleep(12)
        cpu, began = engine.cpu(), time.monotonic()
        time.sleep(20)
        return {"alerts": count, "posted_s": round(posted, 2), "told": told, "cpu_first_s": round(first, 2),
                "cpu_again_s": round(again, 2), "idle_cpu_share": round((engine.cpu() - cpu) / (time.monotonic() - began), 4),
                "bytes_per_alert": round((engine.resident() - before) / count), "resident_mb": round(engine.resident() / 1e6, 1),
                "messages": recorder.messages, "message_mb": round(recorder.bytes / 1e6, 1)}
    finally:
        engine.stop()


def storm(name):
    recorder = Recorder()
    engine = Engine(name, recorder.url, "[alertname]", "1s", "5s")
    try:
        time.sleep(1)
        cpu, began = engine.cpu(), time.monotonic()
        for i in range(0, 10_000, 500):
            engine.post([alert(n, "Storm") for n in range(i, i + 500)])
        told = recorder.wait(10_000, 60)
        took = max(recorder.first.values(), default=began) - began
        return {"told": told, "messages": recorder.messages, "all_told_s": round(took, 2), "cpu_s": round(engine.cpu() - cpu, 2)}
    finally:
        engine.stop()


def percentiles(values):
    values = sorted(values)
    pick = lambda q: round(values[min(len(values) - 1, int(q * len(values)))] * 1000, 2) if values else None
    return {"count": len(values), "p50_ms": pick(0.5), "p99_ms": pick(0.99), "max_ms": pick(1)}


def latency(name, seconds, per_minute, with_samples):
    recorder = Recorder()
    engine = Engine(name, recorder.url, "['...']", "0s", "5m", with_samples)
    try:
        time.sleep(1)
        sent, pause, cpu = {}, 60 / per_minute, engine.cpu()
        began = time.monotonic()
        for n in range(int(seconds / pause)):
            due = began + n * pause
            time.sleep(max(0, due - time.monotonic()))
            sent[str(n)] = time.monotonic()
            if with_samples:
                write(engine.write_url, {"__name__": "bench_value", "agent_id": f"agent-{n}", "n": str(n)}, 2 + n)
            else:
                engine.post([alert(n, "Latency")])
        recorder.wait(len(sent), 20)
        result = percentiles([recorder.first[n] - at for n, at in sent.items() if n in recorder.first])
        return {"sent": len(sent), "cpu_s": round(engine.cpu() - cpu, 2), **result}
    finally:
        engine.stop()


def write(url, labels, value):
    """One sample by remote write 1.0, the body a snappy block of literals alone."""
    def varint(n):
        out = b""
        while n > 127:
            out, n = out + bytes([n & 127 | 128]), n >> 7
        return out + bytes([n])

    def field(tag, data):
        return bytes([tag]) + varint(len(data)) + data

    series = b"".join(field(0x0a, field(0x0a, k.encode()) + field(0x12, v.encode())) for k, v in sorted(labels.items()))
    series += field(0x12, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(int(time.time() * 1000)))
    body = field(0x0a, series)
    block, at = varint(len(body)), 0
    while at < len(body):
        part = body[at:at + 60]
        block, at = block + bytes([(len(part) - 1) << 2]) + part, at + 60
    request = urllib.request.Request(url, block, {
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"})
    urllib.request.urlopen(request, timeout=10).read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-e", "--engines", default="alertmanager,skep")
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--per-minute", type=float, default=5000)
    parser.add_argument("--parts", default="active,storm,latency,sample")
    options = parser.parse_args()
    for part in options.parts.split(","):
        for name in options.engines.split(","):
            result = {
                "active": lambda: active(name, options.alerts), "storm": lambda: storm(name),
                "latency": lambda: latency(name, options.seconds, options.per_minute, False),
                "sample": lambda: latency(name, options.seconds, options.per_minute, True),
            }[part]()
            print(json.dumps({"part": part, "engine": name, **result}), flush=True)


if __name__ == "__main__":
    main()

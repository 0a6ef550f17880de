#!/usr/bin/env python3
"""Traces under load: OTLP/HTTP in, traces out; Skep beside a peer.

  traces_bench.py [-e skep,phoenix] [--traces 10000] [--reps 20]

The load is the harness's own (BENCH_WORK/benchgen, built by run.sh): traces of 20 spans over 5 services, 10 traces a request.
For each engine: CPU seconds for 100,000 spans (until it has come to rest), resident memory while it takes spans, bytes on disk
for a span after a clean stop, then after a restart the milliseconds of a trace by its id and of searches: by agent; by agent,
operation and least duration; by an attribute that one span in 500 has; by an attribute that no span has.
SKEP names the binary; PHOENIX the program of PyPI's arize-phoenix, which takes spans but has no search by duration in its API.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

SKEP = os.environ.get("SKEP", ".build-release/release/skep")
PHOENIX = os.environ.get("PHOENIX", "phoenix")
GENERATOR = os.path.join(os.environ.get("BENCH_WORK", ".build-bench"), "benchgen")
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def size(folder):
    return sum(os.path.getsize(os.path.join(p, f)) for p, _, files in os.walk(folder) for f in files)


class Engine:
    """One process with a data folder of its own, and what it costs."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="traces-bench-")
        self.data = os.path.join(self.folder, "data")
        os.makedirs(self.data)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(
            self.command(), stdout=self.log, stderr=self.log, env={**os.environ, **self.environment()})
        began = time.monotonic()
        while time.monotonic() < began + 120:
            try:
                urllib.request.urlopen(self.url + self.ready, timeout=2).read()
                return time.monotonic() - began
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        sys.exit(f"{self.name} did not start; see {self.folder}/log")

    def environment(self):
        return {}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024
        return 0

    def rest(self):
        """Waits until it has done nothing for three seconds."""
        last, quiet = self.cpu(), 0
        while quiet < 3:
            time.sleep(1)
            now = self.cpu()
            quiet = quiet + 1 if now - last < 0.03 else 0
            last = now

    def settle(self):
        """Brings the data to its resting form, where the engine can be asked to."""

    def get(self, path):
        began = time.perf_counter()
        body = urllib.request.urlopen(self.url + path, timeout=120).read()
        return time.perf_counter() - began, body


class Skep(Engine):
    name, ready = "skep", "/-/ready"

    def command(self):
        return [
            SKEP, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", self.data, "--otlp-grpc-listen", "off",
            "--otlp-http-listen", "off",
        ]

    def settle(self):
        urllib.request.urlopen(urllib.request.Request(self.url + "/fleet/v1/store/compact", method="POST"), timeout=60)

    def trace(self, identity):
        return f"/api/traces/{identity}"

    def searches(self, start, end):
        def stamp(seconds):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

        def path(**fields):
            window = {"start": stamp(start), "end": stamp(end), "limit": 20}
            return "/fleet/v1/traces?" + urllib.parse.urlencode({**window, **fields})

        return {
            "agent": path(agent_id="planner"),
            "agent+operation+duration": path(agent_id="executor", operation="agent.llm_call", min_duration="190ms"),
            "rare attribute": path(agent_id="memory", attribute="agent.id=agent-0007"),
            "absent attribute": path(agent_id="memory", attribute="agent.id=nobody"),
            "agent, as Jaeger, whole": "/api/traces?" + urllib.parse.urlencode(
                {"service": "planner", "start": start * 1_000_000, "end": end * 1_000_000, "limit": 20}),
        }

    def found(self, body):
        return len(next(iter(json.loads(body).values())))


class Phoenix(Engine):
    name, ready = "phoenix", "/healthz"

    def command(self):
        return [PHOENIX, "serve"]

    def environment(self):
        return {
            "PHOENIX_WORKING_DIR": self.data, "PHOENIX_PORT": str(self.port), "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_GRPC_PORT": str(free_port()), "PHOENIX_TELEMETRY_ENABLED": "false",
        }

    def trace(self, identity):
        return f"/v1/projects/default/spans?trace_id={identity}&limit=100"

    def searches(self, start, end):
        return {"rare attribute": "/v1/projects/default/spans?limit=20&attribute=agent.id:agent-0007"}

    def found(self, body):
        return len(json.loads(body).get("data", []))


def measure(engine, traces, repetitions):
    started = engine.start()
    peak, done = [0], threading.Event()

    def watch():
        while not done.wait(0.2):
            peak[0] = max(peak[0], engine.resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = int(time.time()) - 60 - traces // 1000
    before = engine.cpu()
    told = json.loads(
        subprocess.run(
            [GENERATOR, "traces", "-url", engine.url + "/v1/traces", "-traces", str(traces), "-start", str(start * 10**9)],
            stdout=subprocess.PIPE, text=True, check=True).stdout)
    engine.rest()
    cpu = engine.cpu() - before
    done.set()
    watcher.join()
    if told["errors"] or told["spans"] != traces * 20:
        print(f"  {engine.name}: {told}")
    engine.settle()
    engine.stop()
    disk = size(engine.data)
    print(
        f"  {engine.name:8} CPU s/100k spans {cpu / told['spans'] * 1e5:6.2f}   disk B/span {disk / told['spans']:6.1f}"
        f"   peak RSS {peak[0] / 2**20:6.0f} MiB   wall {told['wall_s']:.1f} s   generator CPU {told['gen_cpu_s']:.1f} s")
    restarted = engine.start()
    end = int(time.time()) + 60
    asked = {}
    for k in range(10):
        identity = subprocess.run(
            [GENERATOR, "traces", "-id", str(k * (traces // 10))], stdout=subprocess.PIPE, text=True).stdout.strip()
        asked.setdefault("trace by id", []).append(engine.trace(identity))
    for name, path in engine.searches(start - 10, end).items():
        asked[name] = [path]
    print(f"  {engine.name:8} start empty {started * 1e3:.0f} ms, with these {restarted * 1e3:.0f} ms")
    for name, paths in asked.items():
        first, found = engine.get(paths[0])
        times, before = [], engine.cpu()
        for _ in range(repetitions):
            times += [engine.get(path)[0] for path in paths]
        cpu = (engine.cpu() - before) / len(times)
        print(
            f"  {engine.name:8} {name:26} first {first * 1e3:8.2f} ms   median {statistics.median(times) * 1e3:8.2f} ms"
            f"   CPU {cpu * 1e3:6.2f} ms   found {engine.found(found)}")
    print(f"  {engine.name:8} RSS after queries {engine.resident() / 2**20:.0f} MiB")
    engine.stop()
    shutil.rmtree(engine.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-e", "--engines", default="skep")
    parser.add_argument("--traces", type=int, default=10_000)
    parser.add_argument("--reps", type=int, default=20)
    options = parser.parse_args()
    known = {"skep": Skep, "phoenix": Phoenix}
    for name in options.engines.split(","):
        print(f"{options.traces * 20} spans")
        measure(known[name](), options.traces, options.reps)


main()

#!/usr/bin/env python3
"""A system of many agents rendered and checked in one go, beside `kubectl kustomize` of the same objects.

  Benchmarks/deploy_bench.py --agents 1000
  SKEP=.build/release/skep KUBECTL=.build-tools/bin/kubectl Benchmarks/deploy_bench.py --runs 5

Each figure is the median of the runs: seconds by the clock, CPU seconds of the process and its peak resident memory.
kubectl's time grows with the square of the objects: it runs once, for minutes where there are 1,000 agents.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

AGENT = """  - agent_id: agent-{i}
    image: registry.example/team/agent-{kind}
    tag: "1.{kind}.{i}"
    ports: [8080, 9090]
    metrics:
      port: 9090
      exposes:
        - {{name: process_cpu_seconds_total, type: counter}}
        - {{name: process_resident_memory_bytes, type: gauge}}
        - {{name: agent_messages_sent_total, type: counter}}
        - {{name: agent_messages_received_total, type: counter}}
        - {{name: agent_requests_total, type: counter, labels: [status]}}
    environment:
      NEXT_URL: http://agent-agent-{next}-service:8080
      KEY: {{secret: keys, key: "key-{i}"}}
    resources: {{cpu_request: 250m, memory_request: 512Mi, cpu_limit: "1", memory_limit: 2Gi}}
    scaling: {{min_replicas: 2, max_replicas: {most}}}
    routing_rules:
      - {{path_prefix: /long, timeout: 2m, retry_policy: {{attempts: 1}}}}
      - {{timeout: 20s}}
    labels: {{team: team-{kind}}}
"""

HEAD = """system: benchmark
namespace: benchmark
external: {secrets: [keys]}
waivers: [{rule: SKEP-P010, reason: they keep caches beside themselves}]
alert_rules:
  - name: fails
    description: "{agent_id} fails"
    condition_type: rate_of_change
    metric_name: agent_requests_total
    labels: {status: error}
    rate_threshold: 0.5
agents:
"""


def system_file(agents):
    return HEAD + "".join(
        AGENT.format(i=i, kind=i % 17, next=(i + 1) % agents, most=3 + i % 20) for i in range(agents))


def measure(command, runs, accepted=(0,)):
    """Median wall seconds, CPU seconds and MiB of peak memory; what the last run printed."""
    figures, output = [], b""
    for _ in range(runs):
        with tempfile.TemporaryFile() as printed:
            begin = time.monotonic()
            process = subprocess.Popen(command, stdout=printed, stderr=subprocess.PIPE)
            errors = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall = time.monotonic() - begin
            if process.returncode not in accepted:
                sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{errors.decode()[-2000:]}")
            figures.append((wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
            printed.seek(0)
            output = printed.read()
    return [statistics.median(column) for column in zip(*figures)], output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    skep = os.environ.get("SKEP", os.path.join(ROOT, ".build/release/skep"))
    kubectl = os.environ.get("KUBECTL") or shutil.which("kubectl", path=os.pathsep.join(
        [os.path.join(ROOT, ".build-tools/bin"), os.environ.get("PATH", "")]))
    with tempfile.TemporaryDirectory() as folder:
        system = os.path.join(folder, "system.yaml")
        with open(system, "w") as file:
            file.write(system_file(options.agents))
        base = os.path.join(folder, "base")
        rows = []
        figures, stream = measure([skep, "deploy", "render", system], options.runs)
        objects = stream.count(b"\n---\n") + 1
        rows.append(("skep deploy render", figures))
        figures, again = measure([skep, "deploy", "render", system], 1)
        if stream != again:
            sys.exit("two renderings of one file differ")
        rows.append(("skep deploy render --kustomize (the files there already)", None))
        subprocess.run([skep, "deploy", "render", system, "--kustomize", base], check=True, stdout=subprocess.DEVNULL)
        rows[-1] = (rows[-1][0], measure([skep, "deploy", "render", system, "--kustomize", base], options.runs)[0])
        figures, said = measure([skep, "deploy", "check", system], options.runs)
        rows.append(("skep deploy check (reads, renders, checks, proves)", figures))
        figures, _ = measure([skep, "deploy", "check", base], options.runs)
        rows.append(("skep deploy check of the files as somebody else's", figures))
        if kubectl:
            figures, printed = measure([kubectl, "kustomize", base], 1)
            rows.append(("kubectl kustomize (one run)", figures))
            built = printed.count(b"\n---\n") + 1
            if built != objects:
                sys.exit(f"kubectl kustomize gives {built} objects, skep {objects}")
        print(f"{options.agents} agents, {objects} objects, {len(stream) / 1e6:.1f} MB of YAML, "
              f"median of {options.runs}; {said.decode().splitlines()[-1].split(': ', 1)[-1]}")
        print("| | seconds | CPU seconds | MiB at most |\n| --- | --- | --- | --- |")
        for name, (wall, cpu, memory) in rows:
            print(f"| {name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} |")
        if not kubectl:
            print("kubectl is not there: KUBECTL names it")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A system planned and applied beside `kubectl apply --server-side` of the same objects, against the tests' API server.

  swift build -c release --product skep && swift build -c release --product cluster-stand
  Benchmarks/apply_bench.py --agents 200 --latency 20

Each tool gets an API server of its own, empty, that waits so many milliseconds before every answer. Seconds by the clock, CPU seconds
of the tool, its peak resident memory, and the requests that the server saw. Skep also waits until every agent is ready; kubectl does not.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request

from deploy_bench import ROOT, measure, system_file

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: stand
clusters: [{{name: stand, cluster: {{server: "{url}"}}}}]
users: [{{name: stand, user: {{}}}}]
contexts: [{{name: stand, context: {{cluster: stand, user: stand}}}}]
"""


class Stand:
    def __init__(self, executable, latency, folder):
        self.process = subprocess.Popen([executable, "--latency", str(latency)], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.kubeconfig = os.path.join(folder, "kubeconfig")
        with open(self.kubeconfig, "w") as file:
            file.write(KUBECONFIG.format(url=self.url))
        namespace = b'{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"monitoring"}}'
        urllib.request.urlopen(urllib.request.Request(
            self.url + "/api/v1/namespaces", namespace, {"content-type": "application/json"})).read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """The number of requests by verb."""
        if self.process.poll() is not None:
            return {}
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=60)[0]
        return {verb: int(count) for verb, count in re.findall(r"([a-z]+) (\d+)", said.partition("requests:")[2])}


def row(name, figures, requests):
    total = f"{sum(requests.values())} ({', '.join(f'{verb} {count}' for verb, count in sorted(requests.items()))})"
    print(f"| {name} | {figures[0]:.2f} | {figures[1]:.2f} | {figures[2]:.0f} | {total} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--latency", type=int, default=20)
    options = parser.parse_args()
    skep = os.environ.get("SKEP", os.path.join(ROOT, ".build/release/skep"))
    stand_program = os.environ.get("CLUSTER_STAND", os.path.join(os.path.dirname(skep), "cluster-stand"))
    kubectl = os.environ.get("KUBECTL", os.path.join(ROOT, ".build-tools/bin/kubectl"))
    with tempfile.TemporaryDirectory() as folder:
        system, stream = os.path.join(folder, "system.yaml"), os.path.join(folder, "stream.yaml")
        with open(system, "w") as file:
            file.write(system_file(options.agents))
        with open(stream, "wb") as file:
            subprocess.run([skep, "deploy", "render", system], check=True, stdout=file)
        with open(stream, "rb") as file:
            objects = file.read().count(b"\n---\n") + 1
        print(f"{options.agents} agents, {objects} objects, {options.latency} ms before each answer\n")
        print("| | seconds | CPU seconds | MiB at most | requests |\n| --- | --- | --- | --- | --- |")
        def ask(command, stand):
            return measure([skep, "deploy", command, system, "--kubeconfig", stand.kubeconfig], 1)[0]

        with Stand(stand_program, options.latency, folder) as stand:
            figures = ask("apply", stand)
            first = stand.end()
            row("skep deploy apply, with its plan, until all are ready", figures, first)
        for command in ["plan", "apply"]:
            with Stand(stand_program, options.latency, folder) as stand:
                ask("apply", stand)
                figures = ask(command, stand)
                both = stand.end()
                again = {verb: count - first.get(verb, 0) for verb, count in both.items()}
                row(f"skep deploy {command} where nothing is to change", figures, again)
        with Stand(stand_program, options.latency, folder) as stand:
            figures, _ = measure([kubectl, "--kubeconfig", stand.kubeconfig, "apply", "--server-side", "--validate=false",
                                  "--filename", stream], 1)
            row("kubectl apply --server-side", figures, stand.end())


if __name__ == "__main__":
    sys.exit(main())

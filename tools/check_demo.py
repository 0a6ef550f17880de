"""Runs the main job, the example fleet under `skep up`, and checks it from outside: by its commands, its HTTP API and /proc."""
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SYSTEM = "examples/research-team/system.yaml"
AGENTS = ["coder", "critic", "planner", "researcher", "writer"]
PORTS = {"planner": 7601, "researcher": 7602, "coder": 7603, "critic": 7604, "writer": 7605}


def free_port():
    """The agents are told where Skep is before it listens, so the port is picked beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Skep:
    """One `skep up` with a data directory of its own."""

    def __init__(self, data):
        self.log = open(f"{data}/skep.log", "ab")
        self.process = subprocess.Popen(
            ["skep", "up", SYSTEM, "--listen", f"127.0.0.1:{free_port()}", "--data-dir", f"{data}/skep"],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        first = self.process.stdout.readline().strip()
        if not first.startswith("listening on http://"):
            fail(f"the first line is {first!r}; the log:\n{open(self.log.name).read()}")
        self.url = first.removeprefix("listening on ")

    def run(self, *arguments):
        result = subprocess.run(["skep", *arguments, "--server", self.url], capture_output=True, text=True, timeout=60)
        if result.returncode:
            fail(f"skep {' '.join(arguments)}: exit {result.returncode}: {result.stderr}")
        return result.stdout

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--output", "json"))

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def overview(self):
        return self.json("status")["system_overview"]

    def pids(self):
        agents = self.json("agents", "list")["agents"]
        return {a["agent_id"]: a["instances"][0]["pid"] for a in agents}


def fail(reason):
    print(f"FAILED: {reason}", flush=True)
    sys.exit(1)


def step(text):
    print(f"[{time.monotonic() - BEGIN:6.1f} s] {text}", flush=True)


def until(what, seconds, condition):
    """Waits until `condition` gives something true and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    fail(f"not within {seconds} s: {what}")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def five_active(skep):
    detail = skep.overview()["agents"]["agents_detail"]
    ready = sorted(a for a, d in detail.items()
                   if d["status"] == "active" and d["cpu_usage"] is not None and d["memory_usage"])
    return ready == AGENTS


def kill_one(skep):
    before = skep.pids()
    step("kill -9 coder")
    killed_at = skep.overview()["timestamp"]
    os.kill(before["coder"], signal.SIGKILL)
    alert = "agent_health:coder"
    firings = lambda state: [a for a in skep.json("alerts", "list", "--state", state)["alerts"] if a["alert_id"] == alert]
    fired = until("the health alert of coder", 5, lambda: firings("all"))[0]
    if fired["severity"] != "critical":
        fail(f"the health alert is {fired}")
    step("the health alert fired: " + fired["description"])
    ended = until("the alert's end", 30, lambda: [a for a in firings("all") if a["resolved"]])[0]
    step(f"resolved: {ended['timestamp']} to {ended['resolution_timestamp']}")
    after = until("five active agents again", 30, lambda: five_active(skep) and skep.pids())
    if after["coder"] == before["coder"] or not alive(after["coder"]):
        fail(f"coder was not restarted: {before['coder']}, {after['coder']}")
    for agent in AGENTS:
        if agent != "coder" and after[agent] != before[agent]:
            fail(f"{agent} was restarted as well")
    processes = skep.json("agents", "processes")["instances"]
    if [p["restarts"] for p in processes if p["agent_id"] == "coder"] != [1]:
        fail(f"not one restart: {processes}")
    return killed_at


def nobody_else_missed_a_collection(skep, since):
    def ups(agent):
        samples = skep.json("samples", "recent", "--agent", agent, "--metric", "up", "--limit", "10000")["samples"]
        return [s for s in samples if s["timestamp"] >= since]

    for agent in AGENTS:
        samples = until(f"five collections of {agent}", 15, lambda: len(ups(agent)) >= 5 and ups(agent))
        down = [s for s in samples if s["value"] != 1]
        if agent == "coder":
            if not down:
                fail("no collection of coder failed")
        elif down:
            fail(f"{agent} missed a collection: {down}")
    step("no other agent missed a collection")


def documented_commands(skep):
    """Those of the README that ask a running Skep, and what the server says of itself."""
    for command in (["status"], ["agents", "list"], ["agents", "pid", "coder"], ["agents", "show", "coder"],
                    ["agents", "logs", "coder"], ["agents", "processes"], ["alerts", "list", "--state", "all"],
                    ["alerts", "show", "agent_health:coder"], ["rules", "list"], ["samples"]):
        if not skep.run(*command).strip():
            fail(f"skep {' '.join(command)} printed nothing")
    for path in ("/-/healthy", "/-/ready", "/metrics", "/fleet/v1/openapi.json"):
        with urllib.request.urlopen(skep.url + path, timeout=10) as answer:
            if not answer.read():
                fail(f"{path} is empty")
    subprocess.run(["skep", "validate", SYSTEM], check=True)
    json.loads(subprocess.run(["skep", "schema"], check=True, capture_output=True).stdout)
    step("the commands that read, the probes and the API document answer")


def silences(skep):
    """A silence of the README's kind is set, seen and ended."""
    silence = skep.run("alerts", "silence", "agent_id=coder", "--duration", "10m", "--comment", "I am at it").strip()
    if silence not in skep.run("alerts", "silence", "list"):
        fail(f"silence {silence} is not listed")
    skep.run("alerts", "expire", silence)
    if silence in skep.run("alerts", "silence", "list"):
        fail(f"silence {silence} did not end")
    step("a silence is set, seen and ended")


def documented_examples(skep, page, least):
    """The examples of a page, as they stand there."""
    inside = False
    count = 0
    for line in open(page):
        if line.startswith("```"):
            inside = line.strip() == "```sh"
        elif inside:
            arguments = shlex.split(line)
            result = subprocess.run(arguments, capture_output=True, text=True, timeout=60,
                                    env={**os.environ, "SKEP_SERVER": skep.url})
            # The linter has something to say of its examples.
            expected = 1 if "lint" in arguments else 0
            if result.returncode != expected or not result.stdout.strip():
                fail(f"{line.strip()}: exit {result.returncode}: {result.stdout}{result.stderr}")
            count += 1
    if count < least:
        fail(f"{page} has {count} examples")
    step(f"the {count} examples of {page} answer")


def misbehave(agent, order):
    request = urllib.request.Request(f"http://127.0.0.1:{PORTS[agent]}/misbehave/{order}", method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def whole_traces(skep):
    """Requests that went through all five agents and have ended."""
    return [t for t in skep.json("traces", "--limit", "50")["traces"]
            if sorted(t["agents"]) == AGENTS and t["status"] == "completed"]


def lost_calls(skep, window):
    """The edges that lose the context; the command exits with 1 if there are any."""
    result = subprocess.run(["skep", "trace", "audit", "--window", window, "--output", "json", "--server", skep.url],
                            capture_output=True, text=True, timeout=60)
    if result.returncode not in (0, 1):
        fail(f"skep trace audit: exit {result.returncode}: {result.stderr}")
    edges = json.loads(result.stdout)["edges"]
    if (result.returncode == 1) != bool(edges):
        fail(f"skep trace audit: exit {result.returncode} with {len(edges)} edges")
    return [(e["caller"], e["callee"]) for e in edges]


def one_trace(skep):
    """A request's way through the fleet, by its parts: the critical path is the root's time, no more and no less."""
    trace = until("five requests through all agents", 60, lambda: len(whole_traces(skep)) >= 5 and whole_traces(skep))[0]
    found = skep.get(f"/fleet/v1/traces/{trace['trace_id']}/analysis")
    sections = sum(section["duration_ms"] for section in found["critical_path"])
    if abs(sections - found["root_duration_ms"]) > 0.001:
        fail(f"the critical path has {sections} ms of {found['root_duration_ms']}")
    operations = {span["operation"] for span in skep.get(f"/fleet/v1/traces/{trace['trace_id']}")["spans"]}
    for operation in ("invoke_agent planner", "POST /work", "chat large-1", "execute_tool web_search"):
        if operation not in operations:
            fail(f"no span {operation} among {sorted(operations)}")
    if not found["input_tokens"] or not found["output_tokens"]:
        fail(f"the trace has no tokens: {found}")
    for command in (["traces"], ["trace", "show", trace["trace_id"]], ["trace", "call-graph"], ["trace", "cost"]):
        if not skep.run(*command).strip():
            fail(f"skep {' '.join(command)} printed nothing")
    step(f"a request of {found['total_spans']} spans through five agents, its critical path whole")


def slowed_agent_is_named(skep):
    misbehave("critic", "slow?rate=12")
    step("the critic takes twelve times as long")

    def named():
        answer = skep.json("trace", "critical-path", "--window", "15s")
        return (answer["p95_determinant"] or {}).get("agent_id") == "critic" and answer

    answer = until("the critic named by the fleet's critical path", 90, named)
    misbehave("critic", "off")
    first = answer["operations"][0]
    step(f"named: {answer['p95_determinant']['operation']} of critic; most time: {first['agent_id']}, {first['operation']}")


def dropped_context_is_found(skep):
    before = lost_calls(skep, "1m")
    if before:
        fail(f"edges are said to lose the context before any does: {before}")
    misbehave("coder", "drop-context")
    step("the coder drops the context")
    edges = until("the audit's finding", 90, lambda: lost_calls(skep, "1m"))
    misbehave("coder", "off")
    if edges != [("coder", "critic")]:
        fail(f"the audit names {edges}")
    step("the audit names coder to critic, and nobody else")


def work_in_flight(skep):
    """Seen while it runs, and lost with its process."""
    misbehave("writer", "slow?rate=60")
    running = lambda: {s["span_id"]: s for s in skep.get("/fleet/v1/spans?state=active&agent_id=writer")["spans"]}
    seen = until("the writer's work in flight", 60, lambda: [s for s in running().values()
                                                             if s["operation"] == "invoke_agent writer"])[0]
    if seen["instance"] != f"127.0.0.1:{PORTS['writer']}":
        fail(f"the span in flight is of {seen['instance']}")
    pid = skep.pids()["writer"]
    step(f"in flight for {seen['running_ms']:.0f} ms; kill -9 writer")
    os.kill(pid, signal.SIGKILL)

    def lost():
        spans = skep.get(f"/fleet/v1/traces/{seen['trace_id']}")["spans"]
        return [s for s in spans if s["span_id"] == seen["span_id"] and s["status"] == "lost"]

    until("the span lost", 30, lost)
    if seen["span_id"] in running():
        fail("a lost span is still in flight")
    until("five active agents again", 30, lambda: five_active(skep))
    step("its work is lost, and said to be")


def clean_end(skep, number):
    pids = skep.pids()
    name = signal.Signals(number).name
    step(name)
    began = time.monotonic()
    skep.process.send_signal(number)
    code = skep.process.wait(timeout=30)
    took = time.monotonic() - began
    if number != signal.SIGKILL and (took > 5 or code != 0):
        fail(f"{name}: exit {code} after {took:.1f} s")
    until(f"every agent gone after {name}", 5, lambda: not any(alive(p) for p in pids.values()))
    step(f"ended after {took:.1f} s, no agent left")


BEGIN = time.monotonic()


def main():
    with tempfile.TemporaryDirectory() as data:
        try:
            skep = Skep(data)
            until("five active agents with CPU and memory", 10, lambda: five_active(skep))
            step("five active agents")
            nobody_else_missed_a_collection(skep, kill_one(skep))
            documented_commands(skep)
            silences(skep)
            documented_examples(skep, "docs/query.md", 10)
            documented_examples(skep, "docs/alerts.md", 5)
            documented_examples(skep, "docs/traces.md", 10)
            one_trace(skep)
            slowed_agent_is_named(skep)
            dropped_context_is_found(skep)
            work_in_flight(skep)
            clean_end(skep, signal.SIGTERM)

            skep = Skep(data)
            until("five active agents", 10, lambda: five_active(skep))
            history = skep.json("alerts", "list", "--state", "resolved")["alerts"]
            if not any(a["alert_id"] == "agent_health:coder" for a in history):
                fail("the history did not survive the restart")
            step("started again, the history is there")
            clean_end(skep, signal.SIGKILL)

            skep = Skep(data)
            until("five active agents", 10, lambda: five_active(skep))
            step("started after kill -9")
            clean_end(skep, signal.SIGINT)
        finally:
            if skep.process.poll() is None:
                skep.process.kill()
    print("the main job works")


if __name__ == "__main__":
    main()

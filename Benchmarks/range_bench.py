#!/usr/bin/env python3
"""Range queries over 24 h and over 28 days: the harness's fleet at 60 s, backfilled in order by remote write, at several sizes.
With the harness's own functions, in one run for all engines; prints CPU milliseconds, median milliseconds and the most memory
that the process held.

  BENCH_HARNESS=.../bench BENCH_WORK=... BENCH_ENGINES=... range_bench.py -e prometheus,victoria-metrics,skep [-a 10,40] [-d 28]
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse

from disk_bench import harness

STEP = 60


def queries(t):
    """(name, path): t is the time of the last sample."""
    def ranged(name, expr, span, step):
        asked = {"query": expr, "start": t - span, "end": t, "step": step, "nocache": 1}
        return name, "/api/v1/query_range?" + urllib.parse.urlencode(asked)
    rate = "sum by (agent_id) (rate(agent_requests_total[%s]))"
    quantile = "histogram_quantile(0.99, sum by (le, operation) (rate(agent_request_duration_seconds_bucket[%s])))"
    day, month = 86400, 27 * 86400
    return [
        ranged("day_one", 'rate(agent_cpu_seconds_total{agent_id="agent-0000"}[5m])', day, 300),
        ranged("day_rate", rate % "5m", day, 300),
        ranged("day_quantile", quantile % "5m", day, 300),
        ranged("day_raw", 'agent_queue_depth{operation="plan"}', day, 300),
        ranged("month_one", 'rate(agent_cpu_seconds_total{agent_id="agent-0000"}[1h])', month, 3600),
        ranged("month_rate", rate % "1h", month, 3600),
        ranged("month_quantile", quantile % "1h", month, 3600),
        ranged("month_avg", "avg_over_time(agent_queue_depth[1h])", month, 3600),
        ranged("month_max", "max by (agent_id) (max_over_time(agent_resident_memory_bytes[6h]))", month, 6 * 3600),
    ]


def measure(b, name, folder, agents, days, reps):
    e = b["Engine"](name, folder)
    try:
        e.start()
        t = int(time.time()) // 3600 * 3600 - 3600
        rounds = days * 86400 // STEP
        w = b["Window"](e.pids())
        p = b["load"](e, t, agents, rounds, STEP)
        load = w.read()["cpu_s"] + e.quiet()
        stored = e.value(f"sum(count_over_time(agent_load1[{days}d]))", t) * b["SERIES"]
        before = e.mem()["VmRSS"]
        lines = "".join(f"{n}\t{u}\n" for n, u in queries(t))
        command = [b["GEN"], "query", "-url", e.url, "-pids", ",".join(map(str, e.pids())), "-reps", str(reps), "-warm", "1"]
        r = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True)
        answers = [json.loads(line) for line in r.stdout.splitlines()]
        m = e.mem()
        disk = b["tree_bytes"](e.data())["size"]
        e.verb("stop")
    finally:
        if e.pids():
            e.verb("kill")
    return {"engine": name, "series": agents * b["SERIES"], "samples": p["samples"], "errors": p["errors"],
            "stored_ratio": round(stored / p["samples"], 4), "load_cpu_s_per_M": round(load / p["samples"] * 1e6, 3),
            "disk_B": round(disk / p["samples"], 2), "rss_MiB": round(before / 2**20), "peak_MiB": round(m["VmHWM"] / 2**20),
            "queries": {a["name"]: a for a in answers}}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("-e", default="prometheus,victoria-metrics,skep")
    # With fewer than ten agents the load names some series twice.
    ap.add_argument("-a", default="10,40", help="numbers of agents of 200 series; at least 10")
    ap.add_argument("-d", type=int, default=28, help="days of history")
    ap.add_argument("-r", type=int, default=3, help="repetitions of each query")
    o = ap.parse_args()
    b = harness()
    os.makedirs(f"{b['PLACE']}/results", exist_ok=True)
    with open(f"{b['PLACE']}/results/empty.yml", "w") as f:
        f.write("global:\n  scrape_interval: 15s\nscrape_configs: []\n")
    for agents in map(int, o.a.split(",")):
        results = []
        for name in o.e.split(","):
            folder = f"{b['PLACE']}/data/{name}-range"
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            results.append(measure(b, name, folder, agents, o.d, o.r))
            shutil.rmtree(folder, ignore_errors=True)
            print(json.dumps({k: v for k, v in results[-1].items() if k != "queries"}), flush=True)
            with open(f"{b['PLACE']}/results/range-{name}-{agents}-{int(time.time())}.json", "w") as f:
                json.dump(results[-1], f)
        print(f"\n{agents * b['SERIES']} series; CPU ms (median ms)" + "".join(f"{r['engine']:>28}" for r in results))
        for q in results[0]["queries"]:
            cells = [r["queries"][q] for r in results]
            print(f"{q:44}" + "".join(f"{c['cpu_ms']:>16.2f} ({c['median_ms']:.1f})".rjust(28) for c in cells))
            for c in cells[1:]:
                if c["n"] != cells[0]["n"] or abs(c["sum"] - cells[0]["sum"]) > 0.02 * abs(cells[0]["sum"]):
                    print(f"  answers differ: {cells[0]['n']} series, sum {cells[0]['sum']:.6g}; {c['n']}, {c['sum']:.6g}")
        print(flush=True)


if __name__ == "__main__":
    sys.exit(main())

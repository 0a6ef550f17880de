#!/usr/bin/env python3
"""The load and disk half of the harness's w3: remote write of 2 h at 15 s (or, with
--churn, of series that come and go), then
bytes a sample live, after a clean stop and compacted. With the harness's own functions, in one run for all engines.

  BENCH_HARNESS=.../bench BENCH_WORK=... BENCH_ENGINES=... disk_bench.py -e prometheus,victoria-metrics,skep [-s 1,4,16 | --churn 100]
"""
import argparse
import json
import os
import shutil
import struct
import sys
import time
import urllib.request

HARNESS = os.environ["BENCH_HARNESS"]


def harness():
    """The functions of bench.py, which runs as soon as it is imported whole."""
    path = f"{HARNESS}/bench.py"
    source = open(path).read()
    body, found, _ = source.rpartition("\ntry:\n    main()")
    if not found:
        sys.exit(f"{path} does not end as this script knows it")
    names = {"__name__": "bench", "__file__": path}
    exec(compile(body, path, "exec"), names)
    return names


def fleet(b, agents, rounds, step):
    """The harness's own load: the same series throughout."""
    def push(e, t):
        p = b["load"](e, t, agents, rounds, step)
        return p["samples"], p["errors"], p["wall_s"]
    return push, agents * b["SERIES"], "agent_load1", b["SERIES"], rounds * step


def churn(generations, series, rounds, step):
    """Tasks come and go: each generation's series have `rounds` samples and are never seen again."""
    def push(e, t):
        url, begin, errors = e.verb("write_url"), time.time(), 0
        first = t - generations * rounds * step
        for g in range(generations):
            heads = [labels(g, i) for i in range(series)]
            for r in range(rounds):
                at = varint((first + (g * rounds + r) * step) * 1000)
                for part in range(0, series, 2500):
                    body = b"".join(one(h, float((i * 7 + r * (i % 5)) % 1000), at) for i, h in enumerate(heads[part:part + 2500]))
                    errors += not post(url, literal(body))
        return generations * series * rounds, errors, time.time() - begin
    return push, generations * series, "task_progress", 1, generations * rounds * step


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, data):
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def labels(g, i):
    pairs = [("__name__", "task_progress"), ("agent_id", f"agent-{i % 50:04d}"), ("pod", f"agent-{i % 50:04d}-{g:08x}"), ("task", f"task-{g}-{i}")]
    return b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in pairs)


def one(head, value, at):
    return field(1, head + field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + at))


def literal(data):
    """A snappy block that compresses nothing."""
    parts = [data[i:i + 65536] for i in range(0, len(data), 65536)]
    return varint(len(data)) + b"".join(b"\xf4" + struct.pack("<H", len(p) - 1) + p for p in parts)


def post(url, body):
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as r:
            return r.status < 300
    except OSError:
        return False


def measure(b, name, folder, load):
    push, series, metric, factor, seconds = load
    e = b["Engine"](name, folder)
    try:
        ready = e.start()
        t = int(time.time()) // 60 * 60 - 60
        w = b["Window"](e.pids())
        n, errors, wall = push(e, t)
        load = w.read()
        settled = load["cpu_s"] + e.quiet()
        span = seconds // 3600 + 1
        stored = e.value(f"sum(count_over_time({metric}[{span}h]))", t)
        live, m = b["tree_bytes"](e.data())["size"], e.mem()
        compact = b["tree_bytes"](e.verb("compact"))["size"]
        e.verb("stop")
        stop = b["tree_bytes"](e.data())["size"]
        restart = e.start()
        restart_rss = e.mem()["VmRSS"]
        e.verb("stop")
    finally:
        if e.pids():
            e.verb("kill")
    return {"series": series, "samples": n, "errors": errors, "stored_ratio": stored * factor / n,
            "load_cpu_s_per_M": settled / n * 1e6, "load_wall_s": wall, "disk_B_live": live / n,
            "disk_B_compact": compact / n, "disk_B_stop": stop / n, "rss_per_series": m["VmRSS"] / series,
            "peak_rss_per_series": m["VmHWM"] / series, "ready_s": ready, "restart_s": restart,
            "restart_rss_per_series": restart_rss / series, "others_pct": load["others_pct"]}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("-e", default="prometheus,victoria-metrics,skep")
    ap.add_argument("-s", default="1", help="multiples of 10,000 series")
    ap.add_argument("-r", type=int, default=480, help="samples a series")
    ap.add_argument("--step", type=int, default=15, help="seconds between them")
    ap.add_argument("--churn", type=int, default=0, metavar="GENERATIONS", help="in place of -s: 5,000 series a generation, 12 samples each")
    ap.add_argument("--keep", action="store_true")
    o = ap.parse_args()
    b = harness()
    place = b["PLACE"]
    os.makedirs(f"{place}/results", exist_ok=True)
    with open(f"{place}/results/empty.yml", "w") as f:
        f.write("global:\n  scrape_interval: 15s\nscrape_configs: []\n")
    scales = [(o.churn, "churn")] if o.churn else [(int(s), "disk") for s in o.s.split(",")]
    for scale, kind in scales:
        load = churn(scale, 5000, 12, 15) if kind == "churn" else fleet(b, 50 * scale, o.r, o.step)
        results = {}
        for name in o.e.split(","):
            folder = f"{place}/data/{name}-disk"
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            print(f"{time.strftime('%H:%M:%S')} {name}, {load[1]} series", flush=True)
            results[name] = measure(b, name, folder, load)
            with open(f"{place}/results/{kind}{scale}-{name}-{int(time.time())}.json.txt", "w") as f:
                json.dump(results[name], f)
            if not o.keep:
                shutil.rmtree(folder, ignore_errors=True)
        names = list(results)
        print(f"\n{'':24}" + "".join(f"{n:>20}" for n in names))
        for key in results[names[0]]:
            print(f"{key:24}" + "".join(f"{results[n][key]:>20.4g}" for n in names))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The load and disk half of the harness's w3, for engines that do not speak PromQL yet too: remote write of 2 h at 15 s, then
bytes a sample live, after a clean stop and compacted. With the harness's own functions, in one run for all engines.

  BENCH_HARNESS=.../bench BENCH_WORK=... BENCH_ENGINES=... disk_bench.py -e prometheus,victoria-metrics,skep [-s 1,4,16]
"""
import argparse
import json
import os
import shutil
import sys
import time

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


def measure(b, name, folder, agents, rounds, step):
    e = b["Engine"](name, folder)
    try:
        ready = e.start()
        t = int(time.time()) // 60 * 60 - 60
        w = b["Window"](e.pids())
        p = b["load"](e, t, agents, rounds, step)
        load = w.read()
        settled = load["cpu_s"] + e.quiet()
        span = (rounds * step) // 3600 + 1
        stored = e.value(f"sum(count_over_time(agent_load1[{span}h]))", t)
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
    n, series = p["samples"], agents * b["SERIES"]
    return {"series": series, "samples": n, "errors": p["errors"], "stored_ratio": stored * b["SERIES"] / n,
            "load_cpu_s_per_M": settled / n * 1e6, "load_wall_s": p["wall_s"], "disk_B_live": live / n,
            "disk_B_compact": compact / n, "disk_B_stop": stop / n, "rss_per_series": m["VmRSS"] / series,
            "peak_rss_per_series": m["VmHWM"] / series, "ready_s": ready, "restart_s": restart,
            "restart_rss_per_series": restart_rss / series, "others_pct": load["others_pct"]}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("-e", default="prometheus,victoria-metrics,skep")
    ap.add_argument("-s", default="1", help="multiples of 10,000 series")
    ap.add_argument("-r", type=int, default=480, help="samples a series")
    ap.add_argument("--step", type=int, default=15, help="seconds between them")
    ap.add_argument("--keep", action="store_true")
    o = ap.parse_args()
    b = harness()
    place = b["PLACE"]
    os.makedirs(f"{place}/results", exist_ok=True)
    with open(f"{place}/results/empty.yml", "w") as f:
        f.write("global:\n  scrape_interval: 15s\nscrape_configs: []\n")
    for scale in map(int, o.s.split(",")):
        results = {}
        for name in o.e.split(","):
            folder = f"{place}/data/{name}-disk"
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            print(f"{time.strftime('%H:%M:%S')} {name}, {10_000 * scale} series", flush=True)
            results[name] = measure(b, name, folder, 50 * scale, o.r, o.step)
            with open(f"{place}/results/disk{scale}-{name}-{int(time.time())}.json.txt", "w") as f:
                json.dump(results[name], f)
            if not o.keep:
                shutil.rmtree(folder, ignore_errors=True)
        names = list(results)
        print(f"\n{'':24}" + "".join(f"{n:>20}" for n in names))
        for key in results[names[0]]:
            print(f"{key:24}" + "".join(f"{results[n][key]:>20.4g}" for n in names))


main()
